//! To and from binaries: their texts, and numbers by their bytes.

use super::options::{ByteOrder, Format, Options, Target, UUID};
use super::{failure, refuse};
use crate::aggregate::expr::Frame;
use crate::bson::{RawValue, base64};
use crate::error::{Error, Result};
use crate::query::explain::shell_text;

/// None if the type has no binary form.
pub(super) fn to_binary<'a>(
    value: RawValue<'a>,
    target: Target<'_>,
    options: &Options,
    frame: Frame<'a>,
) -> Option<Result<RawValue<'a>>> {
    let number = |little: &[u8]| {
        let subtype = target.subtype()?;
        let mut bytes = little.to_vec();
        if options.byte_order == ByteOrder::Big {
            bytes.reverse();
        }
        Ok(RawValue::Binary {
            subtype,
            bytes: frame.bytes(&bytes),
        })
    };
    Some(match value {
        RawValue::Int32(value) => number(&value.to_le_bytes()),
        RawValue::Int64(value) => number(&value.to_le_bytes()),
        RawValue::Double(value) => number(&value.to_le_bytes()),
        RawValue::String(text) => from_text(text.as_str(), target, options.format, frame),
        RawValue::Binary { subtype, .. } => match target.subtype() {
            Ok(wanted) if wanted == subtype => Ok(value),
            Ok(_) => Err(failure(
                "Conversions between different BinData subtypes are not supported",
            )),
            Err(error) => Err(error),
        },
        _ => return None,
    })
}

fn no_format<T>(from: &str, to: &str) -> Result<T> {
    refuse(
        4341115,
        format!("Format must be specified when converting from '{from}' to '{to}'"),
    )
}

fn from_text<'a>(
    text: &str,
    target: Target<'_>,
    format: Option<Format>,
    frame: Frame<'a>,
) -> Result<RawValue<'a>> {
    let Some(format) = format else {
        return no_format("string", "binData");
    };
    let subtype = target.subtype()?;
    let bytes = decode(text, format, subtype).map_err(|reason| {
        failure(format!(
            "Failed to parse BinData '{text}' in $convert with no onError value: {reason}"
        ))
    })?;
    Ok(RawValue::Binary {
        subtype,
        bytes: frame.bytes(&bytes),
    })
}

fn decode(text: &str, format: Format, subtype: u8) -> std::result::Result<Vec<u8>, &'static str> {
    if (format == Format::Uuid) != (subtype == UUID) {
        return Err("Only the 'uuid' format is allowed with the UUID subtype");
    }
    let mut bytes = Vec::new();
    match format {
        Format::Auto => return Err("Invalid format 'auto'"),
        Format::Utf8 => bytes.extend_from_slice(text.as_bytes()),
        Format::Base64 => {
            let decoded = base64::decode(text.as_bytes(), &mut bytes);
            decoded.ok_or("invalid base64")?;
        }
        Format::Base64Url => {
            if text.contains(['+', '/']) {
                return Err("invalid base64url");
            }
            let standard = text
                .trim_end_matches('=')
                .replace('-', "+")
                .replace('_', "/");
            let padding = "=".repeat((4 - standard.len() % 4) % 4);
            let decoded = base64::decode((standard + &padding).as_bytes(), &mut bytes);
            decoded.ok_or("invalid base64url")?;
        }
        Format::Hex => bytes = hex_bytes(text).ok_or("invalid hexadecimal digits")?,
        Format::Uuid => {
            let groups: Vec<&str> = text.split('-').collect();
            let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
            let joined = (lengths == [8, 4, 4, 4, 12]).then(|| groups.concat());
            let parsed = joined.and_then(|digits| hex_bytes(&digits));
            bytes = parsed.ok_or("Invalid UUID string")?;
        }
    }
    Ok(bytes)
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() {
        bytes.collect()
    } else {
        None
    }
}

/// The text of a binary: by default that of a UUID if it is one, else base64.
pub(super) fn to_text(
    value: RawValue<'_>,
    subtype: u8,
    bytes: &[u8],
    format: Option<Format>,
) -> Result<String> {
    let Some(format) = format else {
        return no_format("binData", "string");
    };
    let is_uuid = subtype == UUID && bytes.len() == 16;
    let refused = |reason: &str| {
        let value = shell_text(value);
        failure(format!(
            "Failed to convert '{value}' to string in $convert with no onError value: {reason}"
        ))
    };
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let in_base64 = || {
        let mut text = Vec::new();
        base64::encode(bytes, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    match format {
        Format::Uuid if !is_uuid => Err(refused("BinData does not represent a valid UUID")),
        Format::Auto if !is_uuid => Ok(in_base64()),
        Format::Uuid | Format::Auto => {
            let groups = [0..4, 4..6, 6..8, 8..10, 10..16].map(|range| hex(&bytes[range]));
            Ok(groups.join("-"))
        }
        Format::Base64 => Ok(in_base64()),
        Format::Base64Url => {
            let text = in_base64().replace('+', "-").replace('/', "_");
            Ok(text.trim_end_matches('=').to_string())
        }
        Format::Hex => Ok(hex(bytes).to_ascii_uppercase()),
        Format::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_string()),
            Err(_) => Err(refused("BinData does not represent a valid UTF-8 string")),
        },
    }
}

fn bad_length(value: RawValue<'_>, length: usize) -> Error {
    let value = shell_text(value);
    failure(format!(
        "Failed to convert '{value}' to number in $convert because of invalid length: {length}"
    ))
}

/// An integer of one, two, four or eight bytes, at most `most`.
pub(super) fn read_integer(
    value: RawValue<'_>,
    bytes: &[u8],
    options: &Options,
    most: usize,
) -> Result<i64> {
    if !matches!(bytes.len(), 1 | 2 | 4 | 8) || bytes.len() > most {
        return Err(bad_length(value, bytes.len()));
    }
    // The most significant byte first, widened with its sign.
    let mut ordered = bytes.to_vec();
    if options.byte_order == ByteOrder::Little {
        ordered.reverse();
    }
    let sign = if ordered[0] & 0x80 != 0 { -1 } else { 0 };
    Ok(ordered
        .iter()
        .fold(sign, |number, byte| number << 8 | i64::from(*byte)))
}

/// A float or a double.
pub(super) fn read_double(value: RawValue<'_>, bytes: &[u8], options: &Options) -> Result<f64> {
    let big = options.byte_order == ByteOrder::Big;
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        let float = if big {
            f32::from_be_bytes(bytes)
        } else {
            f32::from_le_bytes(bytes)
        };
        return Ok(float.into());
    }
    if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
        return Ok(if big {
            f64::from_be_bytes(bytes)
        } else {
            f64::from_le_bytes(bytes)
        });
    }
    Err(bad_length(value, bytes.len()))
}
