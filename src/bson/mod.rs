//! BSON: the form in which documents are stored, compared and handed between layers.
//!
//! Hot paths read raw bytes in place ([`RawDoc`], [`RawValue`]) and write with [`Builder`];
//! the owned tree ([`Document`], [`Value`]) serves small things that get edited. Nothing here
//! allocates to read a document.
//!
//! Invariants: bytes enter the database through [`validate()`] or the JSON parser, both of which
//! enforce every rule below, so stored documents are well formed; readers still check bounds, so
//! that damaged bytes end an iteration and never panic. There is no `unsafe` in this layer.

#![deny(unsafe_code)]

pub(crate) mod base64;
mod builder;
pub(crate) mod calendar;
pub mod collation;
pub mod compare;
mod decimal128;
mod document;
mod element_type;
pub(crate) mod fault;
mod identify;
pub(crate) mod key_set;
mod macros;
pub mod number;
mod object_id;
pub(crate) mod packed;
mod path;
mod raw;
mod raw_value;
mod text;
mod validate;
mod value;

pub use crate::doc;
pub use builder::Builder;
pub(crate) use builder::{patch_length, push_index};
pub use collation::Collation;
pub use decimal128::{Decimal128, DecimalKind, Rounding};
pub use document::Document;
pub use element_type::ElementType;
pub(crate) use element_type::{nul_at, value_len};
pub use identify::{check_id, ensure_id_first};
pub use object_id::ObjectId;
pub use path::{Path, array_index};
pub use raw::{Element, Elements, Iter, RawDoc};
pub use raw_value::{RawValue, RawValueBuf};
pub use text::Text;
pub use validate::{canonicalize, validate};
pub use value::Value;

/// The most bytes a document may have: 16 MiB.
pub const MAX_DOCUMENT_SIZE: usize = 16 * 1024 * 1024;

/// The most levels of documents and arrays within each other; the outermost document is level 1.
pub const MAX_DEPTH: usize = 100;
