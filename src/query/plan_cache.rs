//! Remembers which index served a shape of query best, where form alone could not tell.
//!
//! The key is the collection, the shape of the filter and the shape of the sort; the value is an
//! index's name, which [`PlanRequest::preferred`](super::PlanRequest::preferred) takes. A name
//! that no longer exists does no harm: the planner ignores it.

use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;

use super::{Filter, Sort};

/// The least recently used shapes are forgotten first.
pub struct PlanCache {
    /// None if nothing is to be remembered.
    winners: Option<Mutex<LruCache<Shape, String>>>,
}

/// A collection and the shapes of filter and sort.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    collection: u64,
    bytes: Vec<u8>,
}

impl Shape {
    /// The shape of a query on the collection with this id.
    pub fn new(collection: u64, filter: &Filter, sort: &Sort) -> Shape {
        let mut bytes = Vec::with_capacity(64);
        filter.write_shape(&mut bytes);
        sort.write_shape(&mut bytes);
        Shape { collection, bytes }
    }
}

impl PlanCache {
    /// A cache of at most `capacity` shapes; zero means that nothing is remembered.
    pub fn new(capacity: usize) -> PlanCache {
        let capacity = NonZeroUsize::new(capacity);
        PlanCache {
            winners: capacity.map(|capacity| Mutex::new(LruCache::new(capacity))),
        }
    }

    /// The index that won for this shape.
    pub fn winner(&self, shape: &Shape) -> Option<String> {
        self.winners.as_ref()?.lock().get(shape).cloned()
    }

    /// Remembers a winner.
    pub fn remember(&self, shape: Shape, index: &str) {
        if let Some(winners) = &self.winners {
            winners.lock().put(shape, index.to_string());
        }
    }

    /// Forgets a collection: its indexes or much of its data have changed.
    pub fn forget(&self, collection: u64) {
        let Some(winners) = &self.winners else { return };
        let mut winners = winners.lock();
        let of_collection = winners.iter().map(|(shape, _)| shape);
        let of_collection = of_collection.filter(|shape| shape.collection == collection);
        for shape in of_collection.cloned().collect::<Vec<_>>() {
            winners.pop(&shape);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, RawDoc, doc};
    use crate::query::Context;

    fn shape(collection: u64, filter: Document) -> Shape {
        let filter =
            Filter::compile(RawDoc::trusted(&filter.to_bytes()), &Context::default()).unwrap();
        Shape::new(collection, &filter, &Sort::default())
    }

    #[test]
    fn remembers_by_collection_and_shape() {
        let cache = PlanCache::new(8);
        cache.remember(shape(1, doc! { "a": 1 }), "a_1");
        assert_eq!(
            cache.winner(&shape(1, doc! { "a": 2 })).as_deref(),
            Some("a_1")
        );
        assert_eq!(cache.winner(&shape(1, doc! { "b": 1 })), None);
        assert_eq!(cache.winner(&shape(2, doc! { "a": 1 })), None);
        cache.forget(1);
        assert_eq!(cache.winner(&shape(1, doc! { "a": 2 })), None);
    }

    #[test]
    fn holds_no_more_than_its_capacity() {
        let cache = PlanCache::new(1);
        cache.remember(shape(1, doc! { "a": 1 }), "a_1");
        cache.remember(shape(1, doc! { "b": 1 }), "b_1");
        assert_eq!(cache.winner(&shape(1, doc! { "a": 1 })), None);
        let none = PlanCache::new(0);
        none.remember(shape(1, doc! { "a": 1 }), "a_1");
        assert_eq!(none.winner(&shape(1, doc! { "a": 1 })), None);
    }
}
