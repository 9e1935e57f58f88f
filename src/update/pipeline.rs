//! Updates with a pipeline: `[{ $set: { total: { $sum: "$scores" } } }, { $unset: "scores" }]`
//! ([manual](https://www.mongodb.com/docs/manual/tutorial/update-documents-with-aggregation-pipeline/)).
//!
//! A document goes through the stages, and what comes out takes its place. `_id` stays: a pipeline may
//! leave it out or give the same, but not another. A document that comes out as it went in is not
//! modified.

use super::upsert::{required_document, write_with_id};
use super::{Applied, check_size};
use crate::aggregate::expr::{Arena, Expr, check_field_name};
use crate::aggregate::fields::ComputedFields;
use crate::bson::compare::values_equal;
use crate::bson::{Builder, MAX_DEPTH, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::explain::shell_text;
use crate::query::{Context, Filter, Projection};

/// Stages that MongoDB has and that an update may not have.
const NOT_IN_UPDATES: &[&str] = &[
    "$bucket",
    "$bucketAuto",
    "$changeStream",
    "$collStats",
    "$count",
    "$currentOp",
    "$densify",
    "$documents",
    "$facet",
    "$fill",
    "$geoNear",
    "$graphLookup",
    "$group",
    "$indexStats",
    "$limit",
    "$listSessions",
    "$lookup",
    "$match",
    "$merge",
    "$out",
    "$planCacheStats",
    "$querySettings",
    "$redact",
    "$sample",
    "$setWindowFields",
    "$skip",
    "$sort",
    "$sortByCount",
    "$unionWith",
    "$unwind",
];

/// A compiled pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline(Vec<Stage>);

#[derive(Clone, Debug)]
enum Stage {
    Set(ComputedFields),
    Project(Projection),
    ReplaceRoot(Expr),
}

impl Pipeline {
    /// Compiles an array of stages.
    pub(super) fn compile(stages: RawDoc<'_>, context: &Context) -> Result<Pipeline> {
        let stages = stages.iter().map(|(_, stage)| match stage {
            RawValue::Document(stage) => Stage::compile(stage, context),
            other => Err(Error::query(
                Code::TYPE_MISMATCH,
                format!(
                    "Each element of the 'pipeline' array must be an object, found {}",
                    other.type_name()
                ),
            )),
        });
        Ok(Pipeline(stages.collect::<Result<_>>()?))
    }

    /// Appends what becomes of `document`.
    pub(super) fn apply(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<Applied> {
        let new = self.run(document)?;
        let new = RawDoc::trusted(&new);
        let start = out.len();
        match document.get("_id") {
            None => out.extend_from_slice(new.as_bytes()),
            Some(id) => {
                check_id(id, new)?;
                write_with_id(id, new, out);
            }
        }
        let written = out.get(start..).unwrap_or_default();
        check_size(written)?;
        Ok(Applied {
            modified: written != document.as_bytes(),
        })
    }

    /// The document that an upsert inserts: the values that the filter requires, through the pipeline.
    pub(super) fn new_document(&self, filter: &Filter) -> Result<Vec<u8>> {
        let required = required_document(filter)?;
        let mut out = Vec::new();
        self.apply(RawDoc::trusted(&required), &mut out)?;
        Ok(out)
    }

    fn run(&self, document: RawDoc<'_>) -> Result<Vec<u8>> {
        let mut current = document.as_bytes().to_vec();
        for stage in &self.0 {
            let mut next = Vec::with_capacity(current.len());
            stage.apply(RawDoc::trusted(&current), &mut next)?;
            current = next;
        }
        if RawValue::Document(RawDoc::trusted(&current)).is_deeper_than(MAX_DEPTH) {
            return Err(Error::query(
                Code::OVERFLOW,
                format!("the updated document is nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        Ok(current)
    }
}

fn check_id(id: RawValue<'_>, new: RawDoc<'_>) -> Result<()> {
    match new.get("_id") {
        Some(other) if !values_equal(id, other) => Err(Error::query(
            Code::IMMUTABLE_FIELD,
            format!(
                "After applying the update, the (immutable) field '_id' was found to have been \
                 altered to _id: {} (it is {})",
                shell_text(other),
                shell_text(id)
            ),
        )),
        _ => Ok(()),
    }
}

impl Stage {
    fn compile(stage: RawDoc<'_>, context: &Context) -> Result<Stage> {
        let mut fields = stage.iter();
        let (Some((name, specification)), None) = (fields.next(), fields.next()) else {
            return refuse(
                40323,
                "A pipeline stage specification object must contain exactly one field.",
            );
        };
        match name.as_str() {
            name @ ("$set" | "$addFields") => compile_set(name, specification, context),
            "$unset" => compile_unset(specification, context),
            "$project" => compile_project(specification, context),
            "$replaceRoot" => compile_replace_root(specification, context),
            "$replaceWith" => Ok(Stage::ReplaceRoot(Expr::compile(specification, context)?)),
            other if NOT_IN_UPDATES.contains(&other) => Err(Error::query(
                Code::INVALID_OPTIONS,
                format!("{other} is not allowed to be used within an update"),
            )),
            other => refuse(
                40324,
                format!("Unrecognized pipeline stage name: '{other}'"),
            ),
        }
    }

    fn apply(&self, document: RawDoc<'_>, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Stage::Set(fields) => fields.apply(document, document.into(), out),
            Stage::Project(projection) => projection.apply(document, out),
            Stage::ReplaceRoot(root) => {
                let arena = Arena::default();
                let value = root.evaluate(document, &arena)?;
                let Some(RawValue::Document(new)) = value else {
                    let found = value.map_or("missing".to_string(), shell_text);
                    let kind = value.map_or("missing", |value| value.type_name());
                    return refuse(
                        40228,
                        format!(
                            "'newRoot' expression must evaluate to an object, but resulting value \
                             was: {found}. Type of resulting value: '{kind}'."
                        ),
                    );
                };
                out.extend_from_slice(new.as_bytes());
                Ok(())
            }
        }
    }
}

fn compile_set(name: &str, specification: RawValue<'_>, context: &Context) -> Result<Stage> {
    let RawValue::Document(specification) = specification else {
        return refuse(
            40272,
            format!(
                "{name} specification stage must be an object, found {}",
                specification.type_name()
            ),
        );
    };
    if specification.is_empty() {
        return refuse(
            40177,
            format!("{name} specification must have at least one field"),
        );
    }
    let mut fields = ComputedFields::default();
    add_fields(&mut fields, specification, &mut Vec::new(), context)
        .map_err(|error| error.context(format!("Invalid {name}")))?;
    Ok(Stage::Set(fields))
}

/// Adds the fields of a document that is no operator: each is a path of its own.
fn add_fields<'a>(
    fields: &mut ComputedFields,
    specification: RawDoc<'a>,
    outer: &mut Vec<&'a str>,
    context: &Context,
) -> Result<()> {
    for (name, value) in specification {
        let name = name.as_str();
        let depth = outer.len();
        for part in name.split('.') {
            check_field_name(part)?;
            outer.push(part);
        }
        match value {
            RawValue::Document(inner) if inner.is_empty() => {
                let path = outer.join(".");
                return refuse(
                    40180,
                    format!(
                        "an empty object is not a valid value. Found empty object at path '{path}'"
                    ),
                );
            }
            RawValue::Document(inner) if !starts_with_operator(inner) => {
                add_fields(fields, inner, outer, context)?;
            }
            value => fields.add(outer, Expr::compile(value, context)?)?,
        }
        outer.truncate(depth);
    }
    Ok(())
}

fn starts_with_operator(document: RawDoc<'_>) -> bool {
    let first = document.elements().next();
    first.is_some_and(|first| first.key().as_bytes().starts_with(b"$"))
}

fn compile_unset(specification: RawValue<'_>, context: &Context) -> Result<Stage> {
    let mut excluded = Vec::new();
    let mut builder = Builder::new(&mut excluded);
    let mut exclude = |path: RawValue<'_>| match path {
        RawValue::String(path) => {
            builder.append(path, RawValue::Int32(0));
            Ok(())
        }
        other => refuse(
            31120,
            format!(
                "$unset specification must be a string or an array containing only string values, \
                 found {}",
                other.type_name()
            ),
        ),
    };
    match specification {
        RawValue::String(_) => exclude(specification)?,
        RawValue::Array(paths) if paths.is_empty() => {
            return refuse(
                31119,
                "$unset specification must be a string or an array with at least one field",
            );
        }
        RawValue::Array(paths) => {
            for (_, path) in paths {
                exclude(path)?;
            }
        }
        other => {
            return refuse(
                31002,
                format!(
                    "$unset specification must be a string or an array, found {}",
                    other.type_name()
                ),
            );
        }
    }
    builder.finish();
    project("$unset", RawDoc::trusted(&excluded), context)
}

fn compile_project(specification: RawValue<'_>, context: &Context) -> Result<Stage> {
    match specification {
        RawValue::Document(specification) => project("$project", specification, context),
        other => refuse(
            15969,
            format!(
                "$project specification must be an object, found {}",
                other.type_name()
            ),
        ),
    }
}

fn project(name: &str, specification: RawDoc<'_>, context: &Context) -> Result<Stage> {
    let projection = Projection::compile_stage(specification, context)
        .map_err(|error| error.context(format!("Invalid {name}")))?;
    match projection {
        Some(projection) => Ok(Stage::Project(projection)),
        None => refuse(
            51272,
            format!("Invalid {name}: projection specification must have at least one field"),
        ),
    }
}

fn compile_replace_root(specification: RawValue<'_>, context: &Context) -> Result<Stage> {
    let RawValue::Document(specification) = specification else {
        return refuse(
            40229,
            format!(
                "expected an object as specification for $replaceRoot stage, got {}",
                specification.type_name()
            ),
        );
    };
    if let Some((other, _)) = specification.iter().find(|(name, _)| *name != "newRoot") {
        return refuse(
            40230,
            format!(
                "unrecognized option to $replaceRoot stage: {other}, only valid option is \
                 'newRoot'."
            ),
        );
    }
    match specification.get("newRoot") {
        Some(root) => Ok(Stage::ReplaceRoot(Expr::compile(root, context)?)),
        None => refuse(40231, "no newRoot specified for the $replaceRoot stage"),
    }
}

fn refuse<T>(code: i32, message: impl Into<String>) -> Result<T> {
    Err(Error::query(Code(code), message))
}
