//! `$year`, `$month`, `$dayOfMonth` and all others that read one part of a date in a time zone.

use super::arguments::{DEFAULT_ZONE, date, zone};
use super::parts::Local;
use crate::aggregate::expr::{
    Compiler, Computed, Entry, Frame, Node, Operator, error, is_nullish, named, refuse,
};
use crate::bson::RawValue;
use crate::error::Result;
use crate::query::explain::shell_text;

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::special("$year", |c, n, o| compile(c, n, o, |local| int(local.year))),
    Entry::special("$month", |c, n, o| {
        compile(c, n, o, |local| int(local.month))
    }),
    Entry::special("$dayOfMonth", |c, n, o| {
        compile(c, n, o, |local| int(local.day))
    }),
    Entry::special("$dayOfWeek", |c, n, o| {
        compile(c, n, o, |local| int(local.day_of_week()))
    }),
    Entry::special("$dayOfYear", |c, n, o| {
        compile(c, n, o, |local| int(local.day_of_year()))
    }),
    Entry::special("$hour", |c, n, o| {
        compile(c, n, o, |local| int(local.hour()))
    }),
    Entry::special("$minute", |c, n, o| {
        compile(c, n, o, |local| int(local.minute()))
    }),
    Entry::special("$second", |c, n, o| {
        compile(c, n, o, |local| int(local.second()))
    }),
    Entry::special("$millisecond", |c, n, o| {
        compile(c, n, o, |local| int(local.milliseconds))
    }),
    Entry::special("$week", |c, n, o| {
        compile(c, n, o, |local| int(local.week()))
    }),
    Entry::special("$isoWeek", |c, n, o| {
        compile(c, n, o, |local| int(local.iso_week().1))
    }),
    // The one that MongoDB gives as a long.
    Entry::special("$isoWeekYear", |c, n, o| {
        compile(c, n, o, |local| RawValue::Int64(local.iso_week().0))
    }),
    Entry::special("$isoDayOfWeek", |c, n, o| {
        compile(c, n, o, |local| int(local.iso_day_of_week()))
    }),
];

type Part = fn(&Local) -> RawValue<'static>;

/// The parts of a date that can be stored are ints: the year of the last is 292278994.
fn int(part: i64) -> RawValue<'static> {
    RawValue::Int32(part as i32)
}

#[derive(Debug)]
struct Accessor {
    date: Node,
    zone: Node,
    part: Part,
}

/// The operand is the date, alone or in an array, or a document of `date` and `timezone`.
fn compile(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
    part: Part,
) -> Result<Node> {
    let (date, zone) = match operand {
        RawValue::Document(document)
            if !document
                .iter()
                .next()
                .is_some_and(|(key, _)| key.as_bytes().starts_with(b"$")) =>
        {
            let [date, zone] = named(
                operand,
                ["date", "timezone"],
                |_| error(40539, String::new()),
                |key| error(40535, format!("unrecognized option to {name}: \"{key}\"")),
            )?;
            let missing = || {
                let given = shell_text(operand);
                error(
                    40539,
                    format!("missing 'date' argument to {name}, provided: {name}: {given}"),
                )
            };
            (date.ok_or_else(missing)?, zone)
        }
        RawValue::Array(array) => {
            let mut elements = array.iter().map(|(_, element)| element);
            match (elements.next(), elements.next()) {
                (Some(date), None) => (date, None),
                _ => {
                    let count = array.elements().count();
                    let message = format!(
                        "{name} accepts exactly one argument if given an array, but was given {count}"
                    );
                    return refuse(40536, message);
                }
            }
        }
        date => (date, None),
    };
    let date = compiler.operand(date)?;
    let zone = compiler.operand(zone.unwrap_or(DEFAULT_ZONE))?;
    Ok(compiler.operator(Accessor { date, zone, part }))
}

impl Operator for Accessor {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let value = self.date.evaluate(frame)?;
        if is_nullish(value) {
            return Ok(Some(RawValue::Null));
        }
        let ms = date(value)?;
        Ok(Some(match zone(self.zone.evaluate(frame)?)? {
            Some(zone) => (self.part)(&Local::new(ms, &zone)),
            None => RawValue::Null,
        }))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.date);
        visit(&self.zone);
    }
}
