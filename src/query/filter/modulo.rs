//! `$mod`: numbers that leave a given rest when divided
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/query/mod/)).
//!
//! All three numbers are cut to integers toward zero. A number that has no 64-bit integer (NaN,
//! infinity, too large) matches nothing as a value and is refused as an operand.

use crate::bson::RawValue;
use crate::bson::number::Number;
use crate::error::{Code, Error, Result};

/// Divisor and remainder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Modulo {
    divisor: i64,
    remainder: i64,
}

impl Modulo {
    /// Reads `[divisor, remainder]`.
    pub(super) fn parse(path: &str, operand: RawValue<'_>) -> Result<Modulo> {
        let RawValue::Array(entries) = operand else {
            return Err(malformed(path, "needs to be an array"));
        };
        let mut entries = entries.iter().map(|(_, value)| value);
        let (Some(divisor), Some(remainder)) = (entries.next(), entries.next()) else {
            return Err(malformed(path, "not enough elements"));
        };
        let divisor = integer(path, "divisor", divisor)?;
        let remainder = integer(path, "remainder", remainder)?;
        if entries.next().is_some() {
            return Err(malformed(path, "too many elements"));
        }
        if divisor == 0 {
            let message = format!("divisor cannot be 0 ($mod of '{path}')");
            return Err(Error::query(Code::BAD_VALUE, message));
        }
        Ok(Modulo { divisor, remainder })
    }

    pub(super) fn matches(self, value: RawValue<'_>) -> bool {
        let dividend = Number::from_raw(value).and_then(Number::truncated);
        // i64::MIN % -1 is 0 in mathematics and overflows in hardware.
        dividend.is_some_and(|dividend| dividend.wrapping_rem(self.divisor) == self.remainder)
    }
}

fn integer(path: &str, role: &str, value: RawValue<'_>) -> Result<i64> {
    let Some(number) = Number::from_raw(value) else {
        return Err(malformed(path, &format!("{role} not a number")));
    };
    number.truncated().ok_or_else(|| {
        let shown = crate::query::explain::shell_text(value);
        malformed(
            path,
            &format!("{role} value is invalid: {shown} is no 64-bit integer"),
        )
    })
}

fn malformed(path: &str, reason: &str) -> Error {
    Error::query(
        Code::BAD_VALUE,
        format!("malformed mod, {reason} ($mod of '{path}')"),
    )
}
