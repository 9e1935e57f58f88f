//! MongoDB's comparison order over all values of all types
//! ([manual](https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/)).
//!
//! Types are ordered first, with numbers as one type and strings and symbols as another; then
//! values within a type. It is a total order: NaN equals NaN and is the lowest number.
//!
//! Documents are compared without recursion, so no nesting overflows the stack.
//!
//! Strings compare by their bytes, or by the rules of a collation; what compares bytes is compiled
//! apart, so that it pays nothing for the other.

use std::cmp::Ordering;

use super::number::Number;
use super::{Collation, Elements, RawDoc, RawValue};

/// The place of a value's type in the order. Equal for types whose values compare with each other.
#[inline]
pub fn canonical_type(value: RawValue<'_>) -> u8 {
    match value {
        RawValue::MinKey => 0,
        RawValue::Undefined => 3,
        RawValue::Null => 5,
        RawValue::Int32(_) | RawValue::Int64(_) | RawValue::Double(_) | RawValue::Decimal128(_) => {
            10
        }
        RawValue::String(_) | RawValue::Symbol(_) => 15,
        RawValue::Document(_) => 20,
        RawValue::Array(_) => 25,
        RawValue::Binary { .. } => 30,
        RawValue::ObjectId(_) => 35,
        RawValue::Boolean(_) => 40,
        RawValue::DateTime(_) => 45,
        RawValue::Timestamp { .. } => 47,
        RawValue::Regex { .. } => 50,
        RawValue::DbPointer { .. } => 55,
        RawValue::JavaScript(_) => 60,
        RawValue::JavaScriptWithScope { .. } => 65,
        RawValue::MaxKey => 127,
    }
}

/// Compares two values of any types.
#[inline]
pub fn compare_values(a: RawValue<'_>, b: RawValue<'_>) -> Ordering {
    compare_by(&Bytes, a, b)
}

/// Compares two values of any types, the strings among them by the rules of a collation.
#[inline]
pub fn compare_values_in(
    collation: Option<&Collation>,
    a: RawValue<'_>,
    b: RawValue<'_>,
) -> Ordering {
    match collation {
        None => compare_by(&Bytes, a, b),
        Some(collation) => compare_by(collation, a, b),
    }
}

/// Compares two documents: field by field, by type, then name, then value; the shorter is less.
pub fn compare_documents(a: RawDoc<'_>, b: RawDoc<'_>) -> Ordering {
    compare_nested(&Bytes, Level::new(a, b, true))
}

/// How strings compare.
trait StringOrder {
    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering;
}

struct Bytes;

impl StringOrder for Bytes {
    #[inline]
    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        a.cmp(b)
    }
}

impl StringOrder for Collation {
    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        Collation::compare(self, a, b)
    }
}

#[inline]
fn compare_by(order: &impl StringOrder, a: RawValue<'_>, b: RawValue<'_>) -> Ordering {
    match compare_shallow(order, a, b) {
        Step::Decided(order) => order,
        Step::Descend(a, b, named) => compare_nested(order, Level::new(a, b, named)),
    }
}

/// Whether two values are equal in the order: `1` and `1.0` are, and so are NaN and NaN.
#[inline]
pub fn values_equal(a: RawValue<'_>, b: RawValue<'_>) -> bool {
    compare_values(a, b) == Ordering::Equal
}

enum Step<'a, 'b> {
    Decided(Ordering),
    /// All depends on these two documents; their names count if the flag is set.
    Descend(RawDoc<'a>, RawDoc<'b>, bool),
}

/// Compares two values up to the documents within them.
#[inline]
fn compare_shallow<'a, 'b>(
    strings: &impl StringOrder,
    a: RawValue<'a>,
    b: RawValue<'b>,
) -> Step<'a, 'b> {
    use RawValue::*;
    Step::Decided(match (a, b) {
        (String(a) | Symbol(a), String(b) | Symbol(b)) => {
            strings.compare(a.as_bytes(), b.as_bytes())
        }
        (JavaScript(a), JavaScript(b)) => a.cmp(&b),
        (Document(a), Document(b)) => return Step::Descend(a, b, true),
        (Array(a), Array(b)) => return Step::Descend(a, b, false),
        (
            Binary {
                subtype: s1,
                bytes: b1,
            },
            Binary {
                subtype: s2,
                bytes: b2,
            },
        ) => b1
            .len()
            .cmp(&b2.len())
            .then(s1.cmp(&s2))
            .then_with(|| b1.cmp(b2)),
        (ObjectId(a), ObjectId(b)) => a.cmp(&b),
        (Boolean(a), Boolean(b)) => a.cmp(&b),
        (DateTime(a), DateTime(b)) => a.cmp(&b),
        (
            Timestamp {
                time: t1,
                increment: i1,
            },
            Timestamp {
                time: t2,
                increment: i2,
            },
        ) => (t1, i1).cmp(&(t2, i2)),
        (
            Regex {
                pattern: p1,
                options: o1,
            },
            Regex {
                pattern: p2,
                options: o2,
            },
        ) => p1.cmp(&p2).then(o1.cmp(&o2)),
        (
            DbPointer {
                namespace: n1,
                id: i1,
            },
            DbPointer {
                namespace: n2,
                id: i2,
            },
        ) => n1.len().cmp(&n2.len()).then(n1.cmp(&n2)).then(i1.cmp(&i2)),
        (
            JavaScriptWithScope {
                code: c1,
                scope: s1,
            },
            JavaScriptWithScope {
                code: c2,
                scope: s2,
            },
        ) => match c1.cmp(&c2) {
            Ordering::Equal => return Step::Descend(s1, s2, true),
            order => order,
        },
        _ => match (Number::from_raw(a), Number::from_raw(b)) {
            (Some(a), Some(b)) => a.compare(b),
            _ => canonical_type(a).cmp(&canonical_type(b)),
        },
    })
}

/// Two documents of which the fields so far were equal.
struct Level<'a, 'b> {
    a: Elements<'a>,
    b: Elements<'b>,
    named: bool,
}

impl<'a, 'b> Level<'a, 'b> {
    fn new(a: RawDoc<'a>, b: RawDoc<'b>, named: bool) -> Level<'a, 'b> {
        Level {
            a: a.elements(),
            b: b.elements(),
            named,
        }
    }
}

fn compare_nested<'a, 'b>(strings: &impl StringOrder, outermost: Level<'a, 'b>) -> Ordering {
    let mut level = outermost;
    // Levels to return to; allocates only when documents nest.
    let mut outer: Vec<Level<'a, 'b>> = Vec::new();
    loop {
        let (a, b) = match (level.a.next(), level.b.next()) {
            (Some(a), Some(b)) => (a, b),
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (None, None) => match outer.pop() {
                Some(previous) => {
                    level = previous;
                    continue;
                }
                None => return Ordering::Equal,
            },
        };
        // Most fields that come before a difference are the same bytes. Documents are not tried:
        // their bytes would be compared once more at each level.
        if !a.is_nested() && a.as_bytes() == b.as_bytes() {
            continue;
        }
        let (key_a, key_b) = (a.key(), b.key());
        let (Some(a), Some(b)) = (a.value(), b.value()) else {
            return Ordering::Equal;
        };
        let mut order = canonical_type(a).cmp(&canonical_type(b));
        if level.named {
            order = order.then_with(|| key_a.cmp(&key_b));
        }
        if order != Ordering::Equal {
            return order;
        }
        match compare_shallow(strings, a, b) {
            Step::Decided(Ordering::Equal) => {}
            Step::Decided(order) => return order,
            Step::Descend(a, b, named) => {
                outer.push(std::mem::replace(&mut level, Level::new(a, b, named)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bson::{Decimal128, Document, Value, doc};

    fn decimal(text: &str) -> Value {
        Value::Decimal128(Decimal128::parse(text).unwrap())
    }

    fn regex(pattern: &str, options: &str) -> Value {
        Value::Regex {
            pattern: pattern.into(),
            options: options.into(),
        }
    }

    /// Groups of equal values, each group above the one before.
    fn ascending() -> Vec<Vec<Value>> {
        let scope = |code: &str, scope: Document| Value::JavaScriptWithScope {
            code: code.into(),
            scope,
        };
        let id = |last| crate::bson::ObjectId([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        let pointer = |namespace: &str| Value::DbPointer {
            namespace: namespace.into(),
            id: id(1),
        };
        let binary = |subtype, bytes: &[u8]| Value::Binary {
            subtype,
            bytes: bytes.into(),
        };
        let big = 1i64 << 53;
        vec![
            vec![Value::MinKey],
            vec![Value::Undefined],
            vec![Value::Null],
            vec![f64::NAN.into(), (-f64::NAN).into(), decimal("NaN")],
            vec![f64::NEG_INFINITY.into(), decimal("-Infinity")],
            vec![decimal("-1E+400")],
            vec![
                i64::MIN.into(),
                (i64::MIN as f64).into(),
                decimal("-9223372036854775808"),
            ],
            vec![
                (-1).into(),
                (-1i64).into(),
                (-1.0).into(),
                decimal("-1.0"),
                decimal("-10E-1"),
            ],
            vec![decimal("-1E-400")],
            vec![
                0.into(),
                0i64.into(),
                0.0.into(),
                (-0.0).into(),
                decimal("-0"),
                decimal("0E+3"),
            ],
            vec![decimal("1E-400")],
            vec![f64::MIN_POSITIVE.into()],
            vec![decimal("0.1")],
            // The double nearest to a tenth lies above it.
            vec![0.1.into()],
            vec![0.5.into(), decimal("0.50")],
            vec![1.into(), decimal("1.000000000000000000000000000000000")],
            vec![decimal("1.000000000000000000000000000000001")],
            vec![big.into(), (big as f64).into(), decimal("9007199254740992")],
            vec![(big + 1).into(), decimal("9007199254740993")],
            vec![(big + 2).into(), ((big + 2) as f64).into()],
            vec![i64::MAX.into(), decimal("9223372036854775807")],
            vec![(i64::MAX as f64).into(), decimal("9223372036854775808")],
            vec![f64::MAX.into()],
            vec![decimal("1E+400")],
            vec![f64::INFINITY.into(), decimal("Infinity")],
            vec!["".into(), Value::Symbol(String::new())],
            vec!["A".into()],
            vec!["a".into(), Value::Symbol("a".into())],
            vec!["a\0".into()],
            vec!["aa".into()],
            vec!["\u{e9}".into()],
            vec![doc! {}.into()],
            vec![doc! { "b": null }.into()],
            vec![doc! { "a": 1 }.into(), doc! { "a": 1.0 }.into()],
            vec![doc! { "a": 1, "b": 1 }.into()],
            vec![doc! { "a": 2 }.into()],
            // A field's name counts more than its value.
            vec![doc! { "b": 1 }.into()],
            // A field's type counts more than its name.
            vec![doc! { "a": "x" }.into()],
            vec![doc! { "a": { "b": 1 } }.into()],
            vec![doc! { "a": { "b": 2 } }.into()],
            vec![Value::Array(vec![])],
            vec![Value::Array(vec![Value::Null])],
            vec![Value::Array(vec![1.into(), 2.into()])],
            vec![
                Value::Array(vec![1.into(), 3.into()]),
                Value::Array(vec![1.0.into(), 3i64.into()]),
            ],
            vec![Value::Array(vec![2.into()])],
            vec![binary(0, &[9])],
            vec![binary(5, &[1])],
            vec![binary(0, &[0, 0])],
            vec![binary(0, &[0, 1])],
            vec![id(1).into()],
            vec![id(2).into()],
            vec![false.into()],
            vec![true.into()],
            vec![Value::DateTime(-1)],
            vec![Value::DateTime(0)],
            vec![Value::Timestamp {
                time: 1,
                increment: 2,
            }],
            vec![Value::Timestamp {
                time: 2,
                increment: 1,
            }],
            vec![Value::Timestamp {
                time: u32::MAX,
                increment: 1,
            }],
            vec![regex("a", "")],
            vec![regex("a", "i")],
            vec![regex("b", "")],
            vec![pointer("z")],
            vec![pointer("aa")],
            vec![Value::JavaScript("a".into())],
            vec![Value::JavaScript("b".into())],
            vec![scope("a", doc! { "x": 1 })],
            vec![scope("a", doc! { "x": 2 })],
            vec![scope("b", doc! {})],
            vec![Value::MaxKey],
        ]
    }

    #[test]
    fn the_order_is_total() {
        let groups = ascending();
        let values: Vec<_> = groups
            .iter()
            .enumerate()
            .flat_map(|(rank, group)| group.iter().map(move |value| (rank, value.to_raw())))
            .collect();
        for (rank_a, a) in &values {
            for (rank_b, b) in &values {
                let order = compare_values(a.as_raw(), b.as_raw());
                assert_eq!(order, rank_a.cmp(rank_b), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn documents_are_ordered_by_all_their_levels() {
        let cases = [
            (
                doc! { "a": { "b": [1, { "c": 1 }] }, "d": 1 },
                doc! { "a": { "b": [1, { "c": 1 }] }, "d": 2 },
            ),
            (
                doc! { "a": { "b": [1, { "c": 1 }] }, "d": 2 },
                doc! { "a": { "b": [1, { "c": 2 }] }, "d": 1 },
            ),
            (doc! { "a": [1] }, doc! { "a": [1, null] }),
            (doc! { "a": [1] }, doc! { "a": [1], "b": null }),
        ];
        for (less, greater) in cases {
            let (a, b) = (less.to_bytes(), greater.to_bytes());
            let (a, b) = (RawDoc::new(&a).unwrap(), RawDoc::new(&b).unwrap());
            assert_eq!(compare_documents(a, b), Ordering::Less, "{a:?} {b:?}");
            assert_eq!(compare_documents(b, a), Ordering::Greater);
            assert_eq!(compare_documents(a, a), Ordering::Equal);
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let mut bytes = RawDoc::EMPTY.as_bytes().to_vec();
        let levels = 100_000;
        let mut nested = Vec::with_capacity(levels * 8 + 5);
        for level in (1..=levels).rev() {
            nested.extend_from_slice(&(level as u32 * 8 + 5).to_le_bytes());
            nested.extend_from_slice(b"\x03a\0");
        }
        nested.append(&mut bytes);
        nested.resize(levels * 8 + 5, 0);
        let document = RawDoc::new(&nested).unwrap();
        assert_eq!(compare_documents(document, document), Ordering::Equal);
    }
}
