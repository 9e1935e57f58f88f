//! The C ABI: a thin skin over `database`. JSON comes in and goes out, everything else is decided
//! below. `include/ironbase.h` is generated from these files and is the manual for C callers.
//!
//! Every fallible function is a plain `extern "C" fn` whose body is one `guard` closure, in the
//! same order: clear the out-parameters, borrow the handles, read the texts, call the database,
//! hand out the result.
//!
//! Invariants: no panic crosses the boundary; out-parameters are null or complete; every pointer
//! handed out is either borrowed from a handle or allocated with `malloc`.
//!
//! Safety: all functions are `unsafe` for one reason, stated once in the header's conventions:
//! pointers must be NULL where that is allowed, or point to what their parameter says for as long
//! as the call lasts. Each function's single `unsafe` block rests on that.

#![allow(non_camel_case_types)] // The types carry their C names.
#![allow(clippy::missing_safety_doc)] // See the module documentation: it is the same rule for all.

// What the header shows, in the header's order.
pub mod status;

pub mod library;

pub mod error;

pub mod database;

pub mod collection;

pub mod insert;

pub mod find;

pub mod update;

pub mod find_and_modify;

pub mod bulk_write;

pub mod indexes;

pub mod cursor;

pub mod bson;

pub mod transaction;

pub mod command;

pub mod compact;

pub mod operation;

pub mod maintenance;

pub mod backup;

// What they are made of.
mod arguments;
mod guard;
mod handle;
mod output;
mod results;
mod scratch;
