//! IronBase: an embedded document database with MongoDB's documents and queries.
//!
//! The layers, top to bottom; each may use only those below it:
//!
//! `capi` (the C ABI) > `command` (MongoDB's commands) > `database` (the Rust face) > `query`, `update` > `index` > `json` > `bson`
//! > `storage` (which knows nothing of documents). `error` is shared by all but storage; `failpoint` by all.

#![deny(unsafe_op_in_unsafe_fn)]

pub mod aggregate;
pub mod bson;
pub mod capi;
pub mod command;
pub mod database;
pub mod error;
mod failpoint;
pub mod index;
pub mod json;
pub mod query;
pub mod storage;
pub mod update;
