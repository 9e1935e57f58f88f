//! What a commit did, as the log says it: results, never the operators that led to them, so that replay is the same every
//! time. Index entries are not logged: they are derived from the documents.

use crate::storage::page::TreeId;
use crate::storage::varint;

/// One step of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Put {
        tree: TreeId,
        key: &'a [u8],
        value: &'a [u8],
    },
    Delete {
        tree: TreeId,
        key: &'a [u8],
    },
    /// A put, as the difference (`storage/difference.rs`) to the value before it.
    Patch {
        tree: TreeId,
        key: &'a [u8],
        /// Of the new value.
        checksum: u32,
        steps: &'a [u8],
    },
    CreateCollection {
        tree: TreeId,
        name: &'a str,
        file: &'a str,
        page_size: u32,
        options: &'a [u8],
    },
    DropCollection {
        tree: TreeId,
    },
    RenameCollection {
        tree: TreeId,
        name: &'a str,
    },
    SetOptions {
        tree: TreeId,
        options: &'a [u8],
    },
    CreateIndex {
        tree: TreeId,
        collection: TreeId,
        unique: bool,
        name: &'a str,
        file: &'a str,
        page_size: u32,
        spec: &'a [u8],
    },
    DropIndex {
        tree: TreeId,
    },
}

const PUT: u8 = 1;
const DELETE: u8 = 2;
const PATCH: u8 = 3;
const CREATE_COLLECTION: u8 = 16;
const DROP_COLLECTION: u8 = 17;
const RENAME_COLLECTION: u8 = 18;
const CREATE_INDEX: u8 = 19;
const DROP_INDEX: u8 = 20;
const SET_OPTIONS: u8 = 21;

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    varint::put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

impl Operation<'_> {
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Operation::Put { tree, key, value } => {
                out.push(PUT);
                varint::put(out, tree.into());
                put_bytes(out, key);
                put_bytes(out, value);
            }
            Operation::Delete { tree, key } => {
                out.push(DELETE);
                varint::put(out, tree.into());
                put_bytes(out, key);
            }
            Operation::Patch {
                tree,
                key,
                checksum,
                steps,
            } => {
                out.push(PATCH);
                varint::put(out, tree.into());
                put_bytes(out, key);
                out.extend_from_slice(&checksum.to_le_bytes());
                put_bytes(out, steps);
            }
            Operation::CreateCollection {
                tree,
                name,
                file,
                page_size,
                options,
            } => {
                out.push(CREATE_COLLECTION);
                varint::put(out, tree.into());
                put_bytes(out, name.as_bytes());
                put_bytes(out, file.as_bytes());
                varint::put(out, page_size.into());
                put_bytes(out, options);
            }
            Operation::DropCollection { tree } => {
                out.push(DROP_COLLECTION);
                varint::put(out, tree.into());
            }
            Operation::RenameCollection { tree, name } => {
                out.push(RENAME_COLLECTION);
                varint::put(out, tree.into());
                put_bytes(out, name.as_bytes());
            }
            Operation::SetOptions { tree, options } => {
                out.push(SET_OPTIONS);
                varint::put(out, tree.into());
                put_bytes(out, options);
            }
            Operation::CreateIndex {
                tree,
                collection,
                unique,
                name,
                file,
                page_size,
                spec,
            } => {
                out.push(CREATE_INDEX);
                varint::put(out, tree.into());
                varint::put(out, collection.into());
                varint::put(out, unique.into());
                put_bytes(out, name.as_bytes());
                put_bytes(out, file.as_bytes());
                varint::put(out, page_size.into());
                put_bytes(out, spec);
            }
            Operation::DropIndex { tree } => {
                out.push(DROP_INDEX);
                varint::put(out, tree.into());
            }
        }
    }
}

/// The operations of a commit, in order. The bytes passed a checksum; a malformed operation is still an error (`Err` with
/// the reason), never a panic.
pub struct Operations<'a>(pub &'a [u8]);

impl<'a> Operations<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<u64> {
        varint::take(&mut self.0)
    }

    fn checksum(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn id(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        varint::take_bytes(&mut self.0)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn decode(&mut self, code: u8) -> Option<Operation<'a>> {
        Some(match code {
            PUT => Operation::Put {
                tree: self.id()?,
                key: self.bytes()?,
                value: self.bytes()?,
            },
            DELETE => Operation::Delete {
                tree: self.id()?,
                key: self.bytes()?,
            },
            PATCH => Operation::Patch {
                tree: self.id()?,
                key: self.bytes()?,
                checksum: self.checksum()?,
                steps: self.bytes()?,
            },
            CREATE_COLLECTION => Operation::CreateCollection {
                tree: self.id()?,
                name: self.text()?,
                file: self.text()?,
                page_size: self.id()?,
                options: self.bytes()?,
            },
            DROP_COLLECTION => Operation::DropCollection { tree: self.id()? },
            RENAME_COLLECTION => Operation::RenameCollection {
                tree: self.id()?,
                name: self.text()?,
            },
            CREATE_INDEX => Operation::CreateIndex {
                tree: self.id()?,
                collection: self.id()?,
                unique: self.number()? != 0,
                name: self.text()?,
                file: self.text()?,
                page_size: self.id()?,
                spec: self.bytes()?,
            },
            DROP_INDEX => Operation::DropIndex { tree: self.id()? },
            SET_OPTIONS => Operation::SetOptions {
                tree: self.id()?,
                options: self.bytes()?,
            },
            _ => return None,
        })
    }
}

impl<'a> Iterator for Operations<'a> {
    type Item = std::result::Result<Operation<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.byte()?;
        let decoded = self.decode(code);
        if decoded.is_none() {
            self.0 = &[];
        }
        Some(decoded.ok_or_else(|| format!("malformed operation (code {code})")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_survive_the_log_and_cut_ones_are_refused() {
        let all = [
            Operation::Put {
                tree: 300,
                key: b"k",
                value: &[9; 200],
            },
            Operation::Delete { tree: 2, key: b"" },
            Operation::Patch {
                tree: 2,
                key: b"k",
                checksum: 0x0102_0304,
                steps: b"steps",
            },
            Operation::CreateCollection {
                tree: 2,
                name: "a",
                file: "a.mlite",
                page_size: 8192,
                options: b"o",
            },
            Operation::DropCollection { tree: u32::MAX },
            Operation::RenameCollection {
                tree: 2, name: "ü"
            },
            Operation::CreateIndex {
                tree: 3,
                collection: 2,
                unique: true,
                name: "i",
                file: "f",
                page_size: 4096,
                spec: b"s",
            },
            Operation::DropIndex { tree: 3 },
            Operation::SetOptions {
                tree: 2,
                options: b"o",
            },
        ];
        for operation in all {
            let mut bytes = Vec::new();
            operation.encode(&mut bytes);
            assert_eq!(Operations(&bytes).collect::<Vec<_>>(), [Ok(operation)]);
            for end in 1..bytes.len() {
                let cut: Vec<_> = Operations(&bytes[..end]).collect();
                assert!(cut.len() == 1 && cut[0].is_err());
            }
        }
    }
}
