//! The arguments that date operators share: dates, time zones, units, days of the week.

use super::unit::{Unit, day_of_week};
use super::zone::Zone;
use crate::aggregate::expr::{Computed, error, is_nullish, refuse, type_name};
use crate::bson::RawValue;
use crate::error::Result;

/// What stands for a time zone where none is given.
pub(super) const DEFAULT_ZONE: RawValue<'static> = text("UTC");

/// Where weeks begin if nothing is said.
pub(super) const DEFAULT_START_OF_WEEK: RawValue<'static> = text("sunday");

const fn text(text: &'static str) -> RawValue<'static> {
    RawValue::String(crate::bson::Text::from_bytes(text.as_bytes()))
}

/// The instant of a date, or of a timestamp or an ObjectId, which hold one.
pub(crate) fn as_date(value: RawValue<'_>) -> Option<i64> {
    match value {
        RawValue::DateTime(ms) => Some(ms),
        RawValue::Timestamp { time, .. } => Some(i64::from(time) * 1000),
        RawValue::ObjectId(id) => Some(i64::from(id.timestamp()) * 1000),
        _ => None,
    }
}

/// The instant of a value that is not nullish.
pub(super) fn date(value: Computed<'_>) -> Result<i64> {
    value.and_then(as_date).ok_or_else(|| {
        let found = type_name(value);
        error(
            16006,
            format!("can't convert from BSON type {found} to Date"),
        )
    })
}

/// The zone that a value names; none if it is nullish.
pub(super) fn zone(value: Computed<'_>) -> Result<Option<Zone>> {
    match value {
        value if is_nullish(value) => Ok(None),
        Some(RawValue::String(name)) => Zone::from_name(name.as_str()).map(Some),
        other => {
            let found = type_name(other);
            refuse(
                40517,
                format!("timezone must evaluate to a string, found {found}"),
            )
        }
    }
}

/// The unit that a value names; none if it is nullish.
pub(super) fn unit(operator: &str, value: Computed<'_>) -> Result<Option<Unit>> {
    match value {
        value if is_nullish(value) => Ok(None),
        Some(RawValue::String(name)) => {
            let unit = Unit::from_name(name.as_str());
            let context =
                format!("{operator} parameter 'unit' value parsing failed :: caused by :");
            unit.map(Some).map_err(|error| error.context(context))
        }
        other => {
            let found = type_name(other);
            refuse(
                5439013,
                format!("{operator} requires 'unit' to be a string, but got {found}"),
            )
        }
    }
}

/// The ISO number of the day that a value names; none if it is nullish.
pub(super) fn start_of_week(operator: &str, value: Computed<'_>) -> Result<Option<i64>> {
    match value {
        value if is_nullish(value) => Ok(None),
        Some(RawValue::String(name)) => {
            let day = day_of_week(name.as_str()).ok_or_else(|| {
                let message = format!(
                    "{operator} parameter 'startOfWeek' value cannot be recognized as a day of a \
                     week: {name}"
                );
                error(5439016, message)
            });
            day.map(Some)
        }
        other => {
            let found = type_name(other);
            let message =
                format!("{operator} requires 'startOfWeek' to be a string, but got {found}");
            refuse(5439015, message)
        }
    }
}
