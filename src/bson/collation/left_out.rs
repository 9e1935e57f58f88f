//! Stands for `icu` in a library built without the feature `collation`: there is no collation but
//! the simple one.

use std::cmp::Ordering;
use std::convert::Infallible;

use super::document::{Asked, Options};
use crate::error::{Code, Error, Result, Status};

#[derive(Debug)]
pub(super) struct Collator(Infallible);

impl Collator {
    pub(super) fn new(field: &str, asked: &Asked<'_>) -> Result<(Options, Collator)> {
        let message = format!(
            "'{field}' asks for the locale '{}', but this library was built without the feature \"collation\": only \
             {{ locale: \"simple\" }} is possible",
            asked.locale
        );
        Err(Error::new(Status::Unsupported, Code::BAD_VALUE, message))
    }

    pub(super) fn compare(&self, _: &[u8], _: &[u8]) -> Ordering {
        match self.0 {}
    }

    pub(super) fn write_key(&self, _: &[u8], _: &mut Vec<u8>) {
        match self.0 {}
    }
}
