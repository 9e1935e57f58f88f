//! `$trim`, `$ltrim`, `$rtrim`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/trim/)).

use crate::aggregate::expr::{
    Compiler, Computed, Entry, Function, Node, error, is_nullish, named, refuse, type_name,
};
use crate::bson::{RawValue, Text};
use crate::error::Result;
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::special("$trim", |compiler, name, operand| {
        compile(compiler, name, operand, |name, values, _| {
            trimmed(name, values, true, true)
        })
    }),
    Entry::special("$ltrim", |compiler, name, operand| {
        compile(compiler, name, operand, |name, values, _| {
            trimmed(name, values, true, false)
        })
    }),
    Entry::special("$rtrim", |compiler, name, operand| {
        compile(compiler, name, operand, |name, values, _| {
            trimmed(name, values, false, true)
        })
    }),
];

/// What counts as white space where no `chars` are given.
const WHITE_SPACE: &str = "\0 \t\n\u{b}\u{c}\r\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\
                           \u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}";

fn compile(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
    function: Function,
) -> Result<Node> {
    let [input, chars] = named(
        operand,
        ["input", "chars"],
        |found| {
            let message = format!("{name} only supports an object as an argument, found {found}");
            error(50696, message)
        },
        |key| error(50694, format!("{name} found an unknown argument: {key}")),
    )?;
    let missing = || error(50695, format!("{name} requires an 'input' field"));
    let operands = vec![
        compiler.operand(input.ok_or_else(missing)?)?,
        compiler
            .operand(chars.unwrap_or(RawValue::String(Text::from_bytes(WHITE_SPACE.as_bytes()))))?,
    ];
    Ok(compiler.call(name, function, operands))
}

fn trimmed<'a>(
    name: &str,
    values: &[Computed<'a>],
    left: bool,
    right: bool,
) -> Result<Computed<'a>> {
    let null = Ok(Some(RawValue::Null));
    let input = match values[0] {
        Some(RawValue::String(text)) => text.as_str(),
        value if is_nullish(value) => return null,
        value => {
            let (text, found) = (value.map_or(String::new(), shell_text), type_name(value));
            let message = format!(
                "{name} requires its input to be a string, got {text} (of type {found}) instead."
            );
            return refuse(50699, message);
        }
    };
    let chars = match values[1] {
        Some(RawValue::String(text)) => text.as_str(),
        value if is_nullish(value) => return null,
        value => {
            let (text, found) = (value.map_or(String::new(), shell_text), type_name(value));
            let message = format!(
                "{name} requires 'chars' to be a string, got {text} (of type {found}) instead."
            );
            return refuse(50700, message);
        }
    };
    let mut rest = input;
    if left {
        rest = rest.trim_start_matches(|c| chars.contains(c));
    }
    if right {
        rest = rest.trim_end_matches(|c| chars.contains(c));
    }
    Ok(Some(rest.into()))
}
