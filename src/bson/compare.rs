//! MongoDB's comparison order over all values of all types
//! ([manual](https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/)).
//!
//! Types are ordered first, with numbers as one type and strings and symbols as another; then
//! values within a type. It is a total order: NaN equals NaN and is the lowest number.
//!
//! Documents are compared without recursion, so no nesting overflows the stack.

use std::cmp::Ordering;

use super::number::Number;
use super::{Elements, RawDoc, RawValue};

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
    match compare_shallow(a, b) {
        Step::Decided(order) => order,
        Step::Descend(a, b, named) => compare_nested(Level::new(a, b, named)),
    }
}

/// Compares two documents: field by field, by type, then name, then value; the shorter is less.
pub fn compare_documents(a: RawDoc<'_>, b: RawDoc<'_>) -> Ordering {
    compare_nested(Level::new(a, b, true))
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
fn compare_shallow<'a, 'b>(a: RawValue<'a>, b: RawValue<'b>) -> Step<'a, 'b> {
    use RawValue::*;
    Step::Decided(match (a, b) {
        (String(a) | Symbol(a), String(b) | Symbol(b)) => a.cmp(&b),
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

fn compare_nested<'a, 'b>(outermost: Level<'a, 'b>) -> Ordering {
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
        match compare_shallow(a, b) {
            Step::Decided(Ordering::Equal) => {}
            Step::Decided(order) => return order,
            Step::Descend(a, b, named) => {
                outer.push(std::mem::replace(&mut level, Level::new(a, b, named)));
            }
        }
    }
}
