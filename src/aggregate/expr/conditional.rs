//! `$cond`, `$ifNull`, `$switch`: only the operands that are chosen are evaluated.

use super::compile::named_arguments;
use super::{
    Compiler, Computed, Entry, Frame, Node, Operator, is_nullish, is_true, refuse, required,
};
use crate::bson::RawValue;
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::special("$cond", compile_cond),
    Entry::special("$ifNull", compile_if_null),
    Entry::special("$switch", compile_switch),
];

/// The first branch whose condition holds.
#[derive(Debug)]
struct Switch {
    branches: Vec<(Node, Node)>,
    default: Option<Node>,
}

fn compile_cond(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [condition, then, otherwise] = match operand {
        RawValue::Document(_) => {
            // The code of what is no document never comes up: this is one.
            let given = named_arguments(name, operand, ["if", "then", "else"], 17083, 17083)?;
            [
                required(name, "if", given[0], 17080)?,
                required(name, "then", given[1], 17081)?,
                required(name, "else", given[2], 17082)?,
            ]
            .map(|operand| compiler.operand(operand))
        }
        _ => {
            let mut arguments = compiler
                .counted_arguments(name, 3, 3, operand)?
                .into_iter()
                .map(Ok);
            [(); 3].map(|()| arguments.next().unwrap_or(Ok(Node::Constant(None))))
        }
    };
    let (condition, then, otherwise) = (condition?, then?, otherwise?);
    // The branch not taken may be one that fails.
    if let Some(condition) = condition.as_constant() {
        return Ok(if is_true(condition) { then } else { otherwise });
    }
    Ok(compiler.operator(Switch {
        branches: vec![(condition, then)],
        default: Some(otherwise),
    }))
}

fn compile_switch(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [branches, default] =
        named_arguments(name, operand, ["branches", "default"], 40060, 40067)?;
    let branches = match branches {
        Some(RawValue::Array(branches)) if !branches.is_empty() => branches,
        Some(RawValue::Array(_)) | None => {
            return refuse(40068, "$switch requires at least one branch");
        }
        Some(other) => {
            let found = other.type_name();
            let message = format!("$switch expected an array for 'branches', found: {found}");
            return refuse(40061, message);
        }
    };
    let branch = |(_, branch): (_, RawValue<'_>)| {
        let [case, then] = named_arguments(
            "a branch of $switch",
            branch,
            ["case", "then"],
            40062,
            40063,
        )?;
        let case = required("a branch of $switch", "case", case, 40064)?;
        let then = required("a branch of $switch", "then", then, 40065)?;
        Ok((compiler.operand(case)?, compiler.operand(then)?))
    };
    let branches = branches.iter().map(branch).collect::<Result<_>>()?;
    let default = default
        .map(|default| compiler.operand(default))
        .transpose()?;
    Ok(compiler.operator(Switch { branches, default }))
}

impl Operator for Switch {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        for (condition, then) in &self.branches {
            if is_true(condition.evaluate(frame)?) {
                return then.evaluate(frame);
            }
        }
        match &self.default {
            Some(default) => default.evaluate(frame),
            None => refuse(
                40066,
                "$switch could not find a matching branch for an input, and no default was \
                 specified.",
            ),
        }
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        for (condition, then) in &self.branches {
            visit(condition);
            visit(then);
        }
        self.default.iter().for_each(visit);
    }
}

/// The first operand that is not null; the last is taken as it is.
#[derive(Debug)]
struct IfNull(Vec<Node>);

fn compile_if_null(
    compiler: &mut Compiler<'_>,
    _: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let operands = compiler.arguments(operand)?;
    let count = operands.len();
    if count < 2 {
        let message = format!("$ifNull needs at least two arguments, had: {count}");
        return refuse(1257300, message);
    }
    Ok(compiler.operator(IfNull(operands)))
}

impl Operator for IfNull {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let mut value = None;
        for operand in &self.0 {
            value = operand.evaluate(frame)?;
            if !is_nullish(value) {
                break;
            }
        }
        Ok(value)
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.0.iter().for_each(visit);
    }
}
