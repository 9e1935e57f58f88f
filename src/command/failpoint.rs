//! `configureFailPoint`, in libraries for tests only: makes the engine panic at a place
//! ([source](https://github.com/mongodb/mongo/blob/master/src/mongo/db/commands/fail_point_cmd.cpp)).
//!
//! `{"configureFailPoint": "panicWhileWriting", "mode": {"times": 1}}`, or `"alwaysOn"`, or `"off"`.

use super::call::Call;
use super::registry::Command;
use crate::bson::{Builder, RawValue};
use crate::error::{Code, Error, Result};
use crate::failpoint::{self, Point};

pub const CONFIGURE_FAIL_POINT: Command = Command {
    name: "configureFailPoint",
    aliases: &[],
    fields: &["mode"],
    options: &[],
    in_transaction: false,
    run: configure,
};

fn configure(call: &Call<'_>, _: &mut Builder<'_>) -> Result<()> {
    let refused = |message: String| Err(Error::query(Code::BAD_VALUE, message));
    let point = match call.target() {
        RawValue::String(name) => Point::named(name.as_str()),
        _ => None,
    };
    let Some(point) = point else {
        return refused("there is no such fail point".to_string());
    };
    let times = match call.fields.get("mode") {
        Some(RawValue::String(mode)) if mode.as_str() == "off" => Some(0),
        Some(RawValue::String(mode)) if mode.as_str() == "alwaysOn" => Some(u64::MAX),
        Some(RawValue::Document(mode)) => mode
            .get("times")
            .and_then(|times| times.as_integer())
            .and_then(|times| u64::try_from(times).ok()),
        _ => None,
    };
    let Some(times) = times else {
        return refused("mode must be \"off\", \"alwaysOn\" or {\"times\": n}".to_string());
    };
    failpoint::set(point, times);
    Ok(())
}
