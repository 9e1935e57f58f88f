//! A filter taken apart: one clause for each operator as it was written.

use crate::bson::{Builder, Document, Path, RawDoc, RawValue, Value, doc};
use crate::error::Result;
use crate::query::filter::holds_operators;
use crate::query::json_schema::Schema;
use crate::query::{Context, Filter};

/// A part of a filter, and a filter of that part alone.
pub(super) struct Clause<'f> {
    pub(super) filter: Filter,
    pub(super) kind: Kind<'f>,
}

pub(super) enum Kind<'f> {
    /// `$and`, written or understood, `$or`, `$nor`.
    List {
        operator: &'static str,
        clauses: Vec<Clause<'f>>,
    },
    Not(Box<Clause<'f>>),
    Schema(Box<Schema>),
    Leaf(Leaf<'f>),
}

pub(super) struct Leaf<'f> {
    pub(super) operator: &'f str,
    /// `{path: {operator: operand}}`, or what stands for it.
    pub(super) specified: Document,
    /// None for operators on the document.
    pub(super) path: Option<Path>,
    /// `$ne`, `$nin` and `$exists: false` match where their opposites do not.
    pub(super) is_negation: bool,
}

impl<'f> Clause<'f> {
    pub(super) fn of_filter(filter: RawDoc<'f>, context: &Context) -> Result<Clause<'f>> {
        let mut clauses = Vec::new();
        for (name, value) in filter {
            match name.as_str() {
                "$comment" => {}
                name => Clause::of_field(name, value, context, &mut clauses)?,
            }
        }
        Clause::all_of(clauses, Filter::compile(filter, context)?)
    }

    /// One clause needs no `$and`.
    fn all_of(mut clauses: Vec<Clause<'f>>, filter: Filter) -> Result<Clause<'f>> {
        if clauses.len() == 1 {
            return Ok(clauses.remove(0));
        }
        let operator = "$and";
        Ok(Clause {
            filter,
            kind: Kind::List { operator, clauses },
        })
    }

    fn of_field(
        name: &'f str,
        value: RawValue<'f>,
        context: &Context,
        out: &mut Vec<Clause<'f>>,
    ) -> Result<()> {
        let alone = single(name, value);
        let filter = || Filter::compile(RawDoc::trusted(&alone), context);
        let specified = || Document::from_raw(RawDoc::trusted(&alone));
        let leaf = |operator, path| -> Result<Clause<'f>> {
            let leaf = Leaf {
                operator,
                specified: specified()?,
                path,
                is_negation: false,
            };
            Ok(Clause {
                filter: filter()?,
                kind: Kind::Leaf(leaf),
            })
        };
        let is_field = !name.starts_with('$') || matches!(name, "$ref" | "$id" | "$db");
        match (name, value) {
            ("$and" | "$or" | "$nor", RawValue::Array(list)) => {
                let filters = list.iter().filter_map(|(_, entry)| entry.as_document());
                let clauses = filters.map(|filter| Clause::of_filter(filter, context));
                let operator = match name {
                    "$and" => "$and",
                    "$or" => "$or",
                    _ => "$nor",
                };
                let clauses = clauses.collect::<Result<_>>()?;
                out.push(Clause {
                    filter: filter()?,
                    kind: Kind::List { operator, clauses },
                });
            }
            ("$jsonSchema", _) => out.push(Clause {
                filter: filter()?,
                kind: Kind::Schema(Box::new(Schema::parse(value)?)),
            }),
            _ if !is_field => out.push(leaf(name, None)?),
            (_, RawValue::Document(operators)) if holds_operators(operators) => {
                Clause::of_operators(name, operators, context, out)?;
            }
            (_, RawValue::Regex { .. }) => out.push(leaf("$regex", Some(Path::new(name)))?),
            _ => out.push(leaf("$eq", Some(Path::new(name)))?),
        }
        Ok(())
    }

    fn of_operators(
        name: &'f str,
        operators: RawDoc<'f>,
        context: &Context,
        out: &mut Vec<Clause<'f>>,
    ) -> Result<()> {
        for (operator, value) in operators {
            let operator = operator.as_str();
            let mut operand = Document::default();
            operand.insert(operator, Value::from_raw(value)?);
            match operator {
                "$options" => continue,
                "$regex" => {
                    if let Some(options) = operators.get("$options") {
                        operand.insert("$options", Value::from_raw(options)?);
                    }
                }
                _ => {}
            }
            let specified = doc! { name: operand };
            let filter = Filter::compile(RawDoc::trusted(&specified.to_bytes()), context)?;
            let kind = match (operator, value) {
                ("$not", RawValue::Regex { .. }) => {
                    let mut inner = Vec::new();
                    Clause::of_field(name, value, context, &mut inner)?;
                    let alone = Filter::compile(RawDoc::trusted(&single(name, value)), context)?;
                    Kind::Not(Box::new(Clause::all_of(inner, alone)?))
                }
                ("$not", RawValue::Document(negated)) => {
                    let mut inner = Vec::new();
                    Clause::of_operators(name, negated, context, &mut inner)?;
                    let alone = Filter::compile(RawDoc::trusted(&single(name, value)), context)?;
                    Kind::Not(Box::new(Clause::all_of(inner, alone)?))
                }
                _ => Kind::Leaf(Leaf {
                    operator,
                    specified,
                    path: Some(Path::new(name)),
                    is_negation: matches!(operator, "$ne" | "$nin")
                        || operator == "$exists" && !value.truthy(),
                }),
            };
            out.push(Clause { filter, kind });
        }
        Ok(())
    }
}

/// `{name: value}`.
fn single(name: &str, value: RawValue<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut builder = Builder::new(&mut out);
    builder.append(name, value);
    builder.finish();
    out
}
