//! Extended JSON's wrappers: objects such as `{"$oid": "..."}` that stand for a value of a type
//! that JSON has not.
//!
//! An object is a wrapper if its first key is one of the wrappers' names. From there on anything
//! but the wrapper's exact form is refused; a misspelt ObjectId must not become a document.

use std::borrow::Cow;

use super::date;
use super::number::parse_number_double;
use super::parse::{Parser, fault};
use crate::bson::fault::Walked;
use crate::bson::{Decimal128, ElementType, ObjectId, RawDoc, RawValue, base64, patch_length};

/// What the first key of an object says about it.
pub(super) enum Found {
    /// A wrapper: its value has been read and appended.
    Value(ElementType),
    /// Code with scope may follow, with the scope in front. Nothing has been read.
    Scope,
    /// A document. Nothing has been read.
    Nothing,
}

impl<'t> Parser<'t> {
    /// Appends the value of the wrapper of which the brace has been read, if it is one.
    pub(super) fn wrapper(&mut self, out: &mut Vec<u8>, depth: usize) -> Walked<Found> {
        let start = self.at;
        let name = self.text_literal()?;
        let read: fn(&mut Self, &mut Vec<u8>) -> Walked<ElementType> = match name.as_ref() {
            "$oid" => Self::object_id,
            "$numberInt" => Self::number_int,
            "$numberLong" => Self::number_long,
            "$numberDouble" => Self::number_double,
            "$numberDecimal" => Self::number_decimal,
            "$date" => Self::date,
            "$binary" => Self::binary,
            "$uuid" => Self::uuid,
            "$regularExpression" => Self::regular_expression,
            "$timestamp" => Self::timestamp,
            "$symbol" => Self::symbol,
            "$dbPointer" => Self::db_pointer,
            "$undefined" => Self::undefined,
            "$minKey" => Self::min_key,
            "$maxKey" => Self::max_key,
            "$code" => {
                self.skip_space();
                self.colon()?;
                return self
                    .code(out, depth)
                    .map(Found::Value)
                    .map_err(|f| f.within("$code"));
            }
            other => {
                let scope = other == "$scope";
                self.at = start;
                return Ok(if scope { Found::Scope } else { Found::Nothing });
            }
        };
        self.skip_space();
        self.colon()?;
        let kind = read(self, out).and_then(|kind| self.close().map(|()| kind));
        kind.map(Found::Value).map_err(|fault| fault.within(name))
    }

    /// Reads the brace that ends a wrapper.
    fn close(&mut self) -> Walked<()> {
        self.skip_space();
        if self.peek() != Some(b'}') {
            return Err(self.expected("nothing more in this object: '}'"));
        }
        self.at += 1;
        Ok(())
    }

    /// The string that comes next, borrowed where it has no escapes.
    fn text_literal(&mut self) -> Walked<Cow<'t, str>> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a string"));
        }
        let start = self.at;
        let plain = super::scan::plain(&self.text[start + 1..]);
        let end = start + 1 + plain.len;
        if plain.ascii && self.text.get(end) == Some(&b'"') {
            self.at = end + 1;
            let text = std::str::from_utf8(&self.text[start + 1..end]);
            return Ok(Cow::Borrowed(text.unwrap_or_default()));
        }
        let mut text = Vec::new();
        self.string_content(&mut text)?;
        Ok(Cow::Owned(String::from_utf8(text).unwrap_or_default()))
    }

    /// A string that is parsed by `parse`; `what` says what it should be.
    fn parsed<T>(&mut self, what: &str, parse: impl FnOnce(&str) -> Option<T>) -> Walked<T> {
        let start = self.at;
        let text = self.text_literal()?;
        parse(&text).ok_or_else(|| fault(start, format!("expected {what}, found \"{text}\"")))
    }

    /// Reads an object of exactly the two keys `names`, in either order, each with its reader.
    fn pair(
        &mut self,
        names: [&str; 2],
        mut read: impl FnMut(&mut Self, usize) -> Walked<()>,
    ) -> Walked<()> {
        let [first, second] = names;
        if self.peek() != Some(b'{') {
            return Err(self.expected(&format!("an object of \"{first}\" and \"{second}\"")));
        }
        let start = self.at;
        let mut seen = [false; 2];
        self.at += 1;
        loop {
            self.skip_space();
            let key_at = self.at;
            let key = self.text_literal()?;
            let index = names.iter().position(|name| *name == key);
            let Some(index) = index.filter(|&index| !seen[index]) else {
                let message = format!("expected \"{first}\" and \"{second}\", found \"{key}\"");
                return Err(fault(key_at, message));
            };
            seen[index] = true;
            self.skip_space();
            self.colon()?;
            read(self, index).map_err(|fault| fault.within(key))?;
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') if seen == [true; 2] => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'}') => {
                    let missing = names[usize::from(seen[0])];
                    return Err(fault(start, format!("\"{missing}\" is missing")));
                }
                _ => return Err(self.expected("',' or '}'")),
            }
        }
    }

    fn object_id(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let id = self.parsed("24 hexadecimal digits", |text| ObjectId::from_hex(text))?;
        append(out, RawValue::ObjectId(id))
    }

    fn number_int(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let value = self.parsed("a 32-bit integer as text", |text| text.parse().ok())?;
        append(out, RawValue::Int32(value))
    }

    fn number_long(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let value = self.parsed("a 64-bit integer as text", |text| text.parse().ok())?;
        append(out, RawValue::Int64(value))
    }

    fn number_double(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let value = self.parsed("a double as text", parse_number_double)?;
        append(out, RawValue::Double(value))
    }

    fn number_decimal(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let value = self.parsed("a decimal of at most 34 digits as text", Decimal128::parse)?;
        append(out, RawValue::Decimal128(value))
    }

    fn date(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        if self.peek() != Some(b'{') {
            let what = "a date such as \"2012-12-24T12:15:30.501Z\"";
            let ms = self.parsed(what, |text| date::parse(text.as_bytes()))?;
            return append(out, RawValue::DateTime(ms));
        }
        self.at += 1;
        self.skip_space();
        self.key("$numberLong")?;
        self.number_long(out)?;
        self.close()?;
        Ok(ElementType::DateTime)
    }

    fn binary(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let (mut bytes, mut subtype) = (Vec::new(), 0);
        self.pair(["base64", "subType"], |parser, index| {
            if index == 0 {
                parser.parsed("base64", |text| base64::decode(text.as_bytes(), &mut bytes))
            } else {
                let what = "a subtype of one or two hexadecimal digits";
                subtype = parser.parsed(what, |text| {
                    let valid = text.bytes().all(|byte| byte.is_ascii_hexdigit());
                    u8::from_str_radix(text, 16)
                        .ok()
                        .filter(|_| valid && text.len() <= 2)
                })?;
                Ok(())
            }
        })?;
        append(
            out,
            RawValue::Binary {
                subtype,
                bytes: &bytes,
            },
        )
    }

    fn uuid(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let bytes = self.parsed("a UUID: 8-4-4-4-12 hexadecimal digits", parse_uuid)?;
        append(
            out,
            RawValue::Binary {
                subtype: 4,
                bytes: &bytes,
            },
        )
    }

    fn regular_expression(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let mut texts = [Cow::Borrowed(""), Cow::Borrowed("")];
        self.pair(["pattern", "options"], |parser, index| {
            let start = parser.at;
            texts[index] = parser.text_literal()?;
            match texts[index].contains('\0') {
                true => Err(fault(start, "a regular expression cannot contain NUL")),
                false => Ok(()),
            }
        })?;
        let [pattern, options] = &texts;
        let mut options: Vec<char> = options.chars().collect();
        options.sort_unstable();
        let options: String = options.into_iter().collect();
        let (pattern, options) = (pattern.as_ref().into(), options.as_str().into());
        append(out, RawValue::Regex { pattern, options })
    }

    fn timestamp(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let mut parts = [0; 2];
        self.pair(["t", "i"], |parser, index| {
            parts[index] = parser.unsigned()?;
            Ok(())
        })?;
        let [time, increment] = parts;
        append(out, RawValue::Timestamp { time, increment })
    }

    /// A plain integer of 32 bits without sign.
    fn unsigned(&mut self) -> Walked<u32> {
        use super::number::{Parsed, parse};
        let parsed = parse(&self.text[self.at..]);
        let value = parsed.and_then(|(number, len)| match number {
            Parsed::Int32(value) => Some((u32::try_from(value).ok()?, len)),
            Parsed::Int64(value) => Some((u32::try_from(value).ok()?, len)),
            Parsed::Double(_) => None,
        });
        let (value, len) = value.ok_or_else(|| self.expected("an integer from 0 to 4294967295"))?;
        self.at += len;
        Ok(value)
    }

    fn symbol(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let text = self.text_literal()?;
        append(out, RawValue::Symbol(text.as_ref().into()))
    }

    fn db_pointer(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        let (mut namespace, mut id) = (Cow::Borrowed(""), ObjectId([0; 12]));
        self.pair(["$ref", "$id"], |parser, index| {
            if index == 0 {
                namespace = parser.text_literal()?;
                return Ok(());
            }
            if parser.peek() != Some(b'{') {
                return Err(parser.expected("{\"$oid\": ...}"));
            }
            parser.at += 1;
            parser.skip_space();
            parser.key("$oid")?;
            id = parser.parsed("24 hexadecimal digits", |text| ObjectId::from_hex(text))?;
            parser.close()
        })?;
        append(
            out,
            RawValue::DbPointer {
                namespace: namespace.as_ref().into(),
                id,
            },
        )
    }

    fn undefined(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        self.constant(b"true")?;
        append(out, RawValue::Undefined)
    }

    fn min_key(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        self.constant(b"1")?;
        append(out, RawValue::MinKey)
    }

    fn max_key(&mut self, out: &mut Vec<u8>) -> Walked<ElementType> {
        self.constant(b"1")?;
        append(out, RawValue::MaxKey)
    }

    fn constant(&mut self, word: &[u8]) -> Walked<()> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.expected(&String::from_utf8_lossy(word)));
        }
        self.at += word.len();
        Ok(())
    }

    /// Appends code, with its scope if there is one; reads up to the wrapper's end.
    fn code(&mut self, out: &mut Vec<u8>, depth: usize) -> Walked<ElementType> {
        let code = self.text_literal()?;
        let code = RawValue::String(code.as_ref().into());
        self.skip_space();
        if self.peek() != Some(b',') {
            code.write_to(out);
            self.close()?;
            return Ok(ElementType::JavaScript);
        }
        self.at += 1;
        self.skip_space();
        self.key("$scope")?;
        if self.peek() != Some(b'{') {
            return Err(self.expected("a document as $scope"));
        }
        self.at += 1;
        self.skip_space();
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        code.write_to(out);
        self.fields(out, depth + 1)?;
        patch_length(out, start);
        self.close()?;
        Ok(ElementType::JavaScriptWithScope)
    }

    /// Reads the key `name`, which must come next, and its colon.
    fn key(&mut self, name: &str) -> Walked<()> {
        let start = self.at;
        let key = self.text_literal()?;
        if key != name {
            return Err(fault(
                start,
                format!("expected \"{name}\", found \"{key}\""),
            ));
        }
        self.skip_space();
        self.colon()
    }
}

fn append(out: &mut Vec<u8>, value: RawValue<'_>) -> Walked<ElementType> {
    value.write_to(out);
    Ok(value.element_type())
}

/// Turns the document at `start` into code with scope, if `$scope` and then `$code` are all it has.
pub(super) fn code_after_scope(out: &mut Vec<u8>, start: usize) -> bool {
    let document = RawDoc::trusted(&out[start..]);
    let mut fields = document.iter();
    let fields = (fields.next(), fields.next(), fields.next());
    let (Some((first, scope)), Some((second, code)), None) = fields else {
        return false;
    };
    let (RawValue::Document(scope), RawValue::String(code)) = (scope, code) else {
        return false;
    };
    if first != "$scope" || second != "$code" {
        return false;
    }
    let mut bytes = Vec::new();
    RawValue::JavaScriptWithScope { code, scope }.write_to(&mut bytes);
    out.truncate(start);
    out.extend_from_slice(&bytes);
    true
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits = groups.concat();
    if lengths != [8, 4, 4, 4, 12] || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(u128::from_str_radix(&digits, 16).ok()?.to_be_bytes())
}
