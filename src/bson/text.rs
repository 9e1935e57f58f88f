//! UTF-8 text borrowed from a document: field names and strings.
//!
//! Ingest has validated the UTF-8, so a check at each access would cost time for nothing; and
//! because this layer has no `unsafe`, a `&str` cannot be made without that check. Hence a type
//! of its own: comparing and copying work on the bytes, and `as_str` serves code that is not hot.

use std::fmt;

/// Text inside a BSON document. Ordered by its bytes, as MongoDB compares strings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Text that ingest has found to be UTF-8.
    pub const fn from_bytes(bytes: &'a [u8]) -> Text<'a> {
        Text(bytes)
    }

    /// The bytes, without length or terminator.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text as `&str`; of damaged bytes, the part that is still valid. Checks the UTF-8, so
    /// prefer [`Text::as_bytes`] where that is enough.
    pub fn as_str(self) -> &'a str {
        match std::str::from_utf8(self.0) {
            Ok(text) => text,
            Err(error) => {
                let valid = &self.0[..error.valid_up_to()];
                std::str::from_utf8(valid).unwrap_or_default()
            }
        }
    }

    /// The number of bytes.
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Text<'a> {
        Text(text.as_bytes())
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.0), f)
    }
}
