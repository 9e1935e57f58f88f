//! `$unset`: removes a field. In an array it leaves null, so that the other elements keep their
//! positions; that is for the array to do, see `apply`.

use super::operator::Change;
use crate::bson::Element;

#[derive(Clone, Copy, Debug)]
pub(super) struct Unset;

impl Unset {
    pub(super) fn change(self, current: Option<Element<'_>>) -> Change<'static> {
        match current {
            Some(_) => Change::Remove,
            None => Change::Keep,
        }
    }
}
