//! The type bytes of BSON and what MongoDB calls them.

/// The type of an element, as the byte in front of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum ElementType {
    Double = 0x01,
    String = 0x02,
    Document = 0x03,
    Array = 0x04,
    Binary = 0x05,
    Undefined = 0x06,
    ObjectId = 0x07,
    Boolean = 0x08,
    DateTime = 0x09,
    Null = 0x0a,
    Regex = 0x0b,
    DbPointer = 0x0c,
    JavaScript = 0x0d,
    Symbol = 0x0e,
    JavaScriptWithScope = 0x0f,
    Int32 = 0x10,
    Timestamp = 0x11,
    Int64 = 0x12,
    Decimal128 = 0x13,
    MaxKey = 0x7f,
    MinKey = 0xff,
}

impl ElementType {
    /// The type that a type byte stands for.
    pub const fn from_byte(byte: u8) -> Option<ElementType> {
        use ElementType::*;
        Some(match byte {
            0x01 => Double,
            0x02 => String,
            0x03 => Document,
            0x04 => Array,
            0x05 => Binary,
            0x06 => Undefined,
            0x07 => ObjectId,
            0x08 => Boolean,
            0x09 => DateTime,
            0x0a => Null,
            0x0b => Regex,
            0x0c => DbPointer,
            0x0d => JavaScript,
            0x0e => Symbol,
            0x0f => JavaScriptWithScope,
            0x10 => Int32,
            0x11 => Timestamp,
            0x12 => Int64,
            0x13 => Decimal128,
            0x7f => MaxKey,
            0xff => MinKey,
            _ => return None,
        })
    }

    /// The alias that MongoDB's `$type` and error messages use.
    pub const fn name(self) -> &'static str {
        match self {
            ElementType::Double => "double",
            ElementType::String => "string",
            ElementType::Document => "object",
            ElementType::Array => "array",
            ElementType::Binary => "binData",
            ElementType::Undefined => "undefined",
            ElementType::ObjectId => "objectId",
            ElementType::Boolean => "bool",
            ElementType::DateTime => "date",
            ElementType::Null => "null",
            ElementType::Regex => "regex",
            ElementType::DbPointer => "dbPointer",
            ElementType::JavaScript => "javascript",
            ElementType::Symbol => "symbol",
            ElementType::JavaScriptWithScope => "javascriptWithScope",
            ElementType::Int32 => "int",
            ElementType::Timestamp => "timestamp",
            ElementType::Int64 => "long",
            ElementType::Decimal128 => "decimal",
            ElementType::MaxKey => "maxKey",
            ElementType::MinKey => "minKey",
        }
    }

    /// The number that MongoDB's `$type` uses: the type byte, signed.
    pub const fn number(self) -> i32 {
        match self {
            ElementType::MinKey => -1,
            other => other as i32,
        }
    }
}

/// The length of the value that starts at `rest`, by its type byte; none if the bytes are too
/// short to tell, the length they claim does not fit, or the type is unknown. This is the one
/// place that knows how values are laid out.
#[inline]
pub(crate) fn value_len(kind: u8, rest: &[u8]) -> Option<usize> {
    let len = match kind {
        0x10 => 4,
        0x01 | 0x09 | 0x11 | 0x12 => 8,
        0x02 | 0x0d | 0x0e => length_at(rest)?.checked_add(4)?,
        0x03 | 0x04 | 0x0f => length_at(rest)?,
        0x07 => 12,
        0x08 => 1,
        0x06 | 0x0a | 0x7f | 0xff => 0,
        0x13 => 16,
        0x05 => length_at(rest)?.checked_add(5)?,
        0x0c => length_at(rest)?.checked_add(16)?,
        0x0b => {
            let pattern = nul_at(rest)?;
            let options = nul_at(rest.get(pattern + 1..)?)?;
            pattern + options + 2
        }
        _ => return None,
    };
    (len <= rest.len()).then_some(len)
}

#[inline]
pub(super) fn length_at(bytes: &[u8]) -> Option<usize> {
    let bytes = bytes.first_chunk::<4>()?;
    usize::try_from(i32::from_le_bytes(*bytes)).ok()
}

/// The index of the first NUL. Keys are short: eight bytes at a time beats a call to `memchr`.
#[inline]
pub(crate) fn nul_at(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let zeros = word.wrapping_sub(ONES) & !word & HIGHS;
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes
        .get(at..)?
        .iter()
        .position(|&byte| byte == 0)
        .map(|i| at + i)
}
