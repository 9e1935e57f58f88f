//! Reading a date by a format: each specifier takes what it describes, everything else must be there
//! as it stands.

use super::zone::{TextZone, zone_at};
use super::{Reading, unreadable};
use crate::aggregate::expr::date::format::{MONTHS, Piece, pieces};
use crate::aggregate::expr::date::zone::Zone;
use crate::error::{Error, Result};

/// The date that `text` says by a format that has been checked, in milliseconds since 1970.
pub(in super::super) fn read(text: &str, format: &str, zone: &Zone) -> Result<i64> {
    let mut reader = Reader {
        text,
        at: 0,
        reading: Reading::default(),
    };
    for piece in pieces(format) {
        match piece {
            Piece::Literal(literal) => reader.literal(literal)?,
            Piece::Specifier(letter) => reader.part(letter)?,
        }
    }
    if reader.at < text.len() {
        return Err(reader.fault("Trailing data"));
    }
    let reading = &mut reader.reading;
    // Of a time, any part may be missing.
    if reading.hour.is_some()
        || reading.minute.is_some()
        || reading.second.is_some()
        || reading.millisecond.is_some()
    {
        for part in [&mut reading.hour, &mut reading.minute, &mut reading.second] {
            part.get_or_insert(0);
        }
    }
    reading.date(text, zone)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    reading: Reading,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn fault(&self, reason: &str) -> Error {
        unreadable(self.text, self.at, reason)
    }

    fn literal(&mut self, literal: &str) -> Result<()> {
        for c in literal.chars() {
            match self.rest().chars().next() {
                None => return Err(self.fault("Not enough data available to satisfy format")),
                Some(found) if found != c => return Err(self.fault("Format literal not found")),
                Some(_) => self.at += c.len_utf8(),
            }
        }
        Ok(())
    }

    fn part(&mut self, letter: char) -> Result<()> {
        if self.rest().is_empty() {
            return Err(self.fault("Not enough data available to satisfy format"));
        }
        match letter {
            'Y' => {
                self.reading.year = Some(self.number(4, "A four digit year could not be found")?)
            }
            'm' => {
                self.reading.month = Some(self.number(2, "A two digit month could not be found")?)
            }
            'd' => self.reading.day = Some(self.number(2, "A two digit day could not be found")?),
            'H' => self.reading.hour = Some(self.number(2, "A two digit hour could not be found")?),
            'M' => {
                self.reading.minute =
                    Some(self.exactly_two("A two digit minute could not be found")?)
            }
            'S' => {
                self.reading.second =
                    Some(self.exactly_two("A two digit second could not be found")?)
            }
            'L' => {
                let from = self.at;
                let number = self.number(3, "A three digit millisecond could not be found")?;
                let missing = 3 - (self.at - from) as u32;
                self.reading.millisecond = Some(number * 10i64.pow(missing));
            }
            'j' => {
                let reason = "A three digit day-of-year could not be found";
                self.reading.day_of_year = Some(self.number(3, reason)?);
            }
            'G' => {
                let reason = "A four digit ISO year could not be found";
                self.reading.iso_year = Some(self.number(4, reason)?);
            }
            'V' => {
                let (from, reason) = (self.at, "A two digit ISO week could not be found");
                let week = self.number(2, reason)?;
                if !(1..=53).contains(&week) {
                    return Err(unreadable(
                        self.text,
                        from,
                        "ISO Week must be between 1 and 53",
                    ));
                }
                self.reading.iso_week = Some(week);
            }
            'u' => {
                let (from, reason) = (self.at, "A single digit day of week could not be found");
                let day = self.number(1, reason)?;
                if !(1..=7).contains(&day) {
                    return Err(unreadable(
                        self.text,
                        from,
                        "Day of week must be between 1 and 7",
                    ));
                }
                self.reading.iso_day_of_week = Some(day);
            }
            'b' | 'B' => self.month_name()?,
            'Z' => self.zone_minutes()?,
            // 'z'; others have been refused.
            _ => self.zone()?,
        }
        Ok(())
    }

    /// One digit to `most`.
    fn number(&mut self, most: usize, reason: &str) -> Result<i64> {
        let digits = self.rest().bytes().take(most);
        let len = digits.take_while(u8::is_ascii_digit).count();
        let number = self.rest()[..len].parse();
        let number = number.map_err(|_| self.fault(reason))?;
        self.at += len;
        Ok(number)
    }

    fn exactly_two(&mut self, reason: &str) -> Result<i64> {
        let from = self.at;
        let number = self.number(2, reason)?;
        if self.at - from != 2 {
            return Err(unreadable(self.text, from, reason));
        }
        Ok(number)
    }

    /// A month's name, whole or its first three letters (September: four as well).
    fn month_name(&mut self) -> Result<()> {
        let letters = self.rest().bytes();
        let len = letters.take_while(u8::is_ascii_alphabetic).count();
        let month = month_number(&self.rest()[..len]);
        let month = month.ok_or_else(|| self.fault("A textual month could not be found"))?;
        self.at += len;
        self.reading.month = Some(month);
        Ok(())
    }

    /// `+90`: minutes.
    fn zone_minutes(&mut self) -> Result<()> {
        let invalid = "Invalid timezone offset in minutes";
        let (from, negative) = (self.at, self.rest().starts_with('-'));
        if !self.rest().starts_with(['+', '-']) {
            return Err(self.fault(invalid));
        }
        self.at += 1;
        let minutes = self.number(4, invalid)?;
        if minutes >= 24 * 60 {
            return Err(unreadable(self.text, from, invalid));
        }
        let seconds = minutes as i32 * 60;
        self.reading.zone = Some(TextZone::Offset(if negative { -seconds } else { seconds }));
        Ok(())
    }

    fn zone(&mut self) -> Result<()> {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        let reason = "passing a time zone identifier as part of the string is not allowed";
        let (zone, len) = zone_at(self.rest()).ok_or_else(|| self.fault(reason))?;
        self.at += len;
        self.reading.zone = Some(zone);
        Ok(())
    }
}

/// The number of a month by its name, in any case, or its first three letters.
pub(super) fn month_number(name: &str) -> Option<i64> {
    let is = |month: &&str| {
        name.eq_ignore_ascii_case(month)
            || name.eq_ignore_ascii_case(&month[..3])
            || month.starts_with("Sept") && name.eq_ignore_ascii_case("sept")
    };
    Some(MONTHS.iter().position(is)? as i64 + 1)
}
