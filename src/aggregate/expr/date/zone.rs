//! Time zones: UTC, a fixed offset, or an Olson identifier such as `Europe/Berlin`.
//!
//! The rules of all zones are part of the library, so that it needs no zone files of the machine
//! and gives the same answers everywhere. A zone is parsed when it is first named and kept.
//!
//! A wall-clock time that a zone skips (a gap) lies later by the length of the gap; of one that comes
//! twice (a fold) standard time is meant, unless the caller comes from daylight saving time.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;

use crate::bson::packed::{Pack, inflate};
use crate::error::{Code, Error, Result};

/// A time zone.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    /// An offset from UTC in seconds, east being positive; 0 is UTC.
    Fixed(i32),
    /// A zone with a name, and rules that change.
    Named(Arc<tz::TimeZone>),
}

/// What a zone's clocks show at some instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Offset {
    /// Seconds east of UTC.
    pub(super) seconds: i32,
    pub(super) daylight_saving: bool,
}

/// The zones that have been named so far; there are about six hundred at most.
static NAMED: LazyLock<RwLock<HashMap<&'static str, Arc<tz::TimeZone>>>> =
    LazyLock::new(RwLock::default);

/// The rules of all zones, unpacked when the first one is named: 0.2 MB.
static RULES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    inflate(include_bytes!("zones.bin")).expect("was packed by this library's tests")
});

impl Zone {
    pub(super) const UTC: Zone = Zone::Fixed(0);

    /// The zone of an Olson identifier, in its exact spelling, or of an offset: `+HH`, `+HHMM`, `+HH:MM`.
    pub(super) fn from_name(name: &str) -> Result<Zone> {
        if name == "UTC" {
            return Ok(Zone::UTC);
        }
        if let Some(seconds) = parse_offset(name) {
            return Ok(Zone::Fixed(seconds));
        }
        if let Some(zone) = NAMED.read().get(name) {
            return Ok(Zone::Named(zone.clone()));
        }
        let unknown = || {
            let message = format!("unrecognized time zone identifier: \"{name}\"");
            Error::query(Code(40485), message)
        };
        let (name, rules) = Pack::new(&RULES).find(name).ok_or_else(unknown)?;
        let zone = tz::TimeZone::from_tz_data(rules).map_err(|error| {
            let message = format!("the rules of time zone \"{name}\" cannot be read: {error}");
            Error::query(Code::INTERNAL_ERROR, message)
        })?;
        let zone = Arc::new(zone);
        NAMED.write().insert(name, zone.clone());
        Ok(Zone::Named(zone))
    }

    pub(super) fn is_utc(&self) -> bool {
        matches!(self, Zone::Fixed(0))
    }

    /// The offset at an instant, in seconds since 1970.
    pub(super) fn offset_at(&self, instant: i64) -> Offset {
        match self {
            Zone::Fixed(seconds) => Offset {
                seconds: *seconds,
                daylight_saving: false,
            },
            Zone::Named(zone) => {
                let zone = tz::TimeZone::as_ref(zone);
                // Fails only for zones whose rules end, and then the last of them stays in force.
                let kind = zone.find_local_time_type(instant).unwrap_or_else(|_| {
                    let last = zone.transitions().last();
                    &zone.local_time_types()[last.map_or(0, |last| last.local_time_type_index())]
                });
                Offset {
                    seconds: kind.ut_offset(),
                    daylight_saving: kind.is_dst(),
                }
            }
        }
    }

    /// The instant at which the zone's clocks show `wall`, both in seconds since 1970 began there.
    /// `daylight_saving` says which of the two instants of a fold is meant.
    pub(super) fn instant_of(&self, wall: i64, daylight_saving: bool) -> i64 {
        const DAY: i64 = 86_400;
        // Zones are less than a day from UTC, and their changes lie further apart than two.
        let before = self.offset_at(wall.saturating_sub(DAY));
        let after = self.offset_at(wall.saturating_add(DAY));
        let by = |offset: Offset| wall.saturating_sub(i64::from(offset.seconds));
        let shows = |offset: Offset| self.offset_at(by(offset)).seconds == offset.seconds;
        match (shows(before), shows(after)) {
            (true, true) if before.daylight_saving != after.daylight_saving => {
                by(if before.daylight_saving == daylight_saving {
                    before
                } else {
                    after
                })
            }
            // Clocks were set back without daylight saving time: as MongoDB's library has it, the
            // second of the two east of Greenwich, the first west of it.
            (true, true) => by(if after.seconds >= 0 { after } else { before }),
            (false, true) => by(after),
            (true, false) | (false, false) => by(before),
        }
    }
}

/// The seconds of `+HH`, `+HHMM` or `+HH:MM`.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes() {
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let number = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
    };
    let (hours, minutes) = match *digits {
        [a, b] => (number(a, b)?, 0),
        [a, b, c, d] | [a, b, b':', c, d] => (number(a, b)?, number(c, d)?),
        _ => return None,
    };
    Some(sign * (hours * 3600 + minutes * 60))
}
