//! `$replaceOne` and `$replaceAll`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/replaceOne/)).

use crate::aggregate::expr::frame::check_size;
use crate::aggregate::expr::{
    Compiler, Computed, Entry, Frame, Function, Node, error, is_nullish, named, refuse,
};
use crate::bson::RawValue;
use crate::error::Result;
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::special("$replaceOne", |compiler, name, operand| {
        compile(compiler, name, operand, |name, values, frame| {
            replaced(name, values, frame, 1)
        })
    }),
    Entry::special("$replaceAll", |compiler, name, operand| {
        compile(compiler, name, operand, |name, values, frame| {
            replaced(name, values, frame, usize::MAX)
        })
    }),
];

fn compile(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
    function: Function,
) -> Result<Node> {
    let [input, find, replacement] = named(
        operand,
        ["input", "find", "replacement"],
        |found| {
            error(
                51751,
                format!("{name} requires an object as an argument, found: {found}"),
            )
        },
        |key| error(51750, format!("{name} found an unknown argument: {key}")),
    )?;
    let missing = |code, what| error(code, format!("{name} requires '{what}' to be specified"));
    let operands = vec![
        compiler.operand(input.ok_or_else(|| missing(51749, "input"))?)?,
        compiler.operand(find.ok_or_else(|| missing(51748, "find"))?)?,
        compiler.operand(replacement.ok_or_else(|| missing(51747, "replacement"))?)?,
    ];
    Ok(compiler.call(name, function, operands))
}

/// The text with at most `most` of what is found replaced. Nothing is found everywhere: before every
/// character, and at the end.
fn replaced<'a>(
    name: &str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
    most: usize,
) -> Result<Computed<'a>> {
    let mut texts = [""; 3];
    let parameters = [
        ("input", 10503904),
        ("find", 10503901),
        ("replacement", 10503902),
    ];
    for ((text, value), (parameter, code)) in texts.iter_mut().zip(values).zip(parameters) {
        match value {
            Some(RawValue::String(given)) => *text = given.as_str(),
            value if is_nullish(*value) => {}
            value => {
                let found = value.map_or(String::new(), shell_text);
                let message =
                    format!("{name} requires that '{parameter}' be a string, found: {found}");
                return refuse(code, message);
            }
        }
    }
    if values.iter().any(|value| is_nullish(*value)) {
        return Ok(Some(RawValue::Null));
    }
    let [input, find, replacement] = texts;
    let mut out = String::with_capacity(input.len());
    let mut rest = 0;
    for (at, found) in input.match_indices(find).take(most) {
        out.push_str(&input[rest..at]);
        out.push_str(replacement);
        check_size(out.len())?;
        rest = at + found.len();
    }
    out.push_str(&input[rest..]);
    check_size(out.len())?;
    Ok(Some(frame.string(out)))
}
