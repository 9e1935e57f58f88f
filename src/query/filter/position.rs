//! At which position of an array a filter matched: what `$` stands for in an update or a projection
//! ([manual: $ (update)](https://www.mongodb.com/docs/manual/reference/operator/update/positional/)).
//!
//! - It is the position of the first element that met the condition, in the outermost array that
//!   the condition's path leads through or ends at. An array whose element the path itself picks by
//!   a number does not count.
//! - Of several conditions that met an array the last one counts. What lies within `$or`, `$nor` or
//!   a negation has no position.
//!
//! The walk is that of `path_match`, made once more over a document that is known to match: only
//! who asks for the position pays for it.

use super::{Filter, Predicate};
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::Result;
use crate::query::regex::GaveUp;

type Found = std::result::Result<Option<Met>, GaveUp>;

/// A condition was met, through an array or not.
struct Met {
    position: Option<u32>,
}

impl Filter {
    /// The position at which the filter matched in `document`, which it must select; none if no
    /// condition met an array.
    pub fn position(&self, document: RawDoc<'_>) -> Result<Option<u32>> {
        let mut position = None;
        for test in self.root.tests() {
            let met = in_document(document, &test.path, 0, &test.predicate);
            let met = met.map_err(|GaveUp| self.root.gave_up())?;
            position = met.and_then(|met| met.position).or(position);
        }
        Ok(position)
    }
}

fn in_document(document: RawDoc<'_>, path: &Path, position: usize, predicate: &Predicate) -> Found {
    let value = document.get(path.component(position));
    let position = position + 1;
    match value {
        Some(RawValue::Array(array)) => in_array(array, path, position, predicate),
        Some(RawValue::Document(document)) if position < path.len() => {
            in_document(document, path, position, predicate)
        }
        value => at_end(value.filter(|_| position == path.len()), predicate),
    }
}

fn in_array(array: RawDoc<'_>, path: &Path, position: usize, predicate: &Predicate) -> Found {
    if position == path.len() {
        return at_array(array, predicate);
    }
    let index = path.index(position);
    for (at, (_, element)) in (0..).zip(array) {
        if let RawValue::Document(document) = element
            && in_document(document, path, position, predicate)?.is_some()
        {
            return Ok(Some(Met { position: Some(at) }));
        }
        if index == Some(at) {
            let met = match element {
                _ if position + 1 == path.len() => at_end(Some(element), predicate)?,
                RawValue::Document(document) => {
                    in_document(document, path, position + 1, predicate)?
                }
                RawValue::Array(inner) => in_array(inner, path, position + 1, predicate)?,
                _ => None,
            };
            if met.is_some() {
                return Ok(met);
            }
        }
    }
    Ok(None)
}

/// The path ends at an array: one of its elements may meet the condition, or the array as such.
fn at_array(array: RawDoc<'_>, predicate: &Predicate) -> Found {
    if let Predicate::ElemMatch(conditions) = predicate {
        let position = conditions.position(array)?;
        return Ok(position.map(|at| Met { position: Some(at) }));
    }
    if predicate.expands_arrays() {
        for (at, (_, element)) in (0..).zip(array) {
            if predicate.test(Some(element))? {
                return Ok(Some(Met { position: Some(at) }));
            }
        }
    }
    at_end(Some(RawValue::Array(array)), predicate)
}

fn at_end(value: Option<RawValue<'_>>, predicate: &Predicate) -> Found {
    Ok(predicate.test(value)?.then_some(Met { position: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, doc};
    use crate::query::Context;

    fn position(filter: &Document, document: &Document) -> Option<u32> {
        let (filter, document) = (filter.to_bytes(), document.to_bytes());
        let document = RawDoc::trusted(&document);
        let filter = Filter::compile(RawDoc::trusted(&filter), &Context::default()).unwrap();
        assert!(filter.matches(document).unwrap(), "{filter:?}");
        filter.position(document).unwrap()
    }

    #[test]
    fn the_first_element_of_the_outermost_array_counts() {
        let cases = [
            (doc! { "a": 2 }, doc! { "a": [1, 2, 2] }, Some(1)),
            (doc! { "a": { "$gt": 1 } }, doc! { "a": [1, 2, 3] }, Some(1)),
            (
                doc! { "a": { "$in": [3, 4] } },
                doc! { "a": [1, 2, 3] },
                Some(2),
            ),
            (doc! { "a": 2 }, doc! { "a": 2 }, None),
            (doc! { "a.b": 2 }, doc! { "a": { "b": 2 } }, None),
            (
                doc! { "a.b": 2 },
                doc! { "a": [{ "b": 1 }, { "b": 2 }] },
                Some(1),
            ),
            (doc! { "a.b": 2 }, doc! { "a": { "b": [0, 1, 2] } }, Some(2)),
            (
                doc! { "a.b": 2 },
                doc! { "a": [{ "b": [7] }, { "b": [1, 1, 2] }] },
                Some(1),
            ),
            (
                doc! { "a.b": null },
                doc! { "a": [{ "b": 1 }, { "c": 1 }] },
                Some(1),
            ),
            // An array compared as a whole, or asked for as such, has no position.
            (doc! { "a": [1, 2] }, doc! { "a": [1, 2] }, None),
            (doc! { "a": [1, 2] }, doc! { "a": [[3], [1, 2]] }, Some(1)),
            (doc! { "a": { "$exists": true } }, doc! { "a": [1] }, None),
            (doc! { "a": { "$size": 1 } }, doc! { "a": [1] }, None),
            (
                doc! { "a": { "$elemMatch": { "$gt": 1, "$lt": 3 } } },
                doc! { "a": [7, 0, 2] },
                Some(2),
            ),
            (
                doc! { "a.b": { "$elemMatch": { "c": 1 } } },
                doc! { "a": [{}, { "b": [{ "c": 0 }, { "c": 1 }] }] },
                Some(1),
            ),
            (
                doc! { "a": { "$all": [3, 2] } },
                doc! { "a": [1, 2, 3] },
                Some(1),
            ),
        ];
        for (filter, document, expected) in cases {
            assert_eq!(
                position(&filter, &document),
                expected,
                "{filter:?} {document:?}"
            );
        }
    }

    #[test]
    fn an_element_picked_by_number_does_not_count() {
        let cases = [
            (doc! { "a.1": 2 }, doc! { "a": [1, 2] }, None),
            (
                doc! { "a.1.b": 2 },
                doc! { "a": [{ "b": 2 }, { "b": 2 }] },
                None,
            ),
            (
                doc! { "a.1.b": 2 },
                doc! { "a": [{ "b": 2 }, { "b": [5, 2] }] },
                Some(1),
            ),
            (
                doc! { "a.0.b": 2 },
                doc! { "a": [[{ "b": 1 }, { "b": 2 }]] },
                Some(1),
            ),
            // As a field's name it does.
            (doc! { "a.0": 2 }, doc! { "a": [1, { "0": 2 }] }, Some(1)),
        ];
        for (filter, document, expected) in cases {
            assert_eq!(
                position(&filter, &document),
                expected,
                "{filter:?} {document:?}"
            );
        }
    }

    #[test]
    fn the_last_condition_with_a_position_counts_and_choices_have_none() {
        let document = doc! { "a": [1, 2, 3], "b": [7, 8], "c": 5 };
        let cases = [
            (doc! { "a": 3, "b": 8 }, Some(1)),
            (doc! { "b": 8, "a": 3 }, Some(2)),
            (doc! { "a": 3, "c": 5 }, Some(2)),
            (doc! { "$and": [{ "a": 3 }, { "c": 5 }] }, Some(2)),
            (doc! { "$or": [{ "a": 3 }, { "c": 6 }] }, None),
            (doc! { "$nor": [{ "a": 9 }] }, None),
            (doc! { "a": { "$ne": 9 } }, None),
            (doc! { "a": 2, "$or": [{ "b": 8 }, { "c": 6 }] }, Some(1)),
            (doc! {}, None),
        ];
        for (filter, expected) in cases {
            assert_eq!(position(&filter, &document), expected, "{filter:?}");
        }
    }
}
