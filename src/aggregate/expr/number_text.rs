//! Doubles as text, as MongoDB's expressions write them: `$toString` the shortest digits that read
//! back the same, `$concat`'s relatives sixteen digits.

/// The shortest text that reads back the same: `2.5`, `1`, `1e+16`, `1e-05`, `-0`, `NaN`, `Infinity`.
pub(super) fn shortest(value: f64) -> String {
    not_finite(value).unwrap_or_else(|| layout(&format!("{value:e}")))
}

/// At most sixteen digits: C's `%.16g`.
pub(super) fn sixteen_digits(value: f64) -> String {
    match not_finite(value).as_deref() {
        Some("NaN") => "nan".into(),
        Some("Infinity") => "inf".into(),
        Some(_) => "-inf".into(),
        None => layout(&format!("{value:.15e}")),
    }
}

fn not_finite(value: f64) -> Option<String> {
    if value.is_nan() {
        Some("NaN".into())
    } else if value.is_infinite() {
        Some(if value > 0.0 { "Infinity" } else { "-Infinity" }.into())
    } else {
        None
    }
}

/// Rewrites `d.ddde-x`: plainly where the exponent is from -4 to 15, and without zeros at the end.
fn layout(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    let (first, rest) = digits.split_at(1);
    if !(-4..16).contains(&exponent) {
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!(
            "{sign}{first}{point}{rest}e{exponent_sign}{:02}",
            exponent.abs()
        );
    }
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}", "0".repeat(whole - digits.len()));
    }
    let (whole, fraction) = digits.split_at(whole);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_as_text() {
        let cases = [
            (2.5, "2.5", "2.5"),
            (1.0, "1", "1"),
            (-0.0, "-0", "-0"),
            (0.1, "0.1", "0.1"),
            (0.1 + 0.2, "0.30000000000000004", "0.3"),
            (100.0, "100", "100"),
            (123456.789, "123456.789", "123456.789"),
            (1e15, "1000000000000000", "1000000000000000"),
            (1e16, "1e+16", "1e+16"),
            (1.5e300, "1.5e+300", "1.5e+300"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "1e-05", "1e-05"),
            (-1.25e-7, "-1.25e-07", "-1.25e-07"),
            (f64::NAN, "NaN", "nan"),
            (f64::INFINITY, "Infinity", "inf"),
            (f64::NEG_INFINITY, "-Infinity", "-inf"),
        ];
        for (value, short, sixteen) in cases {
            assert_eq!(shortest(value), short);
            assert_eq!(sixteen_digits(value), sixteen);
        }
    }
}
