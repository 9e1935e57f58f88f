//! The rules of a schema: one keyword each, and whether a value keeps it.

use std::collections::HashSet;

use super::Schema;
use super::equality::identity;
use crate::bson::compare::compare_values;
use crate::bson::number::Number;
use crate::bson::{Decimal128, RawDoc, RawValue, RawValueBuf};
use crate::query::filter::{Pattern, TypeSet};
use crate::query::regex::Verdict;

/// A keyword with its value.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// The keyword's name and value as they were written, a document of its own.
    pub(super) specified: Box<[u8]>,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// `type`, `bsonType`.
    Types(TypeSet),
    /// The identities of the values allowed.
    Enum(HashSet<Vec<u8>>),
    Limit {
        limit: RawValueBuf,
        is_lower: bool,
        is_exclusive: bool,
    },
    MultipleOf(Decimal128),
    /// `minLength`, `maxLength`, in characters.
    Length(Count),
    Pattern(Pattern),
    /// A schema for every item.
    Items(Box<Schema>),
    /// A schema for each of the first items.
    ItemsInOrder(Vec<Schema>),
    AdditionalItems {
        from: usize,
        schema: Allowed,
    },
    ItemCount(Count),
    UniqueItems,
    Required(Vec<String>),
    Properties(Vec<(String, Schema)>),
    /// `patternProperties` and `additionalProperties`, which depend on each other.
    OtherProperties {
        named: HashSet<String>,
        patterns: Vec<PatternSchema>,
        additional: Allowed,
    },
    PropertyCount(Count),
    Dependencies(Vec<(String, Dependency)>),
    AllOf(Vec<Schema>),
    AnyOf(Vec<Schema>),
    OneOf(Vec<Schema>),
    Not(Box<Schema>),
}

/// A number of things that is a least or a greatest one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    AtLeast(u64),
    AtMost(u64),
}

impl Count {
    fn allows(self, count: usize) -> bool {
        match self {
            Count::AtLeast(least) => count as u64 >= least,
            Count::AtMost(most) => count as u64 <= most,
        }
    }
}

/// What the keywords for additional things say.
#[derive(Clone, Debug)]
pub(super) enum Allowed {
    Everything,
    Nothing,
    By(Box<Schema>),
}

impl Allowed {
    pub(super) fn allows(&self, value: RawValue<'_>) -> Verdict {
        match self {
            Allowed::Everything => Ok(true),
            Allowed::Nothing => Ok(false),
            Allowed::By(schema) => schema.value_matches(value),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct PatternSchema {
    pub(super) source: String,
    pub(super) pattern: Pattern,
    pub(super) schema: Schema,
}

impl PatternSchema {
    pub(super) fn names(&self, property: &str) -> Verdict {
        self.pattern.matches(RawValue::from(property))
    }
}

/// What a property asks for when it is there.
#[derive(Clone, Debug)]
pub(super) enum Dependency {
    Properties(Vec<String>),
    Schema(Schema),
}

impl Rule {
    /// Whether the value keeps the rule: it does where the rule is about another type.
    pub(super) fn holds(&self, value: RawValue<'_>) -> Verdict {
        Ok(match (&self.kind, value) {
            (Kind::Types(types), _) => types.contains(value.element_type()),
            (Kind::Enum(allowed), _) => allowed.contains(&identity(value)),
            (Kind::AllOf(schemas), _) => return all(schemas, |schema| schema.value_matches(value)),
            (Kind::AnyOf(schemas), _) => count_matching(schemas, value)? > 0,
            (Kind::OneOf(schemas), _) => count_matching(schemas, value)? == 1,
            (Kind::Not(schema), _) => !schema.value_matches(value)?,
            (Kind::Length(count), RawValue::String(text)) => {
                count.allows(text.as_str().chars().count())
            }
            (Kind::Pattern(pattern), RawValue::String(_)) => return pattern.matches(value),
            (_, RawValue::Array(array)) => return self.holds_for_array(array),
            (_, RawValue::Document(document)) => return self.holds_for_document(document),
            (_, value) => match Number::from_raw(value) {
                Some(number) => self.holds_for_number(value, number),
                None => true,
            },
        })
    }

    fn holds_for_number(&self, value: RawValue<'_>, number: Number) -> bool {
        match &self.kind {
            Kind::Limit {
                limit,
                is_lower,
                is_exclusive,
            } => {
                let limit = limit.as_raw();
                let is_nan = |value| Number::from_raw(value).is_some_and(|n| n.to_f64().is_nan());
                if is_nan(value) || is_nan(limit) {
                    return is_nan(value) && is_nan(limit) && !is_exclusive;
                }
                let order = compare_values(value, limit);
                match is_lower {
                    true => order.is_gt() || order.is_eq() && !is_exclusive,
                    false => order.is_lt() || order.is_eq() && !is_exclusive,
                }
            }
            Kind::MultipleOf(divisor) => number.to_decimal().remainder(*divisor).is_zero(),
            _ => true,
        }
    }

    fn holds_for_array(&self, array: RawDoc<'_>) -> Verdict {
        let mut items = array.iter().map(|(_, item)| item);
        Ok(match &self.kind {
            Kind::Items(schema) => return all(items, |item| schema.value_matches(item)),
            Kind::ItemsInOrder(schemas) => {
                return all(schemas.iter().zip(items), |(schema, item)| {
                    schema.value_matches(item)
                });
            }
            Kind::AdditionalItems { from, schema } => {
                return all(items.skip(*from), |item| schema.allows(item));
            }
            Kind::ItemCount(count) => count.allows(array.elements().count()),
            Kind::UniqueItems => {
                let mut seen = HashSet::new();
                items.all(|item| seen.insert(identity(item)))
            }
            _ => true,
        })
    }

    fn holds_for_document(&self, document: RawDoc<'_>) -> Verdict {
        let has = |name: &String| document.get_element(name).is_some();
        Ok(match &self.kind {
            Kind::Required(names) => names.iter().all(has),
            Kind::Properties(properties) => {
                return all(properties, |(name, schema)| match document.get(name) {
                    Some(value) => schema.value_matches(value),
                    None => Ok(true),
                });
            }
            Kind::OtherProperties {
                named,
                patterns,
                additional,
            } => {
                return all(document, |(name, value)| {
                    let name = name.as_str();
                    let mut is_additional = !named.contains(name);
                    for pattern in patterns {
                        if pattern.names(name)? {
                            is_additional = false;
                            if !pattern.schema.value_matches(value)? {
                                return Ok(false);
                            }
                        }
                    }
                    Ok(!is_additional || additional.allows(value)?)
                });
            }
            Kind::PropertyCount(count) => count.allows(document.elements().count()),
            Kind::Dependencies(dependencies) => {
                return all(dependencies, |(name, dependency)| match dependency {
                    _ if !has(name) => Ok(true),
                    Dependency::Properties(names) => Ok(names.iter().all(has)),
                    Dependency::Schema(schema) => schema.matches(document),
                });
            }
            _ => true,
        })
    }
}

fn all<T>(items: impl IntoIterator<Item = T>, mut test: impl FnMut(T) -> Verdict) -> Verdict {
    for item in items {
        if !test(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn count_matching(
    schemas: &[Schema],
    value: RawValue<'_>,
) -> std::result::Result<usize, crate::query::regex::GaveUp> {
    let mut count = 0;
    for schema in schemas {
        count += usize::from(schema.value_matches(value)?);
    }
    Ok(count)
}
