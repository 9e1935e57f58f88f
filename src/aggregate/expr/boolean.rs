//! `$and`, `$or`, `$not`: the operands of the first two are evaluated until the answer is known.

use super::{Compiler, Computed, Entry, Frame, Node, Operator, is_true};
use crate::bson::RawValue;
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::special("$and", |compiler, _, operand| {
        compile(compiler, false, operand)
    }),
    Entry::special("$or", |compiler, _, operand| {
        compile(compiler, true, operand)
    }),
    Entry::fixed("$not", 1, |_, values, _| {
        Ok(Some(RawValue::Boolean(!is_true(values[0]))))
    }),
];

/// Operands of which the first that is `decisive` decides.
#[derive(Debug)]
struct Logical {
    decisive: bool,
    operands: Vec<Node>,
}

fn compile(compiler: &mut Compiler<'_>, decisive: bool, operand: RawValue<'_>) -> Result<Node> {
    let operands = compiler.arguments(operand)?;
    Ok(compiler.operator(Logical { decisive, operands }))
}

impl Operator for Logical {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        for operand in &self.operands {
            if is_true(operand.evaluate(frame)?) == self.decisive {
                return Ok(Some(RawValue::Boolean(self.decisive)));
            }
        }
        Ok(Some(RawValue::Boolean(!self.decisive)))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.operands.iter().for_each(visit);
    }
}
