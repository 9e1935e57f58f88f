//! `$push`: adds values to an array, then sorts and cuts it
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/update/push/)).
//!
//! Whatever the order in which they are written: `$each` is inserted at `$position`, then comes
//! `$sort`, then `$slice`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::comparison::Comparison;
use super::describe::{abbreviated, describe};
use super::operator::{At, Operand, Operator, Outcome, Slot};
use super::set::check_depth;
use crate::bson::{Element, Path, RawDoc, RawValue, RawValueBuf};
use crate::error::{Code, Error, Result};

#[derive(Debug)]
pub(super) struct Push {
    values: Vec<RawValueBuf>,
    /// Where the values go: from the end if it is negative. `None`: at the end.
    position: Option<i64>,
    sort: Option<Order>,
    /// How many elements stay: the first, or if it is negative the last.
    slice: Option<i64>,
}

/// `$sort`: by fields of the elements, or by the elements themselves if there are none.
#[derive(Debug)]
struct Order {
    fields: Vec<(Path, bool)>,
    descending: bool,
    comparison: Comparison,
}

impl Push {
    pub(super) fn compile(operand: &Operand<'_>) -> Result<Arc<dyn Operator>> {
        let mut push = Push {
            values: Vec::new(),
            position: None,
            sort: None,
            slice: None,
        };
        match operand.value {
            RawValue::Document(clauses) if clauses.get_element("$each").is_some() => {
                for (name, value) in clauses {
                    push.read_clause(name.as_str(), value, operand)?;
                }
            }
            value => push.add(value, operand)?,
        }
        Ok(Arc::new(push))
    }

    fn read_clause(
        &mut self,
        name: &str,
        value: RawValue<'_>,
        operand: &Operand<'_>,
    ) -> Result<()> {
        match name {
            "$each" => {
                let RawValue::Array(values) = value else {
                    return Err(bad_value(format!(
                        "The argument to $each in $push must be an array but it was of type: {}: \
                         found {} at \"{}\"",
                        value.type_name(),
                        abbreviated(value),
                        operand.path
                    )));
                };
                for (_, value) in values {
                    self.add(value, operand)?;
                }
            }
            "$position" => {
                self.position = Some(integer(
                    value,
                    "The value for $position must be an integer value, not of type:",
                )?);
            }
            "$slice" => {
                self.slice = Some(integer(
                    value,
                    "The value for $slice must be an integer value but was given type:",
                )?);
            }
            "$sort" => self.sort = Some(Order::compile(value, operand)?),
            _ => return Err(bad_value(format!("Unrecognized clause in $push: {name}"))),
        }
        Ok(())
    }

    fn add(&mut self, value: RawValue<'_>, operand: &Operand<'_>) -> Result<()> {
        check_depth(operand.path, 1, value)?;
        self.values.push(value.into());
        Ok(())
    }

    /// Puts the values among the elements there, sorts and cuts. Whether that changes anything.
    fn rearrange<'v>(&'v self, elements: &mut Vec<RawValue<'v>>) -> bool {
        let len = elements.len();
        let at = match self.position {
            None => len,
            Some(position) if position >= 0 => len.min(position.unsigned_abs() as usize),
            Some(position) => len.saturating_sub(position.unsigned_abs() as usize),
        };
        elements.splice(at..at, self.values.iter().map(RawValueBuf::as_raw));
        if let Some(order) = &self.sort {
            elements.sort_by(|a, b| order.compare(*a, *b));
        }
        let before = elements.len();
        if let Some(slice) = self.slice {
            let keep = usize::try_from(slice.unsigned_abs()).unwrap_or(usize::MAX);
            let surplus = before.saturating_sub(keep);
            match slice < 0 {
                true => drop(elements.drain(..surplus)),
                false => elements.truncate(keep),
            }
        }
        !self.values.is_empty() || self.sort.is_some() || elements.len() < before
    }
}

impl Operator for Push {
    fn change(
        &self,
        current: Option<Element<'_>>,
        slot: Slot<'_, '_>,
        at: &At<'_>,
    ) -> Result<Outcome> {
        let array = match current.and_then(Element::value) {
            None => RawDoc::EMPTY,
            Some(RawValue::Array(array)) => array,
            Some(other) => {
                return Err(bad_value(format!(
                    "The field '{}' must be an array but is of type {} in document {{{}}}: $push \
                     found {}",
                    at.path(),
                    other.type_name(),
                    at.document_id(),
                    describe(other)
                )));
            }
        };
        if self.position.is_none() && self.sort.is_none() && self.slice.is_none() {
            if self.values.is_empty() && current.is_some() {
                return Ok(Outcome::Kept);
            }
            let mut builder = slot.array();
            builder.extend_array(array);
            for value in &self.values {
                builder.push(value.as_raw());
            }
            return Ok(Outcome::Written);
        }
        let mut elements: Vec<RawValue<'_>> = array.iter().map(|(_, value)| value).collect();
        let changed = self.rearrange(&mut elements);
        if !changed && current.is_some() {
            return Ok(Outcome::Kept);
        }
        let mut builder = slot.array();
        for element in elements {
            builder.push(element);
        }
        Ok(Outcome::Written)
    }
}

impl Order {
    fn compile(sort: RawValue<'_>, operand: &Operand<'_>) -> Result<Order> {
        let mut order = Order {
            fields: Vec::new(),
            descending: false,
            comparison: Comparison::of(operand.context),
        };
        match sort {
            RawValue::Document(fields) if fields.is_empty() => {
                return Err(bad_value(
                    "The $sort pattern is empty when it should be a set of fields.",
                ));
            }
            RawValue::Document(fields) => {
                for (name, direction) in fields {
                    let descending = descending(direction)?;
                    order.fields.push((sort_path(name.as_str())?, descending));
                }
            }
            direction if direction.is_number() => order.descending = descending(direction)?,
            _ => {
                return Err(bad_value(format!(
                    "The $sort is invalid: use 1/-1 to sort the whole element, or {{field:1/-1}} \
                     to sort embedded fields, found {}",
                    describe(sort)
                )));
            }
        }
        Ok(order)
    }

    fn compare(&self, a: RawValue<'_>, b: RawValue<'_>) -> Ordering {
        if self.fields.is_empty() {
            return directed(self.comparison.compare(a, b), self.descending);
        }
        let mut fields = self.fields.iter();
        let decided = fields.find_map(|(path, descending)| {
            let order = self.comparison.compare(field(a, path), field(b, path));
            Some(directed(order, *descending)).filter(|order| order.is_ne())
        });
        decided.unwrap_or(Ordering::Equal)
    }
}

fn directed(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

/// The value that a path leads to, names in documents and positions in arrays; null if it leads
/// nowhere.
fn field<'a>(element: RawValue<'a>, path: &Path) -> RawValue<'a> {
    let RawValue::Document(document) = element else {
        return RawValue::Null;
    };
    let step = |value: RawValue<'a>, name: &str| match value {
        RawValue::Document(within) | RawValue::Array(within) => within.get(name),
        _ => None,
    };
    let mut names = path.components();
    let value = names.try_fold(RawValue::Document(document), step);
    value.unwrap_or(RawValue::Null)
}

fn sort_path(name: &str) -> Result<Path> {
    if name.is_empty() {
        return Err(bad_value("The $sort field cannot be empty"));
    }
    let path = Path::new(name);
    if path.components().any(str::is_empty) {
        return Err(bad_value(format!(
            "The $sort field is a dotted field but has an empty part: {name}"
        )));
    }
    Ok(path)
}

fn descending(direction: RawValue<'_>) -> Result<bool> {
    match direction.as_integer() {
        Some(1) => Ok(false),
        Some(-1) => Ok(true),
        _ => Err(bad_value(format!(
            "The $sort element value must be either 1 or -1, found {}",
            abbreviated(direction)
        ))),
    }
}

fn integer(value: RawValue<'_>, message: &str) -> Result<i64> {
    value.as_integer().ok_or_else(|| {
        let found = abbreviated(value);
        bad_value(format!("{message} {} (found {found})", value.type_name()))
    })
}

fn bad_value(message: impl Into<String>) -> Error {
    Error::query(Code::BAD_VALUE, message)
}
