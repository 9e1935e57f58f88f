//! An update of operators, `{ $set: .., $push: .. }`, compiled to a tree of paths and applied.

use std::cell::Cell;

use super::array_filters::ArrayFilters;
use super::operator::{Applying, Compile, Operand, compiler};
use super::rename::Rename;
use super::tree::Branch;
use super::{Applied, check_size, path, upsert};
use crate::bson::{Path, RawDoc, RawValue};
use crate::error::{Code, Error, Result};
use crate::query::{Context, Filter};

/// A compiled update of operators.
#[derive(Clone, Debug, Default)]
pub struct Operators {
    root: Branch,
    /// The same with the paths of `$setOnInsert`, if there are any.
    on_insert: Option<Branch>,
    renames: Vec<Rename>,
    array_filters: ArrayFilters,
    /// Whether a path has a `$`.
    is_positional: bool,
}

impl Operators {
    pub(super) fn compile(
        update: RawDoc<'_>,
        array_filters: Option<RawDoc<'_>>,
        context: &Context,
    ) -> Result<Operators> {
        check_has_operators(update)?;
        let mut operators = Operators::default();
        if let Some(filters) = array_filters {
            operators.array_filters = ArrayFilters::compile(filters, context)?;
        }
        if update.get_element("$setOnInsert").is_some() {
            operators.on_insert = Some(Branch::default());
        }
        for (name, operand) in update {
            operators.add(name.as_str(), operand, context)?;
        }
        operators.array_filters.check_all_used(update)?;
        operators.root.sort();
        if let Some(on_insert) = &mut operators.on_insert {
            on_insert.sort();
        }
        Ok(operators)
    }

    /// Adds an operator with its paths.
    fn add(&mut self, name: &str, operand: RawValue<'_>, context: &Context) -> Result<()> {
        let compile = match name {
            "$rename" => None,
            _ => Some(compiler(name).ok_or_else(|| unknown(name))?),
        };
        let RawValue::Document(fields) = operand else {
            return Err(Error::query(
                Code::FAILED_TO_PARSE,
                format!(
                    "Modifiers operate on fields but we found type {} instead. For example: \
                     {{$mod: {{<field>: ...}}}} not {{{name}: {}}}",
                    operand.type_name(),
                    super::describe::abbreviated(operand)
                ),
            ));
        };
        for (path, value) in fields {
            let path = Path::new(path.as_str());
            path::check(&path)?;
            let operand = Operand {
                operator: name,
                path: &path,
                value,
                context,
            };
            match compile {
                Some(compile) => self.add_operator(compile, &operand)?,
                None => self.add_rename(&operand)?,
            }
        }
        Ok(())
    }

    fn add_operator(&mut self, compile: Compile, operand: &Operand<'_>) -> Result<()> {
        let path = operand.path;
        let operator = compile(operand)?;
        self.array_filters.check(path)?;
        self.is_positional |= path.components().any(|name| name == path::POSITIONAL);
        if let Some(on_insert) = &mut self.on_insert {
            on_insert.insert(path, &self.array_filters, operator.clone())?;
        }
        if operand.operator == "$setOnInsert" {
            return Ok(());
        }
        self.root.insert(path, &self.array_filters, operator)
    }

    fn add_rename(&mut self, operand: &Operand<'_>) -> Result<()> {
        let rename = Rename::compile(operand)?;
        let number = self.renames.len();
        rename.insert(number, &mut self.root)?;
        if let Some(on_insert) = &mut self.on_insert {
            rename.insert(number, on_insert)?;
        }
        self.renames.push(rename);
        Ok(())
    }

    pub(super) fn apply(
        &self,
        document: RawDoc<'_>,
        filter: &Filter,
        out: &mut Vec<u8>,
    ) -> Result<Applied> {
        let position = match self.is_positional {
            true => filter.position(document)?,
            false => None,
        };
        self.run(&self.root, document, position, out)
    }

    /// The document that an upsert inserts, before it has an `_id`.
    pub(super) fn new_document(&self, filter: &Filter) -> Result<Vec<u8>> {
        let (mut required, mut updated) = (Vec::new(), Vec::new());
        self.run(
            &upsert::required_values(filter)?,
            RawDoc::EMPTY,
            None,
            &mut required,
        )?;
        let root = self.on_insert.as_ref().unwrap_or(&self.root);
        let required = RawDoc::trusted(&required);
        self.run(root, required, None, &mut updated)?;
        Ok(updated)
    }

    fn run(
        &self,
        root: &Branch,
        document: RawDoc<'_>,
        position: Option<u32>,
        out: &mut Vec<u8>,
    ) -> Result<Applied> {
        let start = out.len();
        let applying = Applying {
            document,
            array_filters: &self.array_filters,
            sources: match self.renames.as_slice() {
                [] => Vec::new(),
                renames => {
                    let sources = renames.iter().map(|rename| rename.find(document));
                    sources.collect::<Result<_>>()?
                }
            },
            scratch: Cell::default(),
        };
        let modified = match self.is_positional {
            true => {
                let position = position.ok_or_else(no_position)?;
                root.with_position(position)?.apply(&applying, out)?
            }
            false => root.apply(&applying, out)?,
        };
        let updated = out.get(start..).unwrap_or_default();
        check_size(updated)?;
        if modified {
            check_id(document, RawDoc::trusted(updated))?;
        }
        Ok(Applied { modified })
    }
}

fn check_has_operators(update: RawDoc<'_>) -> Result<()> {
    let first = update.elements().next();
    if first.is_some_and(|first| first.key().as_bytes().starts_with(b"$")) {
        return Ok(());
    }
    Err(Error::query(
        Code::FAILED_TO_PARSE,
        "Update document requires atomic operators such as $set (to put a whole document in the \
         place of another, replace it)",
    ))
}

fn unknown(name: &str) -> Error {
    Error::query(
        Code::FAILED_TO_PARSE,
        format!(
            "Unknown modifier: {name}. Expected a valid update modifier or pipeline-style update \
             specified as an array"
        ),
    )
}

fn no_position() -> Error {
    Error::query(
        Code::BAD_VALUE,
        "The positional operator did not find the match needed from the query.",
    )
}

/// A document keeps its `_id` for life. One that has none is about to be inserted.
fn check_id(before: RawDoc<'_>, after: RawDoc<'_>) -> Result<()> {
    let id = before.get_element("_id");
    if id.is_none() || id == after.get_element("_id") {
        return Ok(());
    }
    Err(Error::query(
        Code::IMMUTABLE_FIELD,
        "Performing an update on the path '_id' would modify the immutable field '_id'",
    ))
}
