//! From a filter to the intervals of index keys that hold all it can select.
//!
//! Bounds may hold more than the filter selects, never less: the filter is checked again on each
//! document. They are built in ascending key order and turned to the index's direction at the end.
//!
//! Over an index in which some document has several keys (multikey), two predicates may be
//! satisfied by two different elements, so their bounds must not be intersected: one is chosen. The
//! conditions of an `$elemMatch` are about one element: if they are about the indexed value itself,
//! their bounds are intersected.

use super::filter::{
    Alternatives, Comparison, Conjunction, ElemMatch, FieldTest, Node, Operand, Predicate, TypeSet,
    may_hold_strings,
};
use crate::bson::{Collation, ElementType, Path, RawValue};
use crate::index::key;

/// A half-open range of encoded keys, compared as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The first key that belongs to it, or a beginning of keys.
    pub low: Vec<u8>,
    /// The first that does not.
    pub high: Vec<u8>,
}

impl Interval {
    /// Every key.
    pub fn everything() -> Interval {
        Interval {
            low: key::LOWEST.to_vec(),
            high: key::HIGHEST.to_vec(),
        }
    }

    /// Whether `key` belongs to it.
    pub fn contains(&self, key: &[u8]) -> bool {
        *self.low <= *key && *key < *self.high
    }
}

/// What bounds are made for: the field an index is on, and what its keys are like.
pub(super) struct Target<'p> {
    pub(super) path: &'p Path,
    /// What the index orders strings by.
    pub(super) collation: Option<&'p Collation>,
    /// Whether the filter compares strings by the same: if not, keys say nothing about strings.
    pub(super) same_collation: bool,
    pub(super) descending: bool,
    /// The index has this field only, so that its whole key is known where a value is.
    pub(super) single_field: bool,
    pub(super) multikey: bool,
    /// The length at which keys are cut.
    pub(super) key_limit: usize,
    /// Whether bounds keep their text for explain.
    pub(super) describe: bool,
    /// Within an `$elemMatch`, whether a component of the path to its array may be a position.
    pub(super) below_position: bool,
}

/// One end of a range: a boundary between ascending keys.
#[derive(Clone, Debug)]
struct End {
    key: Vec<u8>,
    /// Set by a value of the filter, not by the limits of a type.
    by_value: bool,
    label: String,
}

#[derive(Clone, Debug)]
struct Range {
    low: End,
    high: End,
    /// The key of one value.
    point: bool,
}

/// Ranges in ascending order that do not overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds(Vec<Range>);

/// How much of an index bounds leave, by their form alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    Nothing,
    Points(usize),
    Between,
    OneSided,
    Everything,
}

impl Bounds {
    pub(super) fn width(&self) -> Width {
        let points = self.0.iter().filter(|range| range.point).count();
        let both = |range: &Range| range.point || range.low.by_value && range.high.by_value;
        let neither = |range: &Range| !range.low.by_value && !range.high.by_value;
        match self.0.len() {
            0 => Width::Nothing,
            all if all == points => Width::Points(points),
            _ if self.0.iter().all(both) => Width::Between,
            1 if neither(&self.0[0]) && self.0[0].low.key == key::LOWEST => Width::Everything,
            _ => Width::OneSided,
        }
    }

    /// The whole index.
    pub(super) fn everything() -> Bounds {
        let end = |key: &[u8], label: &str| End {
            key: key.to_vec(),
            by_value: false,
            label: label.to_string(),
        };
        let (low, high) = (end(key::LOWEST, "[MinKey"), end(key::HIGHEST, "MaxKey]"));
        Bounds(vec![Range {
            low,
            high,
            point: false,
        }])
    }

    /// The intervals in the order of the index.
    pub(super) fn intervals(&self, target: &Target<'_>) -> Vec<Interval> {
        let mut intervals: Vec<_> = self.0.iter().map(|range| range.interval(target)).collect();
        if target.descending {
            intervals.reverse();
        }
        // Cutting long bounds may have made neighbours overlap.
        intervals.dedup_by(|next, previous| {
            let overlap = next.low < previous.high;
            if overlap && next.high > previous.high {
                previous.high.clone_from(&next.high);
            }
            overlap
        });
        intervals
    }

    /// The intervals as explain shows them, in the order of the index.
    pub(super) fn labels(&self, target: &Target<'_>) -> Vec<String> {
        let label = |range: &Range| {
            let (low, high) = (&range.low.label, &range.high.label);
            match target.descending {
                false => format!("{low}, {high}"),
                true => format!("{}, {}", flip(high), flip(low)),
            }
        };
        let mut labels: Vec<_> = self.0.iter().map(label).collect();
        if target.descending {
            labels.reverse();
        }
        labels
    }

    fn union(all: impl IntoIterator<Item = Bounds>) -> Bounds {
        let mut ranges: Vec<Range> = all.into_iter().flat_map(|bounds| bounds.0).collect();
        ranges.sort_by(|a, b| a.low.key.cmp(&b.low.key));
        ranges.dedup_by(|next, previous| {
            let overlap = next.low.key < previous.high.key;
            if overlap {
                previous.point &= next.point;
                if next.high.key > previous.high.key {
                    previous.high = next.high.clone();
                }
            }
            overlap
        });
        Bounds(ranges)
    }

    fn intersection(&self, other: &Bounds) -> Bounds {
        let (mut ranges, mut a, mut b) = (Vec::new(), 0, 0);
        while let (Some(left), Some(right)) = (self.0.get(a), other.0.get(b)) {
            let low = if left.low.key >= right.low.key {
                &left.low
            } else {
                &right.low
            };
            let high = if left.high.key <= right.high.key {
                &left.high
            } else {
                &right.high
            };
            if low.key < high.key {
                let (low, high) = (low.clone(), high.clone());
                ranges.push(Range {
                    low,
                    high,
                    point: left.point || right.point,
                });
            }
            if left.high.key <= right.high.key {
                a += 1;
            } else {
                b += 1;
            }
        }
        Bounds(ranges)
    }
}

impl Range {
    fn interval(&self, target: &Target<'_>) -> Interval {
        let limit = target.key_limit;
        if self.point && target.single_field {
            let mut low = self.low.key.clone();
            if target.descending {
                key::invert(&mut low);
            }
            key::cut(&mut low, limit);
            return Interval {
                high: key::after_prefix(&low),
                low,
            };
        }
        let low = key::comparable_prefix(&self.low.key, limit);
        let high = match key::comparable_prefix(&self.high.key, limit) {
            whole if whole.len() == self.high.key.len() => whole.to_vec(),
            prefix => key::after_prefix(prefix),
        };
        if !target.descending {
            return Interval {
                low: low.to_vec(),
                high,
            };
        }
        // What lies on one side of a boundary lies, inverted, on the other side of its inverse.
        let inverted = |boundary: &[u8]| {
            let mut inverted = boundary.to_vec();
            key::invert(&mut inverted);
            key::after_prefix(&inverted)
        };
        Interval {
            low: inverted(&high),
            high: inverted(low),
        }
    }
}

/// Turns `[5` into `5]` and back.
fn flip(label: &str) -> String {
    match label.as_bytes() {
        [b'[', ..] => format!("{}]", &label[1..]),
        [b'(', ..] => format!("{})", &label[1..]),
        [.., b']'] => format!("[{}", &label[..label.len() - 1]),
        [.., b')'] => format!("({}", &label[..label.len() - 1]),
        _ => label.to_string(),
    }
}

impl Target<'_> {
    /// The bounds that a filter sets; none if it says nothing that keys could answer.
    pub(super) fn bounds(&self, filter: &Conjunction) -> Option<Bounds> {
        let tests = filter.tests().filter_map(|test| self.of_test(test));
        let nodes = filter.rest().iter().filter_map(|node| self.of_node(node));
        let all = tests.chain(nodes);
        match self.multikey {
            false => all.reduce(|a, b| a.intersection(&b)),
            true => all.min_by_key(Bounds::width),
        }
    }

    fn of_node(&self, node: &Node) -> Option<Bounds> {
        match node {
            Node::All(all) => self.bounds(all),
            Node::Any(nodes) => {
                let all: Option<Vec<_>> = nodes.iter().map(|node| self.of_node(node)).collect();
                all.map(Bounds::union)
            }
            Node::Not(node) => match &**node {
                Node::All(all) if self.is_existence(all) => Some(self.point(RawValue::Null)),
                _ => None,
            },
            Node::Schema(_) | Node::Sample(_) | Node::Expression(_) => None,
        }
    }

    /// Whether `all` asks only whether the field exists. One that does not has the key null.
    fn is_existence(&self, all: &Conjunction) -> bool {
        let mut tests = all.tests();
        let test = tests
            .next()
            .filter(|_| tests.next().is_none() && all.rest().is_empty());
        let asks = |test: &FieldTest| {
            test.path == *self.path && matches!(test.predicate, Predicate::Exists)
        };
        test.is_some_and(asks) && !self.has_position()
    }

    /// Whether a component of the path may be an array index. Then a filter may find the field
    /// missing in an element while the index has the key of another, so null says nothing.
    fn has_position(&self) -> bool {
        self.below_position || has_position(self.path)
    }

    fn of_test(&self, test: &FieldTest) -> Option<Bounds> {
        if let Predicate::ElemMatch(conditions) = &test.predicate {
            return self.of_elem_match(&test.path, conditions);
        }
        if test.path != *self.path || test.predicate.matches_missing() && self.has_position() {
            return None;
        }
        match &test.predicate {
            Predicate::Equal(operand) if !self.knows(operand) => None,
            Predicate::Order(_, operand) if !self.knows(operand) => None,
            Predicate::In(alternatives) if !alternatives.values().iter().all(|v| self.knows(v)) => {
                None
            }
            Predicate::Equal(operand) => Some(self.equal(operand.value())),
            Predicate::Order(comparison, operand) => self.order(*comparison, operand),
            Predicate::In(alternatives) => Some(self.one_of(alternatives)),
            Predicate::Regex(pattern) => {
                Some(self.matching(&pattern.literal_prefix(), pattern.value()))
            }
            // An array as a whole has no key.
            Predicate::Type(types) if types.contains(ElementType::Array) => None,
            Predicate::Type(types) => Some(self.of_types(*types)),
            Predicate::Modulo(_) => Some(self.of_types(TypeSet::numeric())),
            Predicate::Bits(_) => {
                let binary = TypeSet::from(ElementType::Binary);
                let all = [TypeSet::numeric(), binary].map(|types| self.of_types(types));
                Some(Bounds::union(all))
            }
            Predicate::Exists | Predicate::Size(_) | Predicate::ElemMatch(_) => None,
        }
    }

    /// Whether the order of keys is that in which the filter compares values with the operand.
    fn knows(&self, operand: &Operand) -> bool {
        self.same_collation || !may_hold_strings(operand.value())
    }

    /// The bounds that one element must meet: the indexed value itself, or a document that holds it.
    fn of_elem_match(&self, path: &Path, conditions: &ElemMatch) -> Option<Bounds> {
        let below_position = self.below_position || has_position(path);
        match conditions {
            ElemMatch::Value(conditions) if path == self.path => Target {
                path: &Path::new(""),
                multikey: false,
                below_position,
                ..*self
            }
            .bounds(conditions),
            ElemMatch::Document(filter)
                if path.len() < self.path.len() && path.is_prefix_of(self.path) =>
            {
                let rest = self.path.after(path.len());
                // To the filter an element that is an array has its positions as fields; to the
                // index the same component picks an element of the outer array.
                if rest.index(0).is_some() {
                    return None;
                }
                Target {
                    path: &rest,
                    below_position,
                    ..*self
                }
                .bounds(filter)
            }
            _ => None,
        }
    }

    /// All values of some types.
    fn of_types(&self, types: TypeSet) -> Bounds {
        let bounds = types.types().map(|kind| {
            let (low, high) = key::type_range(kind);
            let (least, greatest) = type_limits(kind);
            let least = if least == "[-inf" { "[nan" } else { least };
            let end = |key, label: &str| End {
                key,
                by_value: false,
                label: self.label(|| label.to_string()),
            };
            Bounds(vec![Range {
                low: end(low, least),
                high: end(high, greatest),
                point: false,
            }])
        });
        Bounds::union(bounds)
    }

    /// An array is indexed by its elements, an array of arrays by whole arrays: an array to be
    /// equal to is found by its first element or as an element itself.
    fn equal(&self, value: RawValue<'_>) -> Bounds {
        let RawValue::Array(array) = value else {
            return self.point(value);
        };
        let first = array
            .iter()
            .next()
            .map_or(RawValue::Undefined, |(_, first)| first);
        Bounds::union([self.point(first), self.point(value)])
    }

    fn one_of(&self, alternatives: &Alternatives) -> Bounds {
        let values = alternatives
            .values()
            .iter()
            .map(|operand| self.equal(operand.value()));
        let patterns = alternatives.patterns().iter();
        let patterns = patterns.map(|p| self.matching(&p.literal_prefix(), p.value()));
        Bounds::union(values.chain(patterns))
    }

    /// Strings that start with a text, and the pattern itself as a value.
    fn matching(&self, prefix: &str, pattern: RawValue<'_>) -> Bounds {
        // What begins with the same letters need not be side by side under a collation.
        let prefix = if self.collation.is_some() { "" } else { prefix };
        let mut low = Vec::new();
        key::encode_string_prefix(&mut low, prefix.as_bytes());
        let high = key::after_prefix(&low);
        let by_value = !prefix.is_empty();
        let value = RawValue::String(prefix.into());
        let end_label = match by_value {
            // The least text above all that start with the prefix, as far as it can be written.
            true => format!("\"{}\")", next_text(prefix)),
            false => "{})".to_string(),
        };
        let low = End {
            key: low,
            by_value,
            label: self.label(|| format!("[{}", text(value))),
        };
        let high = End {
            key: high,
            by_value,
            label: self.label(|| end_label),
        };
        let strings = Bounds(vec![Range {
            low,
            high,
            point: false,
        }]);
        Bounds::union([strings, self.point(pattern)])
    }

    fn point(&self, value: RawValue<'_>) -> Bounds {
        let low = self.encode(value);
        let high = key::after_prefix(&low);
        let end = |key, label| End {
            key,
            by_value: true,
            label,
        };
        let low = end(low, self.label(|| format!("[{}", text(value))));
        let high = end(high, self.label(|| format!("{}]", text(value))));
        Bounds(vec![Range {
            low,
            high,
            point: true,
        }])
    }

    fn order(&self, comparison: Comparison, operand: &Operand) -> Option<Bounds> {
        let value = operand.value();
        let only_equal = || match comparison.is_inclusive() {
            true => Some(self.point(value)),
            false => Some(Bounds::default()),
        };
        let (low, high) = match value {
            // Arrays as wholes have no keys to be found by.
            RawValue::Array(_) => return None,
            RawValue::Null => return only_equal(),
            _ if operand.is_nan() => return only_equal(),
            // A whole array is above MinKey even if its only key is MinKey.
            RawValue::MinKey | RawValue::MaxKey if self.multikey => return None,
            RawValue::MinKey | RawValue::MaxKey => (key::LOWEST.to_vec(), key::HIGHEST.to_vec()),
            _ => key::type_bracket(value),
        };
        let (least, greatest) = type_limits(value.element_type());
        let type_end = |key, label: String| End {
            key,
            by_value: false,
            label,
        };
        let low = || type_end(low, self.label(|| least.to_string()));
        let high = || type_end(high, self.label(|| greatest.to_string()));
        let own = self.encode(value);
        let above = key::after_prefix(&own);
        let end = |key, label| End {
            key,
            by_value: true,
            label,
        };
        let (low, high) = match comparison {
            Comparison::Less => (low(), end(own, self.label(|| format!("{})", text(value))))),
            Comparison::LessOrEqual => (
                low(),
                end(above, self.label(|| format!("{}]", text(value)))),
            ),
            Comparison::Greater => (
                end(above, self.label(|| format!("({}", text(value)))),
                high(),
            ),
            Comparison::GreaterOrEqual => {
                (end(own, self.label(|| format!("[{}", text(value)))), high())
            }
        };
        let empty = low.key >= high.key;
        let range = Range {
            low,
            high,
            point: false,
        };
        Some(Bounds(if empty { Vec::new() } else { vec![range] }))
    }

    fn encode(&self, value: RawValue<'_>) -> Vec<u8> {
        let mut key = Vec::with_capacity(16);
        key::encode_value(&mut key, value, false, self.collation);
        key
    }

    fn label(&self, text: impl FnOnce() -> String) -> String {
        if self.describe { text() } else { String::new() }
    }
}

/// Whether a component may be an array index.
fn has_position(path: &Path) -> bool {
    (1..path.len()).any(|position| path.index(position).is_some())
}

/// The ends of a type as explain writes them.
fn type_limits(kind: ElementType) -> (&'static str, &'static str) {
    use ElementType::*;
    match kind {
        Int32 | Int64 | Double | Decimal128 => ("[-inf", "inf]"),
        String | Symbol => ("[\"\"", "{})"),
        Document => ("[{}", "[])"),
        Binary => ("[BinData(0, )", "ObjectId('000000000000000000000000'))"),
        ObjectId => (
            "[ObjectId('000000000000000000000000')",
            "ObjectId('ffffffffffffffffffffffff')]",
        ),
        Boolean => ("[false", "true]"),
        DateTime => (
            "[new Date(-9223372036854775808)",
            "new Date(9223372036854775807)]",
        ),
        Timestamp => ("[Timestamp(0, 0)", "Timestamp(4294967295, 4294967295)]"),
        MinKey | MaxKey => ("[MinKey", "MaxKey]"),
        Null => ("[null", "null]"),
        Undefined => ("[undefined", "undefined]"),
        _ => ("[least of its type", "greatest of its type]"),
    }
}

fn next_text(prefix: &str) -> String {
    let mut chars: Vec<char> = prefix.chars().collect();
    if let Some(last) = chars.pop() {
        chars.push(char::from_u32(last as u32 + 1).unwrap_or(char::MAX));
    }
    chars.into_iter().collect()
}

fn text(value: RawValue<'_>) -> String {
    super::explain::shell_text(value)
}
