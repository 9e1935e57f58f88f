//! How update operators compare values: `$min`, `$max`, `$addToSet`, `$pull`, `$pullAll` and
//! `$push`'s `$sort` all ask here, so that they agree.

use std::cmp::Ordering;

use crate::bson::compare::compare_values_in;
use crate::bson::{Collation, RawValue};
use crate::query::Context;

/// The comparison order, strings by the operation's collation.
#[derive(Clone, Debug)]
pub(super) struct Comparison(Option<Collation>);

impl Comparison {
    pub(super) fn of(context: &Context) -> Comparison {
        Comparison(context.collation().cloned())
    }

    pub(super) fn compare(&self, a: RawValue<'_>, b: RawValue<'_>) -> Ordering {
        compare_values_in(self.0.as_ref(), a, b)
    }

    pub(super) fn equal(&self, a: RawValue<'_>, b: RawValue<'_>) -> bool {
        self.compare(a, b).is_eq()
    }
}
