//! `$let` binds variables for an expression; `$literal` is a value that is not looked into. And the `let` of an
//! operation, which binds variables for all of its expressions.

use super::compile::{check_user_variable, named_arguments, required};
use super::{Arena, Expr};
use super::{Compiler, Computed, Entry, Frame, Node, Operator, refuse};
use crate::bson::{RawDoc, RawValue};
use crate::error::Result;
use crate::query::Context;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::special("$let", Let::compile),
    Entry::special("$literal", |_, _, operand| Ok(Node::constant(operand))),
    Entry::special("$const", |_, _, operand| Ok(Node::constant(operand))),
];

#[derive(Debug)]
struct Let {
    variables: Vec<Node>,
    body: Node,
}

impl Let {
    fn compile(
        compiler: &mut Compiler<'_>,
        name: &'static str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let [vars, body] = named_arguments(name, operand, ["vars", "in"], 16874, 16875)?;
        let vars = match required(name, "vars", vars, 16876)? {
            RawValue::Document(vars) => vars,
            other => {
                let found = other.type_name();
                return refuse(
                    10065,
                    format!("$let needs an object as 'vars', found {found}"),
                );
            }
        };
        let body = required(name, "in", body, 16877)?;
        let (mut names, mut variables) = (Vec::new(), Vec::new());
        for (variable, value) in vars {
            check_user_variable(variable.as_str())?;
            names.push(variable.as_str());
            variables.push(compiler.operand(value)?);
        }
        let body = compiler.with_variables(&names, |compiler| compiler.operand(body))?;
        Ok(compiler.operator(Let { variables, body }))
    }
}

impl Operator for Let {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let mut inner = frame;
        for variable in &self.variables {
            // Each sees the variables outside, not those bound beside it.
            inner = inner.with_variable(variable.evaluate(frame)?);
        }
        self.body.evaluate(inner)
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.variables.iter().for_each(&mut *visit);
        visit(&self.body);
    }
}

/// Gives `context` the variables of an operation's `let`: `{ limit: 5, day: { $dayOfMonth: "$$NOW" } }`. They are
/// computed once, without a document, each from those before it.
pub fn define_variables(context: &mut Context, definitions: RawDoc<'_>) -> Result<()> {
    for (name, definition) in definitions {
        check_user_variable(name.as_str())?;
        let expression = Expr::compile(definition, context)?;
        if expression.reads_document() {
            return refuse(
                4890500,
                "Command let Expression tried to access a field, but this is not allowed because \
                 Command let Expressions run before the query examines any documents.",
            );
        }
        let arena = Arena::default();
        let value = expression.evaluate(RawDoc::EMPTY, &arena)?;
        context.set_variable(name.as_str(), value);
    }
    Ok(())
}
