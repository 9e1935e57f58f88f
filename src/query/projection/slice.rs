//! `$slice`: the part of an array that is kept, counted from its beginning or its end
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/projection/slice/)).

use crate::bson::number::Number;
use crate::bson::{Builder, RawDoc, RawValue};
use crate::error::{Code, Error, Result};

/// `{ $slice: count }` or `{ $slice: [skip, limit] }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    /// Below zero: counted from the end. None: `limit` alone was given, and may be below zero.
    skip: Option<i64>,
    limit: i64,
}

impl Slice {
    pub(super) fn compile(value: RawValue<'_>) -> Result<Slice> {
        if let Some(limit) = count(value) {
            return Ok(Slice { skip: None, limit });
        }
        let RawValue::Array(array) = value else {
            let message = "$slice only supports numbers and [skip, limit] arrays";
            return Err(Error::query(Code(31273), message));
        };
        let mut values = array.iter().map(|(_, value)| value);
        let (Some(skip), Some(limit), None) = (values.next(), values.next(), values.next()) else {
            let message = "$slice array argument should be of form [skip, limit]";
            return Err(Error::query(Code(31272), message));
        };
        let number = |value: RawValue<'_>, code, what| {
            count(value).ok_or_else(|| {
                let found = value.type_name();
                let message =
                    format!("$slice expects the {what} argument to be a number, got {found}");
                Error::query(Code(code), message)
            })
        };
        let skip = number(skip, 31257, "skip")?;
        let limit = number(limit, 31258, "limit")?;
        if limit <= 0 {
            let message = format!("$slice limit must be positive, got {limit}");
            return Err(Error::query(Code(31259), message));
        }
        Ok(Slice {
            skip: Some(skip),
            limit,
        })
    }

    /// Appends the elements that are kept.
    pub(super) fn write(self, array: RawDoc<'_>, builder: &mut Builder<'_>) {
        let (start, count) = self.range(array);
        for (_, value) in array.iter().skip(start).take(count) {
            builder.push(value);
        }
    }

    /// The first element kept and how many there are; an array's end is looked for only by those who count from it.
    fn range(self, array: RawDoc<'_>) -> (usize, usize) {
        let from_end = |back: i64| (array.elements().count() as i64 + back).max(0) as usize;
        let limit = self.limit.max(0) as usize;
        match self.skip {
            None if self.limit < 0 => (from_end(self.limit), usize::MAX),
            None => (0, limit),
            Some(skip) if skip < 0 => (from_end(skip), limit),
            Some(skip) => (skip as usize, limit),
        }
    }
}

/// A number cut to a 32-bit integer, as the server reads it.
fn count(value: RawValue<'_>) -> Option<i64> {
    let number = Number::from_raw(value)?;
    // NaN becomes 0, and what is out of range the limit next to it.
    Some(i64::from(number.to_f64() as i32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Document, Value, doc};

    fn compile(argument: Value) -> Result<Slice> {
        Slice::compile(argument.to_raw().as_raw())
    }

    fn numbers(numbers: &[i32]) -> Value {
        Value::Array(numbers.iter().map(|n| Value::Int32(*n)).collect())
    }

    #[test]
    fn counts_from_both_ends() {
        let array = doc! { "0": 1, "1": 2, "2": 3, "3": 4 }.to_bytes();
        let cases: [(Value, &[i32]); 14] = [
            (Value::Int32(2), &[1, 2]),
            (Value::Int32(9), &[1, 2, 3, 4]),
            (Value::Int32(0), &[]),
            (Value::Int32(-3), &[2, 3, 4]),
            (Value::Int32(-9), &[1, 2, 3, 4]),
            (Value::Double(1.9), &[1]),
            (Value::Double(f64::NAN), &[]),
            (Value::Int64(i64::MIN), &[1, 2, 3, 4]),
            (numbers(&[1, 2]), &[2, 3]),
            (numbers(&[9, 2]), &[]),
            (numbers(&[3, 9]), &[4]),
            (numbers(&[-3, 2]), &[2, 3]),
            (numbers(&[-9, 2]), &[1, 2]),
            (numbers(&[-1, i32::MAX]), &[4]),
        ];
        for (argument, expected) in cases {
            let slice = compile(argument.clone()).unwrap();
            let mut out = Vec::new();
            slice.write(RawDoc::trusted(&array), &mut Builder::new(&mut out));
            let found = Document::from_raw(RawDoc::new(&out).unwrap()).unwrap();
            let found: Vec<Value> = found.iter().map(|(_, value)| value.clone()).collect();
            assert_eq!(Value::Array(found), numbers(expected), "{argument:?}");
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        let cases = [
            (Value::String("1".into()), 31273),
            (numbers(&[1]), 31272),
            (numbers(&[1, 2, 3]), 31272),
            (Value::Array(vec![Value::Null, Value::Int32(1)]), 31257),
            (Value::Array(vec![Value::Int32(1), Value::Null]), 31258),
            (numbers(&[1, 0]), 31259),
            (numbers(&[1, -1]), 31259),
        ];
        for (argument, code) in cases {
            assert_eq!(
                compile(argument.clone()).unwrap_err().code(),
                Code(code),
                "{argument:?}"
            );
        }
    }
}
