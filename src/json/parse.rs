//! The parser: one pass over the text, writing BSON as it goes.
//!
//! A value's type is known only when it has been read, so a field is written as a type byte to be
//! filled in, its key, and then the value; a document's length is filled in at its end. Recursion
//! is bounded by the depth limit. Strings are checked for UTF-8 where they are not ASCII; the rest
//! of the text can be nothing else.

use super::number::{self, Parsed};
use super::scan;
use crate::bson::fault::{Fault, Walked};
use crate::bson::key_set::KeySet;
use crate::bson::{ElementType, MAX_DEPTH, MAX_DOCUMENT_SIZE, patch_length, push_index};
use crate::error::{Code, Error};

/// Reads values from a text, one after another.
pub(super) struct Parser<'t> {
    pub(super) text: &'t [u8],
    /// The next byte to read.
    pub(super) at: usize,
    keys: KeySet,
    /// Where in the output the outermost document starts: its size is counted from here.
    root: usize,
}

pub(super) fn fault(offset: usize, message: impl Into<String>) -> Box<Fault> {
    Fault::new(Code::FAILED_TO_PARSE, offset, message)
}

impl<'t> Parser<'t> {
    /// Starts at the beginning of `text`, after a byte order mark if there is one.
    pub(super) fn new(text: &'t [u8]) -> Parser<'t> {
        let at = if text.starts_with("\u{feff}".as_bytes()) {
            3
        } else {
            0
        };
        Parser {
            text,
            at,
            keys: KeySet::new(),
            root: 0,
        }
    }

    /// Appends the document that comes next.
    pub(super) fn root_document(&mut self, out: &mut Vec<u8>) -> Walked<()> {
        self.begin(out);
        let start = self.at;
        if self.peek() != Some(b'{') {
            return Err(self.expected("a document: '{'"));
        }
        match self.object(out, 0)? {
            ElementType::Document => Ok(()),
            kind => {
                let message = format!("expected a document, found a value of type {}", kind.name());
                Err(fault(start, message))
            }
        }
    }

    /// Appends the array that comes next, as a document of its elements.
    pub(super) fn root_array(&mut self, out: &mut Vec<u8>) -> Walked<()> {
        self.begin(out);
        match self.peek() {
            Some(b'[') => self.array(out, 1),
            _ => Err(self.expected("an array: '['")),
        }
    }

    /// Appends the bytes of the value that comes next, without type and key; returns its type.
    pub(super) fn root_value(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        self.begin(out);
        self.value(out, 0)
    }

    fn begin(&mut self, out: &[u8]) {
        self.keys.clear();
        self.root = out.len();
        self.skip_space();
    }

    /// Requires that nothing follows.
    pub(super) fn end(&mut self) -> Walked<()> {
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end of the input")),
        }
    }

    /// Appends a value that lies in a document of level `depth`; returns its type.
    #[inline]
    pub(super) fn value(&mut self, out: &mut Vec<u8>, depth: usize) -> Walked<ElementType> {
        match self.peek() {
            Some(b'"') => self.string(out),
            Some(b'-' | b'0'..=b'9') => self.number(out),
            Some(b'{') => self.object(out, depth),
            Some(b'[') => self.array(out, depth + 1).map(|()| ElementType::Array),
            Some(b't') => {
                self.literal(b"true")?;
                out.push(1);
                Ok(ElementType::Boolean)
            }
            Some(b'f') => {
                self.literal(b"false")?;
                out.push(0);
                Ok(ElementType::Boolean)
            }
            Some(b'n') => self.literal(b"null").map(|()| ElementType::Null),
            _ => Err(self.expected("a value")),
        }
    }

    /// Appends what an object stands for: a document, or the value that it wraps.
    fn object(&mut self, out: &mut Vec<u8>, depth: usize) -> Walked<ElementType> {
        let start = out.len();
        let mut scope_first = false;
        self.at += 1;
        self.skip_space();
        // A backslash may spell a dollar sign.
        if let Some([b'"', b'$' | b'\\']) = self.text.get(self.at..self.at + 2) {
            match self.wrapper(out, depth)? {
                super::wrapper::Found::Value(kind) => return Ok(kind),
                super::wrapper::Found::Scope => scope_first = true,
                super::wrapper::Found::Nothing => {}
            }
        }
        self.fields(out, depth + 1)?;
        if scope_first && super::wrapper::code_after_scope(out, start) {
            return Ok(ElementType::JavaScriptWithScope);
        }
        Ok(ElementType::Document)
    }

    /// Appends a document, of which the brace and the space after it have been read.
    pub(super) fn fields(&mut self, out: &mut Vec<u8>, depth: usize) -> Walked<()> {
        self.check_depth(depth)?;
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            let mut scope = self.keys.open();
            loop {
                let type_at = out.len();
                out.push(0);
                let key = type_at + 1;
                let key_from = self.at;
                if self.peek() != Some(b'"') {
                    return Err(self.expected("a field name in quotes"));
                }
                let has_nul = self.string_content(out)?;
                let key_len = out.len() - key;
                let refused = if has_nul {
                    Some("a field name cannot contain NUL")
                } else if !self.keys.insert(&mut scope, out, key, key_len) {
                    Some("the field is there already")
                } else {
                    None
                };
                if let Some(message) = refused {
                    return Err(fault(key_from, message).within(lossy(&out[key..])));
                }
                out.push(0);
                self.skip_space();
                let value = self.colon().and_then(|()| self.value(out, depth));
                match value {
                    Ok(kind) => out[type_at] = kind as u8,
                    Err(fault) => return Err(fault.within(lossy(&out[key..key + key_len]))),
                }
                self.check_size(out.len())?;
                self.skip_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.expected("',' or '}'")),
                }
                self.skip_space();
            }
            self.keys.close(scope);
        }
        out.push(0);
        patch_length(out, start);
        self.check_size(out.len())
    }

    fn array(&mut self, out: &mut Vec<u8>, depth: usize) -> Walked<()> {
        self.check_depth(depth)?;
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            for index in 0.. {
                let type_at = out.len();
                out.push(0);
                push_index(out, index);
                out.push(0);
                match self.value(out, depth) {
                    Ok(kind) => out[type_at] = kind as u8,
                    Err(fault) => return Err(fault.within(index.to_string())),
                }
                self.check_size(out.len())?;
                self.skip_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.expected("',' or ']'")),
                }
                self.skip_space();
            }
        }
        out.push(0);
        patch_length(out, start);
        self.check_size(out.len())
    }

    #[inline]
    fn string(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        self.string_content(out)?;
        out.push(0);
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        Ok(ElementType::String)
    }

    /// Appends the text of the string literal that starts here; true if there is a NUL in it.
    #[inline]
    pub(super) fn string_content(&mut self, out: &mut Vec<u8>) -> Walked<bool> {
        let start = self.at;
        let mut has_nul = false;
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = scan::plain(rest);
            let run = &rest[..plain.len];
            if !plain.ascii
                && let Err(error) = std::str::from_utf8(run)
            {
                return Err(fault(self.at + error.valid_up_to(), "not valid UTF-8"));
            }
            self.check_size(out.len() + run.len())?;
            out.extend_from_slice(run);
            self.at += run.len();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(has_nul);
                }
                Some(b'\\') => has_nul |= self.escape(out)?,
                Some(byte) => {
                    let message = format!("a control character in a string: write \\u{byte:04x}");
                    return Err(fault(self.at, message));
                }
                None => return Err(fault(start, "the string does not end")),
            }
        }
    }

    /// Appends the character that an escape stands for; true if it is NUL.
    fn escape(&mut self, out: &mut Vec<u8>) -> Walked<bool> {
        let start = self.at;
        let plain = match self.text.get(self.at + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 2;
                let character = self.code_point(start)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(character == '\0');
            }
            _ => return Err(fault(start, "not an escape that JSON knows")),
        };
        out.push(plain);
        self.at += 2;
        Ok(false)
    }

    /// The character of a `\u` escape, the digits of which come next: one code unit, or two that
    /// are a surrogate pair.
    fn code_point(&mut self, start: usize) -> Walked<char> {
        let first = self.code_unit(start)?;
        let mut point = first;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.code_unit(start)?;
            if (0xdc00..0xe000).contains(&second) {
                point = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            }
        }
        char::from_u32(point).ok_or_else(|| fault(start, "half of a surrogate pair"))
    }

    fn code_unit(&mut self, start: usize) -> Walked<u32> {
        let digits = self.text[self.at..].first_chunk::<4>();
        let unit = digits.and_then(|digits| {
            digits.iter().try_fold(0, |unit, digit| {
                Some(unit << 4 | char::from(*digit).to_digit(16)?)
            })
        });
        self.at += 4;
        unit.ok_or_else(|| fault(start, "\\u needs four hexadecimal digits"))
    }

    #[inline]
    fn number(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let Some((parsed, len)) = number::parse(&self.text[self.at..]) else {
            return Err(fault(
                self.at,
                "not a number that JSON knows and a double can hold",
            ));
        };
        self.at += len;
        Ok(match parsed {
            Parsed::Int32(value) => {
                out.extend_from_slice(&value.to_le_bytes());
                ElementType::Int32
            }
            Parsed::Int64(value) => {
                out.extend_from_slice(&value.to_le_bytes());
                ElementType::Int64
            }
            Parsed::Double(value) => {
                out.extend_from_slice(&value.to_le_bytes());
                ElementType::Double
            }
        })
    }

    fn literal(&mut self, word: &[u8]) -> Walked<()> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Reads a colon and the space around it.
    #[inline]
    pub(super) fn colon(&mut self) -> Walked<()> {
        if self.peek() != Some(b':') {
            return Err(self.expected("':'"));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn check_depth(&self, depth: usize) -> Walked<()> {
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("documents nest deeper than {MAX_DEPTH} levels");
        Err(Fault::new(Code::OVERFLOW, self.at, message))
    }

    /// Checks that the output may grow to `len` bytes.
    #[inline]
    fn check_size(&self, len: usize) -> Walked<()> {
        // A wrapper's text is decoded into a vector of its own, which may be shorter than the root.
        if len.saturating_sub(self.root) <= MAX_DOCUMENT_SIZE {
            return Ok(());
        }
        let message =
            format!("the document exceeds the limit of {MAX_DOCUMENT_SIZE} bytes as BSON");
        Err(Fault::new(Code::BSON_OBJECT_TOO_LARGE, self.at, message))
    }

    /// The fault of finding something else here.
    #[cold]
    pub(super) fn expected(&self, what: &str) -> Box<Fault> {
        let found = match self.peek() {
            None => "the end of the input".to_string(),
            Some(byte @ 0x21..=0x7e) => format!("'{}'", char::from(byte)),
            Some(byte) => format!("byte 0x{byte:02x}"),
        };
        fault(self.at, format!("expected {what}, found {found}"))
    }

    /// The error for the caller, with the place in lines and columns (of characters, from 1).
    pub(super) fn error(&self, fault: Fault) -> Error {
        let offset = fault.offset().min(self.text.len());
        let before = &self.text[..offset];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let line_start = before
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let characters = before[line_start..]
            .iter()
            .filter(|&&byte| byte & 0xc0 != 0x80);
        let column = 1 + characters.count();
        let position = serde_json::json!({ "offset": offset, "line": line, "column": column });
        fault.into_error(
            "invalid JSON",
            &format!("line {line}, column {column}"),
            position,
        )
    }
}

fn lossy(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}
