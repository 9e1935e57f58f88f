//! `$map`, `$filter`, `$reduce`: an expression for each element of an array. The element's position is a variable, too:
//! that which `arrayIndexAs` names, or `$$IDX`.
//!
//! Each round is evaluated in an arena of its own, which is emptied after it.

use super::{
    Arena, ArrayWriter, Compiler, Computed, Entry, Frame, Node, Operator, array,
    check_user_variable, elements, int, is_nullish, is_true, named_arguments, refuse, required,
    type_name,
};
use crate::bson::{MAX_DEPTH, RawDoc, RawValue, RawValueBuf};
use crate::error::{Code, Error, Result};

pub(super) const OPERATORS: &[Entry] = &[
    Entry::special("$map", Map::compile),
    Entry::special("$filter", Filter::compile),
    Entry::special("$reduce", Reduce::compile),
];

/// The most levels that a value may have while it is put together.
const MAX_VALUE_DEPTH: usize = 2 * MAX_DEPTH;

#[derive(Debug)]
struct Map {
    input: Node,
    each: Node,
}

#[derive(Debug)]
struct Filter {
    input: Node,
    condition: Node,
    limit: Option<Node>,
}

#[derive(Debug)]
struct Reduce {
    input: Node,
    initial: Node,
    each: Node,
}

/// The name of a variable of each round, given by the argument `argument` or else `default`.
fn variable<'v>(
    name: &str,
    argument: &str,
    variable: Option<RawValue<'v>>,
    default: &'static str,
) -> Result<&'v str> {
    match variable {
        None => Ok(default),
        Some(RawValue::String(variable)) => {
            check_user_variable(variable.as_str())?;
            Ok(variable.as_str())
        }
        Some(other) => {
            let found = other.type_name();
            let message = format!("'{argument}' of {name} must be a string, found {found}");
            Err(Error::query(Code::TYPE_MISMATCH, message))
        }
    }
}

impl Map {
    fn compile(
        compiler: &mut Compiler<'_>,
        name: &'static str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let known = ["input", "as", "arrayIndexAs", "in"];
        let [input, element, index, each] = named_arguments(name, operand, known, 16878, 16879)?;
        let input = compiler.operand(required(name, "input", input, 16880)?)?;
        let each = required(name, "in", each, 16882)?;
        let variables = [
            variable(name, "arrayIndexAs", index, "IDX")?,
            variable(name, "as", element, "this")?,
        ];
        let each = compiler.with_variables(&variables, |inner| inner.operand(each))?;
        Ok(compiler.operator(Map { input, each }))
    }
}

impl Operator for Map {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let Some(array) = input("$map", 16883, self.input.evaluate(frame)?)? else {
            return Ok(Some(RawValue::Null));
        };
        let mut mapped = ArrayWriter::new();
        let mut round = Arena::default();
        for (index, element) in elements(array).enumerate() {
            frame.step()?;
            {
                let frame = frame.with_arena(&round);
                let index = frame.bind(Some(int(index as i64)));
                let frame = frame.within(&index);
                let this = frame.bind(Some(element));
                let value = self.each.evaluate(frame.within(&this))?;
                mapped.push(value.unwrap_or(RawValue::Null))?;
            }
            round.reset();
        }
        Ok(Some(mapped.finish(frame)))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.input);
        visit(&self.each);
    }
}

/// The array that is gone through; none of null.
fn input<'a>(name: &str, code: i32, value: Computed<'a>) -> Result<Option<RawDoc<'a>>> {
    match value {
        Some(RawValue::Array(array)) => Ok(Some(array)),
        value if is_nullish(value) => Ok(None),
        value => {
            let found = type_name(value);
            refuse(
                code,
                format!("input to {name} must be an array not {found}"),
            )
        }
    }
}

impl Filter {
    fn compile(
        compiler: &mut Compiler<'_>,
        name: &'static str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let known = ["input", "as", "arrayIndexAs", "cond", "limit"];
        let [input, element, index, condition, limit] =
            named_arguments(name, operand, known, 28646, 28647)?;
        let input = compiler.operand(required(name, "input", input, 28648)?)?;
        let condition = required(name, "cond", condition, 28650)?;
        let variables = [
            variable(name, "arrayIndexAs", index, "IDX")?,
            variable(name, "as", element, "this")?,
        ];
        let condition = compiler.with_variables(&variables, |inner| inner.operand(condition))?;
        let limit = limit.map(|limit| compiler.operand(limit)).transpose()?;
        Ok(compiler.operator(Filter {
            input,
            condition,
            limit,
        }))
    }

    /// How many elements are wanted.
    fn limit(&self, frame: Frame<'_>) -> Result<usize> {
        let limit = match &self.limit {
            None => return Ok(usize::MAX),
            Some(limit) => limit.evaluate(frame)?,
        };
        if is_nullish(limit) {
            return Ok(usize::MAX);
        }
        let found = array::text(limit);
        match array::as_i32(limit) {
            Some(limit) if limit > 0 => Ok(limit as usize),
            Some(_) => refuse(
                327392,
                format!("$filter: limit must be greater than 0: {found}"),
            ),
            None => refuse(
                327391,
                format!("$filter: limit must be represented as a 32-bit integral value: {found}"),
            ),
        }
    }
}

impl Operator for Filter {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let Some(array) = input("$filter", 28651, self.input.evaluate(frame)?)? else {
            return Ok(Some(RawValue::Null));
        };
        let mut wanted = self.limit(frame)?;
        let mut chosen = ArrayWriter::new();
        let mut round = Arena::default();
        for (index, element) in elements(array).enumerate() {
            frame.step()?;
            let holds = {
                let frame = frame.with_arena(&round);
                let index = frame.bind(Some(int(index as i64)));
                let frame = frame.within(&index);
                let this = frame.bind(Some(element));
                is_true(self.condition.evaluate(frame.within(&this))?)
            };
            round.reset();
            if holds {
                chosen.push(element)?;
                wanted -= 1;
                if wanted == 0 {
                    break;
                }
            }
        }
        Ok(Some(chosen.finish(frame)))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.input);
        visit(&self.condition);
        self.limit.iter().for_each(visit);
    }
}

impl Reduce {
    fn compile(
        compiler: &mut Compiler<'_>,
        name: &'static str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let known = [
            "input",
            "initialValue",
            "as",
            "valueAs",
            "arrayIndexAs",
            "in",
        ];
        let [input, initial, element, value, index, each] =
            named_arguments(name, operand, known, 40075, 40076)?;
        let input = compiler.operand(required(name, "input", input, 40077)?)?;
        let initial = compiler.operand(required(name, "initialValue", initial, 40078)?)?;
        let each = required(name, "in", each, 40079)?;
        let variables = [
            variable(name, "arrayIndexAs", index, "IDX")?,
            variable(name, "as", element, "this")?,
            variable(name, "valueAs", value, "value")?,
        ];
        let each = compiler.with_variables(&variables, |inner| inner.operand(each))?;
        Ok(compiler.operator(Reduce {
            input,
            initial,
            each,
        }))
    }
}

impl Operator for Reduce {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let array = match self.input.evaluate(frame)? {
            Some(RawValue::Array(array)) => array,
            value if is_nullish(value) => return Ok(Some(RawValue::Null)),
            value => {
                let found = array::text(value);
                let message = format!("$reduce requires that 'input' be an array, found: {found}");
                return refuse(40080, message);
            }
        };
        let mut value = self.initial.evaluate(frame)?.map(RawValueBuf::new);
        let mut round = Arena::default();
        for (index, element) in elements(array).enumerate() {
            frame.step()?;
            let next = {
                let frame = frame.with_arena(&round);
                let index = frame.bind(Some(int(index as i64)));
                let frame = frame.within(&index);
                let this = frame.bind(Some(element));
                let frame = frame.within(&this);
                let so_far = frame.bind(value.as_ref().map(RawValueBuf::as_raw));
                let next = self.each.evaluate(frame.within(&so_far))?;
                if next.is_some_and(|next| next.is_deeper_than(MAX_VALUE_DEPTH)) {
                    return Err(Error::query(
                        Code::OVERFLOW,
                        "$reduce accumulated value exceeded max allowable BSON depth",
                    ));
                }
                next.map(RawValueBuf::new)
            };
            value = next;
            round.reset();
        }
        Ok(value.map(|value| frame.keep(value.as_raw())))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.input);
        visit(&self.initial);
        visit(&self.each);
    }
}
