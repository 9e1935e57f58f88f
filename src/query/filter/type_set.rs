//! Sets of BSON types: the operand of `$type`, and of `type` and `bsonType` in a schema
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/query/type/)).

use crate::bson::{ElementType, RawValue};
use crate::error::{Code, Error, Result};

/// The alias that stands for all numeric types.
pub(crate) const NUMBER: &str = "number";

const NUMERIC: [ElementType; 4] = [
    ElementType::Double,
    ElementType::Int32,
    ElementType::Int64,
    ElementType::Decimal128,
];

/// Types, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TypeSet(u32);

impl TypeSet {
    /// All numeric types.
    pub(crate) fn numeric() -> TypeSet {
        NUMERIC.into_iter().collect()
    }

    #[inline]
    pub(crate) fn contains(self, kind: ElementType) -> bool {
        self.0 & bit(kind) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The types, in the order of their numbers.
    pub(crate) fn types(self) -> impl Iterator<Item = ElementType> {
        (0..=u8::MAX)
            .filter_map(ElementType::from_byte)
            .filter(move |kind| self.contains(*kind))
    }

    /// Reads `$type`'s operand: an alias, a number, or an array of them.
    pub(super) fn parse(path: &str, operand: RawValue<'_>) -> Result<TypeSet> {
        let mut set = TypeSet::default();
        match operand {
            RawValue::Array(entries) => {
                for (_, entry) in entries {
                    set.0 |= parse_one(path, entry)?.0;
                }
            }
            one => set = parse_one(path, one)?,
        }
        if set.is_empty() {
            let message = format!("{path} must match at least one type");
            return Err(Error::query(Code::FAILED_TO_PARSE, message));
        }
        Ok(set)
    }

    /// The types that an alias stands for.
    pub(crate) fn of_alias(alias: &str) -> Option<TypeSet> {
        if alias == NUMBER {
            return Some(TypeSet::numeric());
        }
        let kinds = (0..=u8::MAX).filter_map(ElementType::from_byte);
        kinds
            .into_iter()
            .find(|kind| kind.name() == alias)
            .map(TypeSet::from)
    }
}

impl From<ElementType> for TypeSet {
    fn from(kind: ElementType) -> TypeSet {
        TypeSet(bit(kind))
    }
}

impl FromIterator<ElementType> for TypeSet {
    fn from_iter<I: IntoIterator<Item = ElementType>>(kinds: I) -> TypeSet {
        TypeSet(kinds.into_iter().fold(0, |set, kind| set | bit(kind)))
    }
}

/// Types have the numbers 1 to 19; the two that do not take the places around them.
#[inline]
fn bit(kind: ElementType) -> u32 {
    match kind {
        ElementType::MinKey => 1,
        ElementType::MaxKey => 1 << 20,
        kind => 1 << kind as u8,
    }
}

fn parse_one(path: &str, entry: RawValue<'_>) -> Result<TypeSet> {
    match entry {
        RawValue::String(alias) => TypeSet::of_alias(alias.as_str()).ok_or_else(|| {
            let message = format!("Unknown type name alias: {alias} ($type of '{path}')");
            Error::query(Code::BAD_VALUE, message)
        }),
        number if number.is_number() => {
            let code = number.as_integer();
            if code == Some(0) {
                let message = "Invalid numerical type code: 0. Instead use {$exists:false}.";
                return Err(Error::query(Code::BAD_VALUE, message));
            }
            let known = |kind: &ElementType| code == Some(kind.number().into());
            let mut kinds = (0..=u8::MAX).filter_map(ElementType::from_byte);
            kinds.find(known).map(TypeSet::from).ok_or_else(|| {
                let message = format!(
                    "Invalid numerical type code: {} ($type of '{path}')",
                    shown(number)
                );
                Error::query(Code::BAD_VALUE, message)
            })
        }
        other => {
            let message = format!(
                "type must be represented as a number or a string, found {} ($type of '{path}')",
                other.type_name()
            );
            Err(Error::query(Code::TYPE_MISMATCH, message))
        }
    }
}

fn shown(value: RawValue<'_>) -> String {
    crate::query::explain::shell_text(value)
}
