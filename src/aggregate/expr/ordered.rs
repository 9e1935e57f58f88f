//! Parts of arrays by order: `$firstN`, `$lastN`, `$minN`, `$maxN`, and `$sortArray`.

use super::{
    ArrayWriter, Compiler, Computed, Entry, Frame, Function, Node, Operator, array, collect,
    is_nullish, named_arguments, refuse, required, type_name,
};
use crate::bson::{RawDoc, RawValue};
use crate::error::Result;
use crate::query::Sort;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::special("$firstN", |compiler, name, operand| {
        compile_n(compiler, name, operand, first_n)
    }),
    Entry::special("$lastN", |compiler, name, operand| {
        compile_n(compiler, name, operand, last_n)
    }),
    Entry::special("$minN", |compiler, name, operand| {
        compile_n(compiler, name, operand, min_n)
    }),
    Entry::special("$maxN", |compiler, name, operand| {
        compile_n(compiler, name, operand, max_n)
    }),
    Entry::special("$sortArray", SortArray::compile),
];

fn compile_n(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
    function: Function,
) -> Result<Node> {
    let [n, input] = named_arguments(name, operand, ["n", "input"], 5787900, 5787901)?;
    let n = compiler.operand(required(name, "n", n, 5787906)?)?;
    let input = compiler.operand(required(name, "input", input, 5787907)?)?;
    Ok(compiler.call(name, function, vec![n, input]))
}

/// The array's elements, and how many of them are wanted.
fn arguments<'a>(values: &[Computed<'a>]) -> Result<(Vec<RawValue<'a>>, usize)> {
    let Some(n) = values[0].and_then(|n| n.as_integer()) else {
        let found = array::text(values[0]);
        let message = format!("Value for 'n' must be of integral type, but found {found}");
        return refuse(5787902, message);
    };
    if n <= 0 {
        return refuse(5787908, format!("'n' must be greater than 0, found {n}"));
    }
    let Some(RawValue::Array(array)) = values[1] else {
        let found = type_name(values[1]);
        return refuse(
            5788200,
            format!("Input must be an array, but found {found}"),
        );
    };
    Ok((collect(array), usize::try_from(n).unwrap_or(usize::MAX)))
}

fn write<'a, 'v>(
    values: impl Iterator<Item = &'v RawValue<'a>>,
    frame: Frame<'a>,
) -> Result<Computed<'a>>
where
    'a: 'v,
{
    let mut array = ArrayWriter::new();
    for value in values {
        array.push(*value)?;
    }
    Ok(Some(array.finish(frame)))
}

fn first_n<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let (values, n) = arguments(values)?;
    write(values.iter().take(n), frame)
}

fn last_n<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let (values, n) = arguments(values)?;
    write(values.iter().skip(values.len().saturating_sub(n)), frame)
}

fn min_n<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let (mut values, n) = arguments(values)?;
    values.retain(|value| !is_nullish(Some(*value)));
    values.sort_by(|a, b| frame.compare(*a, *b));
    write(values.iter().take(n), frame)
}

fn max_n<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let (mut values, n) = arguments(values)?;
    values.retain(|value| !is_nullish(Some(*value)));
    values.sort_by(|a, b| frame.compare(*b, *a));
    write(values.iter().take(n), frame)
}

#[derive(Debug)]
struct SortArray {
    input: Node,
    order: Order,
}

#[derive(Debug)]
enum Order {
    /// Of the elements as wholes; descending or not.
    Whole(bool),
    /// Of the elements' fields.
    Fields(Sort),
}

impl SortArray {
    fn compile(
        compiler: &mut Compiler<'_>,
        name: &'static str,
        operand: RawValue<'_>,
    ) -> Result<Node> {
        let known = ["input", "sortBy"];
        let [input, order] = named_arguments(name, operand, known, 2942500, 2942501)?;
        let input = compiler.operand(required(name, "input", input, 2942502)?)?;
        let order = match required(name, "sortBy", order, 2942503)? {
            RawValue::Document(fields) if !fields.is_empty() => {
                Order::Fields(Sort::compile(fields, compiler.context())?)
            }
            RawValue::Document(_) => {
                return refuse(2942505, "sortBy of $sortArray must have at least one field");
            }
            other => match other.as_integer() {
                Some(1) => Order::Whole(false),
                Some(-1) => Order::Whole(true),
                _ => {
                    return refuse(
                        2942506,
                        format!(
                            "The $sort element value must be either 1 or -1, or a document of \
                             fields to sort by, found {}",
                            array::text(Some(other))
                        ),
                    );
                }
            },
        };
        Ok(compiler.operator(SortArray { input, order }))
    }
}

impl Operator for SortArray {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let mut values = match self.input.evaluate(frame)? {
            Some(RawValue::Array(array)) => collect(array),
            value if is_nullish(value) => return Ok(Some(RawValue::Null)),
            value => {
                let found = type_name(value);
                return refuse(
                    2942504,
                    format!(
                        "The input argument to $sortArray must be an array, but was of type: {found}"
                    ),
                );
            }
        };
        match &self.order {
            Order::Whole(false) => values.sort_by(|a, b| frame.compare(*a, *b)),
            Order::Whole(true) => values.sort_by(|a, b| frame.compare(*b, *a)),
            Order::Fields(sort) => {
                let mut keyed = Vec::with_capacity(values.len());
                for value in values {
                    frame.step()?;
                    let mut key = Vec::new();
                    let document = value.as_document().unwrap_or(RawDoc::EMPTY);
                    sort.write_key(document, &mut key)?;
                    keyed.push((key, value));
                }
                keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
                values = keyed.into_iter().map(|(_, value)| value).collect();
            }
        }
        write(values.iter(), frame)
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.input);
    }
}
