//! Which rules of a schema a value does not keep, in the form that MongoDB's validators report
//! ([manual](https://www.mongodb.com/docs/manual/core/schema-validation/specify-json-schema/)).
//!
//! Made only when a write is refused, so it tests again what the matching has tested before.

use super::Schema;
use super::equality::identity;
use super::rule::{Allowed, Dependency, Kind, Rule};
use crate::bson::{Document, RawDoc, RawValue, Value, doc};
use crate::error::Result;
use crate::query::regex::{GaveUp, gave_up};

impl Schema {
    /// `{operatorName: "$jsonSchema", title, description, schemaRulesNotSatisfied}`.
    pub(crate) fn mismatch(&self, document: RawDoc<'_>) -> Result<Document> {
        let mut out = doc! { "operatorName": "$jsonSchema" };
        self.annotate(&mut out)?;
        out.insert(
            "schemaRulesNotSatisfied",
            self.broken_rules(RawValue::Document(document))?,
        );
        Ok(out)
    }

    fn annotate(&self, out: &mut Document) -> Result<()> {
        for (name, text) in RawDoc::trusted(&self.annotations) {
            out.insert(name.as_str(), Value::from_raw(text)?);
        }
        Ok(())
    }

    fn keeps(&self, value: RawValue<'_>) -> Result<bool> {
        settled(self.value_matches(value))
    }

    fn broken_rules(&self, value: RawValue<'_>) -> Result<Vec<Value>> {
        let mut broken = Vec::new();
        for rule in &self.rules {
            if !settled(rule.holds(value))? {
                broken.extend(rule.mismatch(value)?.into_iter().map(Value::Document));
            }
        }
        Ok(broken)
    }
}

fn settled<T>(verdict: std::result::Result<T, GaveUp>) -> Result<T> {
    verdict.map_err(|GaveUp| gave_up(&[]))
}

impl Rule {
    /// What is wrong: one document, or one for each of two keywords that make a rule together.
    fn mismatch(&self, value: RawValue<'_>) -> Result<Vec<Document>> {
        if let Kind::OtherProperties { .. } = self.kind {
            let document = value.as_document().unwrap_or(RawDoc::EMPTY);
            return self.other_properties(document);
        }
        let specified = Document::from_raw(RawDoc::trusted(&self.specified))?;
        let keyword = specified
            .iter()
            .next()
            .map_or("", |(name, _)| name)
            .to_string();
        let mut out = doc! { "operatorName": (keyword.as_str()) };
        let considered = || Value::from_raw(value);
        let reason = match &self.kind {
            Kind::Types(_) => "type did not match",
            Kind::Enum(_) => "value was not found in enum",
            Kind::Limit { .. } => "comparison failed",
            Kind::MultipleOf(_) => "considered value is not a multiple of the specified value",
            Kind::Length(_) => "specified string length was not satisfied",
            Kind::Pattern(_) => "regular expression did not match",
            Kind::ItemCount(_) => "array did not match specified length",
            Kind::UniqueItems => "found a duplicate item",
            Kind::PropertyCount(_) => "specified number of properties was not satisfied",
            _ => {
                self.nested(value, &mut out)?;
                return Ok(vec![out]);
            }
        };
        out.insert("specifiedAs", specified);
        out.insert("reason", reason);
        match (&self.kind, value) {
            (Kind::PropertyCount(_), RawValue::Document(document)) => {
                out.insert("numberOfProperties", document.elements().count() as i32);
            }
            (Kind::Types(_), _) => {
                out.insert("consideredValue", considered()?);
                out.insert("consideredType", value.type_name());
            }
            (Kind::ItemCount(_), RawValue::Array(array)) => {
                out.insert("consideredValue", considered()?);
                out.insert("numberOfItems", array.elements().count() as i32);
            }
            (Kind::UniqueItems, RawValue::Array(array)) => {
                out.insert("consideredValue", considered()?);
                let mut seen = std::collections::HashSet::new();
                let mut items = array.iter().map(|(_, item)| item);
                if let Some(twice) = items.find(|item| !seen.insert(identity(*item))) {
                    out.insert("duplicatedValue", Value::from_raw(twice)?);
                }
            }
            _ => drop(out.insert("consideredValue", considered()?)),
        }
        Ok(vec![out])
    }

    /// The rules that have schemas within them.
    fn nested(&self, value: RawValue<'_>, out: &mut Document) -> Result<()> {
        let array = value.as_array().unwrap_or(RawDoc::EMPTY);
        let document = value.as_document().unwrap_or(RawDoc::EMPTY);
        let specified = || Document::from_raw(RawDoc::trusted(&self.specified));
        match &self.kind {
            Kind::Items(schema) => {
                let reason = "At least one item did not match the sub-schema";
                first_bad_item(schema, array, 0, reason, out)?;
            }
            Kind::AdditionalItems { from, schema } => match schema {
                Allowed::By(schema) => {
                    let reason = "At least one additional item did not match the sub-schema";
                    first_bad_item(schema, array, *from, reason, out)?;
                }
                _ => {
                    out.insert("specifiedAs", specified()?);
                    out.insert("reason", "found additional items");
                    let items = array
                        .iter()
                        .skip(*from)
                        .map(|(_, item)| Value::from_raw(item));
                    out.insert(
                        "additionalItems",
                        Value::Array(items.collect::<Result<_>>()?),
                    );
                }
            },
            Kind::ItemsInOrder(schemas) => {
                let mut details: Vec<Value> = Vec::new();
                for (index, (schema, (_, item))) in schemas.iter().zip(array).enumerate() {
                    if !schema.keeps(item)? {
                        let rules = schema.broken_rules(item)?;
                        details.push(doc! { "itemIndex": (index as i64), "details": rules }.into());
                    }
                }
                out.insert("details", details);
            }
            Kind::Required(names) => {
                out.insert("specifiedAs", specified()?);
                out.insert("missingProperties", missing(names, document));
            }
            Kind::Properties(properties) => {
                let mut broken: Vec<Value> = Vec::new();
                for (name, schema) in properties {
                    let Some(value) = document.get(name) else {
                        continue;
                    };
                    let rules = schema.broken_rules(value)?;
                    if !rules.is_empty() {
                        let mut one = doc! { "propertyName": (name.as_str()) };
                        schema.annotate(&mut one)?;
                        one.insert("details", rules);
                        broken.push(one.into());
                    }
                }
                out.insert("propertiesNotSatisfied", broken);
            }
            Kind::Dependencies(dependencies) => {
                let mut failing: Vec<Value> = Vec::new();
                for (name, dependency) in dependencies {
                    if document.get_element(name).is_none() {
                        continue;
                    }
                    let mut one = doc! { "conditionalProperty": (name.as_str()) };
                    let broken = match dependency {
                        Dependency::Properties(names) => {
                            let missing = missing(names, document);
                            let broken = !missing.is_empty();
                            one.insert("missingProperties", missing);
                            broken
                        }
                        Dependency::Schema(schema) => {
                            let rules = schema.broken_rules(value)?;
                            let broken = !rules.is_empty();
                            one.insert("details", rules);
                            broken
                        }
                    };
                    if broken {
                        failing.push(one.into());
                    }
                }
                out.insert("failingDependencies", failing);
            }
            Kind::AllOf(schemas) | Kind::AnyOf(schemas) | Kind::OneOf(schemas) => {
                alternatives(schemas, value, out)?;
            }
            _ => drop(out.insert("reason", "child expression matched")),
        }
        Ok(())
    }

    fn other_properties(&self, document: RawDoc<'_>) -> Result<Vec<Document>> {
        let Kind::OtherProperties {
            named,
            patterns,
            additional,
        } = &self.kind
        else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let mut others = Vec::new();
        for (name, value) in document {
            let mut is_additional = !named.contains(name.as_str());
            for pattern in patterns {
                is_additional &= !settled(pattern.names(name.as_str()))?;
            }
            if is_additional && !settled(additional.allows(value))? {
                others.push((name.as_str(), value));
            }
        }
        if let Some((name, value)) = others.first() {
            let mut one = doc! { "operatorName": "additionalProperties" };
            if let Allowed::By(schema) = additional {
                schema.annotate(&mut one)?;
                let reason = "at least one additional property did not match the subschema";
                one.insert("reason", reason);
                one.insert("failingProperty", *name);
                one.insert("details", schema.broken_rules(*value)?);
            } else {
                one.insert("specifiedAs", doc! { "additionalProperties": false });
                let names = others.iter().map(|(name, _)| Value::from(*name));
                one.insert("additionalProperties", names.collect::<Vec<_>>());
            }
            found.push(one);
        }
        let mut details: Vec<Value> = Vec::new();
        for pattern in patterns {
            // Of the properties that a pattern names the first bad one is shown.
            for (name, value) in document {
                if settled(pattern.names(name.as_str()))? && !pattern.schema.keeps(value)? {
                    let mut one = doc! { "propertyName": (name.as_str()) };
                    pattern.schema.annotate(&mut one)?;
                    one.insert("regexMatched", pattern.source.as_str());
                    one.insert("details", pattern.schema.broken_rules(value)?);
                    details.push(one.into());
                    break;
                }
            }
        }
        if !details.is_empty() {
            found.push(doc! { "operatorName": "patternProperties", "details": details });
        }
        Ok(found)
    }
}

fn missing(names: &[String], document: RawDoc<'_>) -> Vec<Value> {
    let absent = names
        .iter()
        .filter(|name| document.get_element(name.as_str()).is_none());
    absent.map(|name| Value::from(name.as_str())).collect()
}

fn first_bad_item(
    schema: &Schema,
    array: RawDoc<'_>,
    from: usize,
    reason: &str,
    out: &mut Document,
) -> Result<()> {
    schema.annotate(out)?;
    out.insert("reason", reason);
    for (index, (_, item)) in array.iter().enumerate().skip(from) {
        if !schema.keeps(item)? {
            out.insert("itemIndex", index as i64);
            out.insert("details", schema.broken_rules(item)?);
            break;
        }
    }
    Ok(())
}

/// `allOf`, `anyOf`, `oneOf`: the schemas that do not match, or that too many do.
fn alternatives(schemas: &[Schema], value: RawValue<'_>, out: &mut Document) -> Result<()> {
    let (mut matching, mut failing): (Vec<Value>, Vec<Value>) = Default::default();
    for (index, schema) in schemas.iter().enumerate() {
        if schema.keeps(value)? {
            matching.push(Value::Int32(index as i32));
            continue;
        }
        let mut one = doc! { "index": (index as i64) };
        schema.annotate(&mut one)?;
        one.insert("details", schema.broken_rules(value)?);
        failing.push(one.into());
    }
    let is_one_of = out.get("operatorName") == Some(&Value::from("oneOf"));
    if is_one_of && !matching.is_empty() {
        out.insert("reason", "more than one subschema matched");
        out.insert("matchingSchemaIndexes", matching);
    } else {
        out.insert("schemasNotSatisfied", failing);
    }
    Ok(())
}
