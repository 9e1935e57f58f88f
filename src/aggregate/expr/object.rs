//! Documents as values: fields by computed or unusual names, merging, and the way to arrays of pairs
//! and back.

use std::collections::HashMap;

use super::{
    ArrayWriter, Compiler, Computed, DocumentWriter, Entry, Frame, Node, elements, is_nullish,
    named_arguments, refuse, required, type_name,
};
use crate::bson::{RawDoc, RawValue, Text};
use crate::error::Result;
use crate::query::explain::shell_text;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$objectToArray", 1, to_array),
    Entry::fixed("$arrayToObject", 1, from_array),
    Entry::variadic("$mergeObjects", merge),
    Entry::special("$getField", compile_get),
    Entry::special("$setField", compile_set),
    Entry::special("$unsetField", compile_unset),
];

/// Fields in the order in which their names came first; a later value takes the place of an earlier.
#[derive(Default)]
struct Fields<'a> {
    fields: Vec<(Text<'a>, RawValue<'a>)>,
    positions: HashMap<&'a [u8], usize>,
}

impl<'a> Fields<'a> {
    fn set(&mut self, name: Text<'a>, value: RawValue<'a>) {
        let next = self.fields.len();
        let at = *self.positions.entry(name.as_bytes()).or_insert(next);
        match self.fields.get_mut(at) {
            Some(field) => field.1 = value,
            None => self.fields.push((name, value)),
        }
    }

    fn finish(self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let mut document = DocumentWriter::new();
        for (name, value) in self.fields {
            document.append(name, value)?;
        }
        Ok(Some(document.finish(frame)))
    }
}

fn to_array<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let document = match values[0] {
        Some(RawValue::Document(document)) => document,
        value if is_nullish(value) => return Ok(Some(RawValue::Null)),
        value => {
            let found = type_name(value);
            return refuse(
                40390,
                format!("$objectToArray requires a document input, found: {found}"),
            );
        }
    };
    let mut pairs = ArrayWriter::new();
    for (name, value) in document {
        let mut pair = DocumentWriter::new();
        pair.append("k", RawValue::String(name))?;
        pair.append("v", value)?;
        pairs.push_document(pair)?;
    }
    Ok(Some(pairs.finish(frame)))
}

fn from_array<'a>(
    _: &'static str,
    values: &[Computed<'a>],
    frame: Frame<'a>,
) -> Result<Computed<'a>> {
    let array = match values[0] {
        Some(RawValue::Array(array)) => array,
        value if is_nullish(value) => return Ok(Some(RawValue::Null)),
        value => {
            let found = type_name(value);
            return refuse(
                40386,
                format!("$arrayToObject requires an array input, found: {found}"),
            );
        }
    };
    let of_arrays = match elements(array).next() {
        None | Some(RawValue::Document(_)) => false,
        Some(RawValue::Array(_)) => true,
        Some(other) => {
            let found = other.type_name();
            let message = format!("Unrecognised input type format for $arrayToObject: {found}");
            return refuse(40398, message);
        }
    };
    let mut fields = Fields::default();
    for pair in elements(array) {
        let (name, value, code) = match pair {
            RawValue::Array(pair) if of_arrays => pair_of_array(pair)?,
            RawValue::Document(pair) if !of_arrays => pair_of_document(pair)?,
            other => return mixed(of_arrays, other),
        };
        if name.as_bytes().contains(&0) {
            return refuse(code, "Key field cannot contain an embedded null byte");
        }
        fields.set(name, value);
    }
    fields.finish(frame)
}

fn mixed<T>(of_arrays: bool, found: RawValue<'_>) -> Result<T> {
    let (code, first) = if of_arrays {
        (40396, "Array")
    } else {
        (40391, "Object")
    };
    let found = found.type_name();
    refuse(
        code,
        format!(
            "$arrayToObject requires a consistent input format. Elements must all be arrays or all \
             be objects. {first} was detected, now found: {found}"
        ),
    )
}

type Pair<'a> = (Text<'a>, RawValue<'a>, i32);

fn pair_of_array(pair: RawDoc<'_>) -> Result<Pair<'_>> {
    let size = pair.elements().count();
    let mut values = elements(pair);
    match (values.next(), values.next(), size) {
        (Some(RawValue::String(name)), Some(value), 2) => Ok((name, value, 4940400)),
        (Some(other), Some(_), 2) => refuse(
            40395,
            format!(
                "$arrayToObject requires an array of key-value pairs, where the key must be of type \
                 string. Found key type: {}",
                other.type_name()
            ),
        ),
        _ => refuse(
            40397,
            format!(
                "$arrayToObject requires an array of size 2 arrays,found array of size: {size}"
            ),
        ),
    }
}

fn pair_of_document(pair: RawDoc<'_>) -> Result<Pair<'_>> {
    let size = pair.elements().count();
    if size != 2 {
        return refuse(
            40392,
            format!(
                "$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of \
                 keys:{size}"
            ),
        );
    }
    match (pair.get("k"), pair.get("v")) {
        (Some(RawValue::String(name)), Some(value)) => Ok((name, value, 4940401)),
        (Some(other), Some(_)) => refuse(
            40394,
            format!(
                "$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' \
                 must be of type string. Found type: {}",
                other.type_name()
            ),
        ),
        _ => refuse(
            40393,
            format!(
                "$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both \
                 keys from: {}",
                shell_text(RawValue::Document(pair))
            ),
        ),
    }
}

fn merge<'a>(_: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let mut fields = Fields::default();
    match values {
        // A single array is what is merged.
        [Some(RawValue::Array(array))] => {
            for value in elements(*array) {
                merge_into(&mut fields, Some(value))?;
            }
        }
        values => {
            for value in values {
                merge_into(&mut fields, *value)?;
            }
        }
    }
    fields.finish(frame)
}

fn merge_into<'a>(fields: &mut Fields<'a>, value: Computed<'a>) -> Result<()> {
    match value {
        Some(RawValue::Document(document)) => {
            for (name, value) in document {
                fields.set(name, value);
            }
            Ok(())
        }
        value if is_nullish(value) => Ok(()),
        value => refuse(
            40400,
            format!(
                "$mergeObjects requires object inputs, but input {} is of type {}",
                super::array::text(value),
                type_name(value)
            ),
        ),
    }
}

fn compile_get(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let is_operator = |document: RawDoc<'_>| {
        let first = document.elements().next();
        first.is_some_and(|first| first.key().as_bytes().starts_with(b"$"))
    };
    let (field, input) = match operand {
        RawValue::Document(arguments) if !is_operator(arguments) => {
            let [field, input] =
                named_arguments(name, operand, ["field", "input"], 3041701, 3041701)?;
            let field = required(name, "field", field, 3041702)?;
            let input = required(name, "input", input, 3041703)?;
            (compiler.operand(field)?, compiler.operand(input)?)
        }
        _ => (
            compiler.operand(operand)?,
            compiler.field_path("$$CURRENT")?,
        ),
    };
    if let Some(Some(constant)) = field.as_constant()
        && constant.as_str().is_none()
    {
        return not_a_name(3041704, name, Some(constant));
    }
    Ok(compiler.call(name, get, vec![field, input]))
}

fn not_a_name<T>(code: i32, name: &str, found: Computed<'_>) -> Result<T> {
    let found = type_name(found);
    refuse(
        code,
        format!("{name} requires 'field' to evaluate to type String, but got {found}"),
    )
}

fn get<'a>(name: &'static str, values: &[Computed<'a>], _: Frame<'a>) -> Result<Computed<'a>> {
    let Some(RawValue::String(field)) = values[0] else {
        return not_a_name(3041704, name, values[0]);
    };
    Ok(match values[1] {
        Some(RawValue::Document(document)) => document.get(field),
        Some(RawValue::Null | RawValue::Undefined) => Some(RawValue::Null),
        _ => None,
    })
}

fn compile_set(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let known = ["field", "value", "input"];
    let [field, value, input] = named_arguments(name, operand, known, 4161100, 4161101)?;
    let field = required(name, "field", field, 4161102)?;
    let value = required(name, "value", value, 4161103)?;
    let input = required(name, "input", input, 4161109)?;
    let value = compiler.operand(value)?;
    set_field(compiler, name, field, value, input)
}

fn compile_unset(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
) -> Result<Node> {
    let [field, input] = named_arguments(name, operand, ["field", "input"], 4161100, 4161101)?;
    let field = required(name, "field", field, 4161102)?;
    let input = required(name, "input", input, 4161109)?;
    set_field(compiler, name, field, Node::Constant(None), input)
}

fn set_field(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    field: RawValue<'_>,
    value: Node,
    input: RawValue<'_>,
) -> Result<Node> {
    if let Some(path) = field.as_str()
        && path.starts_with('$')
    {
        return refuse(
            4161108,
            format!(
                "A field path reference which is not allowed in this context. Did you mean \
                 {{$literal: '{path}'}}?"
            ),
        );
    }
    let field = compiler.operand(field)?;
    match field.as_constant() {
        Some(Some(RawValue::String(_))) => {}
        Some(other) => return not_a_name(4161107, name, other),
        None => {
            return refuse(
                4161106,
                format!(
                    "{name} requires 'field' to evaluate to a constant, but got a non-constant \
                     argument"
                ),
            );
        }
    }
    let input = compiler.operand(input)?;
    Ok(compiler.call(name, set, vec![field, value, input]))
}

fn set<'a>(name: &'static str, values: &[Computed<'a>], frame: Frame<'a>) -> Result<Computed<'a>> {
    let Some(RawValue::String(field)) = values[0] else {
        return not_a_name(4161107, name, values[0]);
    };
    let document = match values[2] {
        Some(RawValue::Document(document)) => document,
        value if is_nullish(value) => return Ok(Some(RawValue::Null)),
        value => {
            let found = type_name(value);
            return refuse(
                4161105,
                format!("{name} requires 'input' to evaluate to type Object, found {found}"),
            );
        }
    };
    let mut new = DocumentWriter::new();
    let mut pending = values[1];
    for (own, value) in document {
        if own != field {
            new.append(own, value)?;
        } else if let Some(value) = pending.take() {
            new.append(own, value)?;
        }
    }
    if let Some(value) = pending {
        new.append(field, value)?;
    }
    Ok(Some(new.finish(frame)))
}
