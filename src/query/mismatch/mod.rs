//! Why a document does not match a filter, in the form that MongoDB's validators report
//! ([manual](https://www.mongodb.com/docs/manual/core/schema-validation/specify-query-expression-rules/)).
//!
//! Made only when a write is refused: it reads the filter as it was written, clause by clause, and
//! tests each clause again. Below a negation it tells what did match (`inverted`).
//!
//! - `clause` takes a filter apart
//! - `considered` finds the values that a clause looked at

mod clause;
mod considered;
#[cfg(test)]
mod tests;

use crate::bson::{Document, ElementType, RawDoc, RawValue, Value, doc};
use crate::error::Result;
use crate::query::filter::TypeSet;
use crate::query::{Context, Filter};
use clause::{Clause, Kind, Leaf};

/// What of `filter` the document does not satisfy: `{operatorName, ...}`.
pub fn explain(filter: &Filter, document: RawDoc<'_>, context: &Context) -> Result<Document> {
    let clause = Clause::of_filter(filter.source(), context)?;
    let explainer = Explainer { document };
    explainer.explain(&clause, false)
}

struct Explainer<'d> {
    document: RawDoc<'d>,
}

impl Explainer<'_> {
    /// Whether a clause has something to tell: that it failed, or inverted that it matched.
    fn tells(&self, clause: &Clause<'_>, inverted: bool) -> Result<bool> {
        Ok(clause.filter.matches(self.document)? == inverted)
    }

    fn explain(&self, clause: &Clause<'_>, inverted: bool) -> Result<Document> {
        match &clause.kind {
            Kind::List { operator, clauses } => {
                // What is negated tells of its parts what did match.
                let inverted = inverted != (*operator == "$nor");
                let name = match inverted {
                    true => "clausesSatisfied",
                    false => "clausesNotSatisfied",
                };
                let mut told: Vec<Value> = Vec::new();
                for (index, clause) in clauses.iter().enumerate() {
                    if self.tells(clause, inverted)? {
                        let details = self.explain(clause, inverted)?;
                        told.push(doc! { "index": (index as i64), "details": details }.into());
                    }
                }
                Ok(doc! { "operatorName": (*operator), name: told })
            }
            Kind::Not(inner) => {
                let details = self.explain(inner, !inverted)?;
                Ok(doc! { "operatorName": "$not", "details": details })
            }
            Kind::Schema(schema) if !inverted => schema.mismatch(self.document),
            Kind::Schema(_) => {
                Ok(doc! { "operatorName": "$jsonSchema", "reason": "schema matched" })
            }
            Kind::Leaf(leaf) => self.leaf(leaf, inverted),
        }
    }

    fn leaf(&self, leaf: &Leaf<'_>, inverted: bool) -> Result<Document> {
        let mut out = doc! {
            "operatorName": (leaf.operator), "specifiedAs": (leaf.specified.clone()),
        };
        // These are negations themselves.
        let inverted = inverted != leaf.is_negation;
        let rules = Rules::of(leaf.operator);
        let Some(path) = &leaf.path else {
            out.insert("reason", rules.reason(inverted));
            return Ok(out);
        };
        if leaf.operator == "$exists" {
            out.insert("reason", rules.reason(inverted));
            return Ok(out);
        }
        let considered = considered::values(self.document, path, rules.looks_into_arrays);
        let Some(considered) = considered else {
            out.insert("reason", "field was missing");
            return Ok(out);
        };
        let fits = |value: &RawValue<'_>| rules.expected.contains(value.element_type());
        let wrong_type = !rules.expected.is_empty() && !considered.values.iter().any(fits);
        if wrong_type {
            out.insert("reason", "type did not match");
            considered.write_types(&mut out);
            let expected: Vec<_> = rules.expected.types().map(ElementType::name).collect();
            write_one_or_all(&mut out, "expectedType", "expectedTypes", &expected);
        } else {
            out.insert("reason", rules.reason(inverted));
        }
        considered.write_values(&mut out)?;
        if leaf.operator == "$type" {
            considered.write_types(&mut out);
        }
        Ok(out)
    }
}

/// A list of names: as one if there is one, else as an array.
fn write_one_or_all(out: &mut Document, one: &str, all: &str, names: &[&str]) {
    match names {
        [name] => drop(out.insert(one, *name)),
        names => {
            let names: Vec<Value> = names.iter().map(|name| Value::from(*name)).collect();
            out.insert(all, names);
        }
    }
}

/// What an operator's report says.
struct Rules {
    failed: &'static str,
    matched: &'static str,
    looks_into_arrays: bool,
    /// The only types that it matches; empty if any.
    expected: TypeSet,
}

impl Rules {
    fn of(operator: &str) -> Rules {
        let any = TypeSet::default();
        let numbers = TypeSet::numeric();
        let (failed, matched, looks_into_arrays, expected) = match operator {
            "$in" | "$nin" => (
                "no matching value found in array",
                "matching value found in array",
                true,
                any,
            ),
            "$exists" => ("path does not exist", "path does exist", true, any),
            "$type" => ("type did not match", "type did match", true, any),
            "$regex" => {
                let texts = [ElementType::String, ElementType::Symbol, ElementType::Regex];
                let (failed, matched) = (
                    "regular expression did not match",
                    "regular expression did match",
                );
                (failed, matched, true, texts.into_iter().collect())
            }
            "$mod" => (
                "$mod did not evaluate to expected remainder",
                "$mod did evaluate to expected remainder",
                true,
                numbers,
            ),
            "$size" => (
                "array length was not equal to given size",
                "array length was equal to given size",
                false,
                ElementType::Array.into(),
            ),
            "$all" => (
                "array did not contain all specified values",
                "array did contain all specified values",
                false,
                any,
            ),
            "$elemMatch" => (
                "array did not satisfy the child predicate",
                "array did satisfy the child predicate",
                false,
                ElementType::Array.into(),
            ),
            "$bitsAllSet" | "$bitsAllClear" | "$bitsAnySet" | "$bitsAnyClear" => {
                let bits = numbers.types().chain([ElementType::Binary]).collect();
                let (failed, matched) = (
                    "bitwise operator failed to match",
                    "bitwise operator matched successfully",
                );
                (failed, matched, true, bits)
            }
            "$expr" | "$sampleRate" => (
                "expression did not match",
                "expression did match",
                true,
                any,
            ),
            "$alwaysTrue" | "$alwaysFalse" => (
                "expression always evaluates to false",
                "expression always evaluates to true",
                true,
                any,
            ),
            _ => ("comparison failed", "comparison succeeded", true, any),
        };
        Rules {
            failed,
            matched,
            looks_into_arrays,
            expected,
        }
    }

    fn reason(&self, inverted: bool) -> &'static str {
        if inverted { self.matched } else { self.failed }
    }
}
