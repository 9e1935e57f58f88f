//! Extended JSON v2 to BSON and back, streaming: no tree in between, in either direction.
//!
//! The parser takes relaxed and canonical forms, mixed as they come, and writes BSON while it
//! reads; the writer walks the BSON and writes text. What the parser lets through is valid BSON
//! within the limits, so it needs no second validation.
//!
//! Left alone on purpose: `{"$regex": ..., "$options": ...}` and `{"$type": ...}` are query
//! operators here, never the wrappers they were in Extended JSON v1.

#![deny(unsafe_code)]

mod date;
mod documents;
mod number;
mod parse;
mod scalar;
mod scan;
#[cfg(test)]
mod tests;
mod wrapper;
mod write;

pub use documents::{Documents, parse_array, parse_document, parse_value};
pub use write::{Mode, write_document, write_value};
