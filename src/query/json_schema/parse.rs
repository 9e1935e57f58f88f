//! From a schema's document to its rules; every refusal of a schema is here.

use std::collections::HashSet;

use super::Schema;
use super::equality::identity;
use super::rule::{Allowed, Count, Dependency, Kind, PatternSchema, Rule};
use crate::bson::number::Number;
use crate::bson::{Builder, ElementType, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::explain::shell_text;
use crate::query::filter::{Pattern, TypeSet};

/// Keywords of JSON Schema that MongoDB refuses.
const REFUSED: &[&str] = &[
    "$ref",
    "$schema",
    "default",
    "definitions",
    "format",
    "id",
    "encrypt",
    "encryptMetadata",
];

pub(super) fn schema(operand: RawValue<'_>) -> Result<Schema> {
    match operand {
        RawValue::Document(document) => schema_of(document),
        other => Err(mismatch(format!(
            "$jsonSchema must be an object, found {}",
            other.type_name()
        ))),
    }
}

fn schema_of(document: RawDoc<'_>) -> Result<Schema> {
    let mut rules = Vec::new();
    for (keyword, value) in document {
        let keyword = keyword.as_str();
        if let Some(kind) = kind(document, keyword, value)? {
            let mut specified = Vec::new();
            let mut builder = Builder::new(&mut specified);
            builder.append(keyword, value);
            if let Kind::Limit {
                is_exclusive: true, ..
            } = kind
            {
                let exclusive = exclusive_keyword(keyword);
                builder.append(exclusive, RawValue::Boolean(true));
            }
            builder.finish();
            rules.push(Rule {
                specified: specified.into(),
                kind,
            });
        }
    }
    if document.get("type").is_some() && document.get("bsonType").is_some() {
        let message = "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'";
        return Err(unparsable(message));
    }
    // An additional property is known by the others, whether they are written before or behind.
    if let Some(kind) = other_properties(document)? {
        let mut specified = Vec::new();
        let mut builder = Builder::new(&mut specified);
        for keyword in ["patternProperties", "additionalProperties"] {
            if let Some(value) = document.get(keyword) {
                builder.append(keyword, value);
            }
        }
        builder.finish();
        rules.push(Rule {
            specified: specified.into(),
            kind,
        });
    }
    let mut annotations = Vec::new();
    let mut builder = Builder::new(&mut annotations);
    for name in ["title", "description"] {
        if let Some(text) = document.get(name) {
            builder.append(name, text);
        }
    }
    builder.finish();
    Ok(Schema {
        rules,
        annotations: annotations.into(),
    })
}

/// The rule that a keyword makes; none for those that say something about another.
fn kind(document: RawDoc<'_>, keyword: &str, value: RawValue<'_>) -> Result<Option<Kind>> {
    Ok(Some(match keyword {
        "bsonType" => Kind::Types(types(keyword, value, bson_type)?),
        "type" => Kind::Types(types(keyword, value, json_type)?),
        "enum" => Kind::Enum(enumeration(value)?),
        "maximum" | "minimum" => {
            if !value.is_number() {
                return Err(wrong_type(keyword, "a number", value));
            }
            let exclusive = exclusive_keyword(keyword);
            let is_exclusive = match document.get(exclusive) {
                None => false,
                Some(RawValue::Boolean(is_exclusive)) => is_exclusive,
                Some(other) => return Err(wrong_type(exclusive, "a boolean", other)),
            };
            Kind::Limit {
                limit: value.into(),
                is_lower: keyword == "minimum",
                is_exclusive,
            }
        }
        "exclusiveMaximum" | "exclusiveMinimum" => {
            let limit = if keyword == "exclusiveMaximum" {
                "maximum"
            } else {
                "minimum"
            };
            if value.as_bool().is_none() {
                return Err(wrong_type(keyword, "a boolean", value));
            }
            if document.get(limit).is_none() {
                return Err(unparsable(format!(
                    "$jsonSchema keyword '{limit}' must be a present if {keyword} is present"
                )));
            }
            return Ok(None);
        }
        "multipleOf" => {
            let Some(number) = Number::from_raw(value) else {
                return Err(wrong_type(keyword, "a number", value));
            };
            let divisor = number.to_f64();
            if divisor.is_nan() || divisor <= 0.0 {
                return Err(unparsable(format!(
                    "$jsonSchema keyword 'multipleOf' must have a positive value, found {}",
                    shell_text(value)
                )));
            }
            Kind::MultipleOf(number.to_decimal())
        }
        "maxLength" => Kind::Length(Count::AtMost(count(keyword, value)?)),
        "minLength" => Kind::Length(Count::AtLeast(count(keyword, value)?)),
        "maxItems" => Kind::ItemCount(Count::AtMost(count(keyword, value)?)),
        "minItems" => Kind::ItemCount(Count::AtLeast(count(keyword, value)?)),
        "maxProperties" => Kind::PropertyCount(Count::AtMost(count(keyword, value)?)),
        "minProperties" => Kind::PropertyCount(Count::AtLeast(count(keyword, value)?)),
        "pattern" => match value {
            RawValue::String(source) => Kind::Pattern(Pattern::compile(source.as_str(), "")?),
            _ => return Err(wrong_type(keyword, "a string", value)),
        },
        "uniqueItems" => match value.as_bool() {
            Some(true) => Kind::UniqueItems,
            Some(false) => return Ok(None),
            None => return Err(wrong_type(keyword, "a boolean", value)),
        },
        "items" => match value {
            RawValue::Document(schema) => Kind::Items(Box::new(schema_of(schema)?)),
            RawValue::Array(_) => Kind::ItemsInOrder(schemas(keyword, value)?),
            _ => return Err(wrong_type(keyword, "an array or an object", value)),
        },
        "additionalItems" => {
            let schema = allowed(keyword, value)?;
            match document.get("items") {
                Some(RawValue::Array(items)) => Kind::AdditionalItems {
                    from: items.elements().count(),
                    schema,
                },
                // Without a list of items there are no others.
                _ => return Ok(None),
            }
        }
        "required" => Kind::Required(required(keyword, value)?),
        "properties" => Kind::Properties(properties(value)?),
        "patternProperties" | "additionalProperties" => return Ok(None),
        "dependencies" => Kind::Dependencies(dependencies(value)?),
        "allOf" => Kind::AllOf(some_schemas(keyword, value)?),
        "anyOf" => Kind::AnyOf(some_schemas(keyword, value)?),
        "oneOf" => Kind::OneOf(some_schemas(keyword, value)?),
        "not" => match value {
            RawValue::Document(schema) => Kind::Not(Box::new(schema_of(schema)?)),
            _ => return Err(wrong_type(keyword, "an object", value)),
        },
        "title" | "description" => match value {
            RawValue::String(_) => return Ok(None),
            _ => return Err(wrong_type(keyword, "a string", value)),
        },
        _ if REFUSED.contains(&keyword) => {
            return Err(unparsable(format!(
                "$jsonSchema keyword '{keyword}' is not currently supported"
            )));
        }
        _ => {
            return Err(unparsable(format!(
                "Unknown $jsonSchema keyword: {keyword}"
            )));
        }
    }))
}

fn exclusive_keyword(limit: &str) -> &'static str {
    match limit {
        "maximum" => "exclusiveMaximum",
        _ => "exclusiveMinimum",
    }
}

fn types(
    keyword: &str,
    value: RawValue<'_>,
    by_name: fn(&str) -> Result<Option<TypeSet>>,
) -> Result<TypeSet> {
    let needed = "either a string or an array of strings";
    let one = |name: RawValue<'_>| -> Result<TypeSet> {
        let Some(name) = name.as_str() else {
            return Err(wrong_type(keyword, needed, name));
        };
        by_name(name)?.ok_or_else(|| {
            let message = format!("Unknown type name alias: {name} (keyword '{keyword}')");
            Error::query(Code::BAD_VALUE, message)
        })
    };
    let RawValue::Array(names) = value else {
        return one(value);
    };
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for (_, name) in names {
        all.extend(one(name)?.types());
        if !seen.insert(name.as_str()) {
            return Err(unparsable(format!(
                "$jsonSchema keyword '{keyword}' has duplicate value: {}",
                shell_text(name)
            )));
        }
    }
    if all.is_empty() {
        return Err(unparsable(format!(
            "$jsonSchema keyword '{keyword}' must name at least one type"
        )));
    }
    Ok(all.into_iter().collect())
}

fn bson_type(name: &str) -> Result<Option<TypeSet>> {
    Ok(TypeSet::of_alias(name))
}

fn json_type(name: &str) -> Result<Option<TypeSet>> {
    Ok(Some(match name {
        "array" => ElementType::Array.into(),
        "boolean" => ElementType::Boolean.into(),
        "null" => ElementType::Null.into(),
        "object" => ElementType::Document.into(),
        "string" => ElementType::String.into(),
        "number" => TypeSet::numeric(),
        "integer" => {
            return Err(unparsable(
                "$jsonSchema type 'integer' is not currently supported.",
            ));
        }
        _ => return Ok(None),
    }))
}

fn enumeration(value: RawValue<'_>) -> Result<HashSet<Vec<u8>>> {
    let RawValue::Array(values) = value else {
        return Err(wrong_type("enum", "an array", value));
    };
    if values.is_empty() {
        return Err(unparsable(
            "$jsonSchema keyword 'enum' cannot be an empty array",
        ));
    }
    let mut identities = HashSet::new();
    for (_, value) in values {
        if !identities.insert(identity(value)) {
            return Err(unparsable(format!(
                "$jsonSchema keyword 'enum' array cannot contain duplicate values, found {} twice",
                shell_text(value)
            )));
        }
    }
    Ok(identities)
}

fn count(keyword: &str, value: RawValue<'_>) -> Result<u64> {
    let needed = match value.as_integer() {
        Some(count) if count >= 0 => return Ok(count as u64),
        Some(_) => "a non-negative number",
        None if value.is_number() => "an integer",
        None => "a number",
    };
    let found = shell_text(value);
    Err(unparsable(format!(
        "Expected {needed} in: {keyword}: {found} ($jsonSchema)"
    )))
}

fn allowed(keyword: &str, value: RawValue<'_>) -> Result<Allowed> {
    match value {
        RawValue::Boolean(true) => Ok(Allowed::Everything),
        RawValue::Boolean(false) => Ok(Allowed::Nothing),
        RawValue::Document(schema) => Ok(Allowed::By(Box::new(schema_of(schema)?))),
        _ => Err(wrong_type(keyword, "an object or a boolean", value)),
    }
}

fn schemas(keyword: &str, value: RawValue<'_>) -> Result<Vec<Schema>> {
    let RawValue::Array(list) = value else {
        return Err(wrong_type(keyword, "an array", value));
    };
    let one = |(_, schema): (_, RawValue<'_>)| match schema {
        RawValue::Document(schema) => schema_of(schema),
        other => Err(mismatch(format!(
            "$jsonSchema keyword '{keyword}' must be an array of objects, but found an element of \
             type {}",
            other.type_name()
        ))),
    };
    list.iter().map(one).collect()
}

fn some_schemas(keyword: &str, value: RawValue<'_>) -> Result<Vec<Schema>> {
    let schemas = schemas(keyword, value)?;
    if schemas.is_empty() {
        let message = format!("$jsonSchema keyword '{keyword}' must be a non-empty array");
        return Err(Error::query(Code::BAD_VALUE, message));
    }
    Ok(schemas)
}

/// A list of names without repetition, sorted.
fn required(keyword: &str, value: RawValue<'_>) -> Result<Vec<String>> {
    let RawValue::Array(list) = value else {
        return Err(wrong_type(keyword, "an array", value));
    };
    let mut names = Vec::new();
    for (_, name) in list {
        let Some(name) = name.as_str() else {
            return Err(mismatch(format!(
                "$jsonSchema keyword '{keyword}' must be an array of strings, but found an element \
                 of type: {}",
                name.type_name()
            )));
        };
        if names.iter().any(|other| other == name) {
            return Err(unparsable(format!(
                "$jsonSchema keyword '{keyword}' array cannot contain duplicate values: {name}"
            )));
        }
        names.push(name.to_string());
    }
    if names.is_empty() {
        return Err(unparsable(format!(
            "$jsonSchema keyword '{keyword}' cannot be an empty array"
        )));
    }
    names.sort();
    Ok(names)
}

fn properties(value: RawValue<'_>) -> Result<Vec<(String, Schema)>> {
    let RawValue::Document(list) = value else {
        return Err(wrong_type("properties", "an object", value));
    };
    let one = |(name, schema): (crate::bson::Text<'_>, RawValue<'_>)| match schema {
        RawValue::Document(schema) => Ok((name.to_string(), schema_of(schema)?)),
        _ => Err(mismatch(format!(
            "Nested schema for $jsonSchema property '{name}' must be an object"
        ))),
    };
    list.iter().map(one).collect()
}

fn other_properties(document: RawDoc<'_>) -> Result<Option<Kind>> {
    let patterns = document.get("patternProperties");
    let additional = document.get("additionalProperties");
    if patterns.is_none() && additional.is_none() {
        return Ok(None);
    }
    let names = document
        .get("properties")
        .and_then(|value| value.as_document());
    let names = names
        .into_iter()
        .flatten()
        .map(|(name, _)| name.to_string());
    Ok(Some(Kind::OtherProperties {
        named: names.collect(),
        patterns: patterns.map_or(Ok(Vec::new()), pattern_properties)?,
        additional: match additional {
            None => Allowed::Everything,
            Some(value) => allowed("additionalProperties", value)?,
        },
    }))
}

fn pattern_properties(value: RawValue<'_>) -> Result<Vec<PatternSchema>> {
    let RawValue::Document(list) = value else {
        return Err(wrong_type("patternProperties", "an object", value));
    };
    let one = |(source, schema): (crate::bson::Text<'_>, RawValue<'_>)| match schema {
        RawValue::Document(schema) => Ok(PatternSchema {
            source: source.to_string(),
            pattern: Pattern::compile(source.as_str(), "")?,
            schema: schema_of(schema)?,
        }),
        _ => Err(mismatch(format!(
            "$jsonSchema keyword 'patternProperties' has property '{source}' which is not an object"
        ))),
    };
    list.iter().map(one).collect()
}

fn dependencies(value: RawValue<'_>) -> Result<Vec<(String, Dependency)>> {
    let RawValue::Document(list) = value else {
        return Err(wrong_type("dependencies", "an object", value));
    };
    let mut all = Vec::new();
    for (name, dependency) in list {
        let dependency = match dependency {
            RawValue::Document(schema) => Dependency::Schema(schema_of(schema)?),
            RawValue::Array(_) => {
                Dependency::Properties(required(&format!("dependencies.{name}"), dependency)?)
            }
            RawValue::String(_) if name == "title" || name == "description" => continue,
            _ => {
                return Err(mismatch(format!(
                    "property '{name}' in $jsonSchema keyword 'dependencies' must be either an \
                     object or an array"
                )));
            }
        };
        all.push((name.to_string(), dependency));
    }
    Ok(all)
}

fn wrong_type(keyword: &str, needed: &str, found: RawValue<'_>) -> Error {
    mismatch(format!(
        "$jsonSchema keyword '{keyword}' must be {needed}, but found {}",
        found.type_name()
    ))
}

fn mismatch(message: impl Into<String>) -> Error {
    Error::query(Code::TYPE_MISMATCH, message)
}

fn unparsable(message: impl Into<String>) -> Error {
    Error::query(Code::FAILED_TO_PARSE, message)
}
