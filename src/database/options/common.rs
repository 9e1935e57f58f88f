//! What every operation takes beside its own options: how long it may run, by which id it can be stopped, how safe a write
//! must be, and what drivers tell a cluster.

use super::Durability;
use super::given::Given;
use crate::bson::{RawDoc, RawValue};
use crate::error::{Code, Error, Result, Status};

/// What every operation takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common {
    /// The milliseconds that the engine may work for the operation; 0 for no limit.
    pub max_time_ms: u64,
    /// The id, from `Database::op_new`, by which it can be killed and watched.
    pub op_id: Option<u64>,
}

impl Common {
    /// The options that it reads, as a message lists them.
    pub(super) const KNOWN: &str = "comment, maxTimeMS, opId, readConcern, readPreference";

    /// Takes the option if it is one of these. `comment` is kept nowhere: in MongoDB it marks the operation in the
    /// server's log.
    pub(super) fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "comment" => {}
            // A driver's field of 32 bits: https://www.mongodb.com/docs/manual/reference/command/find/
            "maxTimeMS" => self.max_time_ms = given.number(0, i32::MAX as u64)?,
            "opId" => self.op_id = Some(given.number(1, i64::MAX as u64)?),
            "readConcern" => read_concern(given)?,
            "readPreference" => read_preference(given)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Options of a write that has no others: `insert_one`, `create_indexes`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteOptions {
    /// Time limit and id.
    pub common: Common,
    /// The collection's validator is not asked.
    pub bypass_document_validation: bool,
    /// How safe the write is when it returns; `None`: as the database's `durability` says.
    pub durability: Option<Durability>,
}

impl WriteOptions {
    /// The options that it reads, as a message lists them.
    pub(super) const KNOWN: &str = "bypassDocumentValidation, comment, maxTimeMS, opId, durability, writeConcern, readConcern, readPreference";

    pub(super) fn take(&mut self, given: &Given<'_>) -> Result<bool> {
        match given.name {
            "bypassDocumentValidation" => self.bypass_document_validation = given.boolean()?,
            "durability" => self.durability = Some(given.one_of(Durability::NAMES)?),
            "writeConcern" => {
                self.durability = write_concern(given)?.or(self.durability);
            }
            _ => return self.common.take(given),
        }
        Ok(true)
    }
}

/// There is one copy, and a read sees what is committed in it: each level that is not bound to a cluster's time holds
/// ([manual: Read Concern](https://www.mongodb.com/docs/manual/reference/read-concern/)).
fn read_concern(given: &Given<'_>) -> Result<()> {
    const LEVELS: [&str; 5] = ["local", "available", "majority", "linearizable", "snapshot"];
    let concern = given.document()?;
    for (name, value) in RawDoc::trusted(&concern).iter() {
        match (name.as_str(), value) {
            ("level", RawValue::String(level)) if LEVELS.contains(&level.as_str()) => {}
            ("level", RawValue::String(level)) => {
                let known = LEVELS.join(", ");
                let message = format!("readConcern.level is one of {known}, found {level:?}");
                return Err(Error::query(Code::FAILED_TO_PARSE, message));
            }
            ("level", other) => return Err(wrong_type("readConcern.level", "a string", other)),
            ("afterClusterTime" | "atClusterTime", _) => {
                let message =
                    format!("readConcern.{name} needs a cluster's clock, which there is none of");
                return Err(Error::new(
                    Status::Unsupported,
                    Code::INVALID_OPTIONS,
                    message,
                ));
            }
            _ => return Err(unknown("readConcern", name.as_str(), "level")),
        }
    }
    Ok(())
}

/// The one copy is what every preference finds
/// ([manual: Read Preference](https://www.mongodb.com/docs/manual/core/read-preference/)).
fn read_preference(given: &Given<'_>) -> Result<()> {
    const MODES: [(&str, ()); 5] = [
        ("primary", ()),
        ("primaryPreferred", ()),
        ("secondary", ()),
        ("secondaryPreferred", ()),
        ("nearest", ()),
    ];
    if given.is_document() {
        let preference = given.document()?;
        let mode = RawDoc::trusted(&preference).get("mode");
        let is_known =
            |mode: RawValue<'_>| MODES.iter().any(|(name, ())| mode.as_str() == Some(*name));
        if mode.is_some_and(is_known) {
            return Ok(());
        }
        let known = MODES.map(|(name, ())| name).join(", ");
        let message = format!("readPreference.mode is one of {known}");
        return Err(Error::query(Code::FAILED_TO_PARSE, message));
    }
    given.one_of(&MODES)
}

/// What a write concern says of this one copy: `j` how safe the write must be, `w` that it must be done at all, which it is
/// ([manual: Write Concern](https://www.mongodb.com/docs/manual/reference/write-concern/)).
pub(super) fn write_concern(given: &Given<'_>) -> Result<Option<Durability>> {
    let concern = given.document()?;
    let mut durability = None;
    for (name, value) in RawDoc::trusted(&concern).iter() {
        match name.as_str() {
            "j" | "fsync" => {
                let journaled = value
                    .as_bool()
                    .or(value.as_integer().map(|number| number != 0));
                durability = match journaled {
                    Some(true) => Some(Durability::Full),
                    Some(false) => durability.or(Some(Durability::Interval)),
                    None => return Err(wrong_type("writeConcern.j", "true or false", value)),
                };
            }
            "w" => match (value.as_integer(), value.as_str()) {
                (Some(0 | 1), _) | (_, Some("majority")) => {}
                (Some(copies), _) => {
                    let message = format!(
                        "Not enough data-bearing nodes: w is {copies}, and there is one copy"
                    );
                    return Err(Error::query(Code::UNSATISFIABLE_WRITE_CONCERN, message));
                }
                (_, Some(mode)) => {
                    let message = format!("No write concern mode named '{mode}' found");
                    return Err(Error::query(Code::UNKNOWN_REPL_WRITE_CONCERN, message));
                }
                _ => return Err(wrong_type("writeConcern.w", "0, 1 or \"majority\"", value)),
            },
            "wtimeout" | "wtimeoutMS" if value.is_number() => {}
            _ => return Err(unknown("writeConcern", name.as_str(), "w, j, wtimeout")),
        }
    }
    Ok(durability)
}

fn wrong_type(path: &str, needed: &str, found: RawValue<'_>) -> Error {
    let message = format!("{path} needs {needed}, found {}", found.type_name());
    Error::query(Code::TYPE_MISMATCH, message)
}

fn unknown(path: &str, name: &str, known: &str) -> Error {
    let message = format!("{path} has no field {name:?}; it takes {known}");
    Error::query(Code::IDL_UNKNOWN_FIELD, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, doc};

    fn read(document: Document) -> Result<WriteOptions> {
        WriteOptions::from_bson("insert", RawDoc::trusted(&document.to_bytes()))
    }

    #[test]
    fn a_write_concern_says_how_safe_a_write_is() {
        for (given, expected) in [
            (doc! {}, None),
            (doc! { "durability": "none" }, Some(Durability::None)),
            (doc! { "writeConcern": {} }, None),
            (doc! { "writeConcern": { "w": 1 } }, None),
            (doc! { "writeConcern": { "w": 0 } }, None),
            (
                doc! { "writeConcern": { "w": "majority", "wtimeout": 100 } },
                None,
            ),
            (
                doc! { "writeConcern": { "w": "majority", "j": true } },
                Some(Durability::Full),
            ),
            (
                doc! { "writeConcern": { "j": false } },
                Some(Durability::Interval),
            ),
        ] {
            assert_eq!(
                read(given.clone()).unwrap().durability,
                expected,
                "{given:?}"
            );
        }
    }

    #[test]
    fn what_one_copy_satisfies_is_taken_and_the_rest_refused() {
        for level in ["local", "available", "majority", "linearizable", "snapshot"] {
            read(doc! { "readConcern": { "level": level } }).unwrap();
        }
        read(doc! { "readConcern": {} }).unwrap();
        read(doc! { "readPreference": "nearest" }).unwrap();
        read(doc! { "readPreference": { "mode": "secondary", "tags": [] } }).unwrap();
        for (given, code) in [
            (doc! { "readConcern": { "level": "mine" } }, 9),
            (doc! { "readConcern": { "level": 5 } }, 14),
            (doc! { "readConcern": { "atClusterTime": 5 } }, 72),
            (doc! { "readConcern": { "leve": "local" } }, 40415),
            (doc! { "readConcern": "local" }, 14),
            (doc! { "readPreference": "mine" }, 2),
            (doc! { "readPreference": { "mode": "mine" } }, 9),
            (doc! { "writeConcern": { "w": 2 } }, 100),
            (doc! { "writeConcern": { "w": "mine" } }, 79),
            (doc! { "writeConcern": { "w": [] } }, 14),
            (doc! { "writeConcern": { "j": "yes" } }, 14),
            (doc! { "writeConcern": { "k": 1 } }, 40415),
            (doc! { "durability": "some" }, 2),
        ] {
            assert_eq!(
                read(given.clone()).unwrap_err().code(),
                Code(code),
                "{given:?}"
            );
        }
    }
}
