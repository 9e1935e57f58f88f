//! Decimal128: what the BSON corpus does not cover.

use std::cmp::Ordering;

use super::Decimal128;

fn decimal(text: &str) -> Decimal128 {
    Decimal128::parse(text).unwrap_or_else(|| panic!("{text} is a decimal"))
}

/// A generator good enough to choose test cases (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

#[test]
fn sums_are_exact_or_rounded_half_even() {
    let nines = "9999999999999999999999999999999999";
    let cases = [
        ("1", "2", "3"),
        ("1.10", "2.2", "3.30"),
        ("0.1", "-0.1", "0.0"),
        ("-1", "0.5", "-0.5"),
        ("0", "-0", "0"),
        ("-0", "-0", "-0"),
        ("0E+3", "1", "1"),
        ("5", "0E-3", "5.000"),
        (nines, "1", "1.000000000000000000000000000000000E+34"),
        // Ties go to the even digit; anything below the tie breaks it.
        (nines, "0.5", "1.000000000000000000000000000000000E+34"),
        (
            "1000000000000000000000000000000000",
            "0.5",
            "1000000000000000000000000000000000",
        ),
        (
            "1000000000000000000000000000000001",
            "0.5",
            "1000000000000000000000000000000002",
        ),
        (
            "1000000000000000000000000000000000",
            "0.5000000000000000000000000000000001",
            "1000000000000000000000000000000001",
        ),
        ("1E+40", "1E-40", "1.000000000000000000000000000000000E+40"),
        ("1E+40", "-1E-40", "1.000000000000000000000000000000000E+40"),
        ("1E+34", "-0.5", "1.000000000000000000000000000000000E+34"),
        ("1E+34", "-0.50000001", nines),
        ("1E+33", "-0.5", "999999999999999999999999999999999.5"),
        (
            "1E+33",
            "-0.50000001",
            "999999999999999999999999999999999.5",
        ),
        (
            "1E+6111",
            "-1E-6176",
            "1.000000000000000000000000000000000E+6111",
        ),
        (
            "9.999999999999999999999999999999999E+6144",
            "1E+6144",
            "Infinity",
        ),
        (
            "-9.999999999999999999999999999999999E+6144",
            "-1E+6144",
            "-Infinity",
        ),
        ("Infinity", "-Infinity", "NaN"),
        ("Infinity", "1", "Infinity"),
        ("NaN", "1", "NaN"),
        ("1E-6176", "1E-6176", "2E-6176"),
    ];
    for (a, b, sum) in cases {
        assert_eq!(decimal(a).add(decimal(b)).to_string(), sum, "{a} + {b}");
        assert_eq!(decimal(b).add(decimal(a)).to_string(), sum, "{b} + {a}");
    }
}

/// Sums of short operands fit into `i128` and can be checked there.
#[test]
fn sums_agree_with_integers() {
    let mut random = Random(0x5eed_0001);
    for _ in 0..20_000 {
        let part = |random: &mut Random| {
            let value = random.next() as i64 >> (random.next() % 64);
            (value, (random.next() % 18) as u32)
        };
        let ((a, shift_a), (b, shift_b)) = (part(&mut random), part(&mut random));
        let low = shift_a.min(shift_b);
        let scaled = |value: i64, shift: u32| i128::from(value) * 10i128.pow(shift - low);
        let sum = scaled(a, shift_a) + scaled(b, shift_b);
        if sum.unsigned_abs() >= 10u128.pow(34) {
            continue;
        }
        let (a, b) = (
            format!("{a}E-{}", 20 - shift_a),
            format!("{b}E-{}", 20 - shift_b),
        );
        let expected = decimal(&format!("{sum}E-{}", 20 - low));
        assert_eq!(decimal(&a).add(decimal(&b)), expected, "{a} + {b}");
    }
}

#[test]
fn comparison_with_doubles_is_exact() {
    let mut random = Random(0x5eed_0002);
    let mut compared = 0;
    while compared < 5_000 {
        let double = f64::from_bits(random.next());
        if !double.is_finite() || double == 0.0 {
            continue;
        }
        compared += 1;
        // Rust formats doubles exactly, so the digits beyond the 34th say on which side of the
        // double its rounded decimal lies.
        let (rounded, exact) = (format!("{double:.33e}"), format!("{double:.800e}"));
        let parts = |text: &str| -> (String, i32) {
            let (mantissa, exponent) = text.trim_start_matches('-').split_once('e').unwrap();
            (mantissa.to_string(), exponent.parse().unwrap())
        };
        let ((rounded_mantissa, rounded_exponent), (exact_mantissa, exact_exponent)) =
            (parts(&rounded), parts(&exact));
        let padded = format!("{rounded_mantissa:0<width$}", width = exact_mantissa.len());
        let magnitude = rounded_exponent
            .cmp(&exact_exponent)
            .then_with(|| padded.cmp(&exact_mantissa));
        let expected = if double < 0.0 {
            magnitude.reverse()
        } else {
            magnitude
        };
        assert_eq!(
            decimal(&rounded).compare_double(double),
            expected,
            "{double:e}"
        );
    }
}

#[test]
fn coefficients_that_are_not_canonical_read_as_zero() {
    let mut too_large = (10u128.pow(34) | 6176 << 113).to_le_bytes();
    assert!(Decimal128(too_large).is_zero());
    assert_eq!(
        Decimal128(too_large).compare(Decimal128::ZERO),
        Ordering::Equal
    );
    // The form with the implied leading bits 0b100.
    too_large[15] = 0x6c;
    assert!(Decimal128(too_large).is_zero());
}

#[test]
fn conversions() {
    let integers = [
        ("1", Some(1)),
        ("1.0", Some(1)),
        ("1E+2", Some(100)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("1.5", None),
        ("0E+6111", Some(0)),
        ("1E+6111", None),
        ("1E-6176", None),
        ("NaN", None),
        ("Infinity", None),
    ];
    for (text, expected) in integers {
        assert_eq!(decimal(text).to_i64_exact(), expected, "{text}");
    }
    let doubles = [
        ("0.1", 0.1),
        ("1E+400", f64::INFINITY),
        ("-1.5", -1.5),
        ("1E-400", 0.0),
    ];
    for (text, expected) in doubles {
        assert_eq!(decimal(text).to_f64(), expected, "{text}");
    }
    assert_eq!(
        Decimal128::from_double(0.1).to_string(),
        "0.100000000000000"
    );
    assert_eq!(
        Decimal128::from(i64::MIN).to_string(),
        "-9223372036854775808"
    );
}

#[test]
fn products_are_exact_or_rounded_half_even() {
    let nines = "9999999999999999999999999999999999";
    let cases = [
        ("2", "3", "6"),
        ("1.10", "2.2", "2.420"),
        ("-2", "0.5", "-1.0"),
        ("0", "-3", "-0"),
        ("-0.0", "-3", "0.0"),
        ("1E+3000", "1E+3000", "1E+6000"),
        ("1E+6000", "1E+6000", "Infinity"),
        ("-1E+6000", "1E+6000", "-Infinity"),
        ("1E-6000", "1E-6000", "0E-6176"),
        ("Infinity", "-2", "-Infinity"),
        ("Infinity", "0", "NaN"),
        ("NaN", "1", "NaN"),
        // (10^34 - 1)^2 = 9999..98 0000..01, 68 digits.
        (nines, nines, "9.999999999999999999999999999999998E+67"),
        (nines, "10", "9.999999999999999999999999999999999E+34"),
        // 1000000000000000000000000000000001 * 1.5: a tie, to the even digit above.
        (
            "1000000000000000000000000000000001",
            "1.5",
            "1500000000000000000000000000000002",
        ),
        (
            "1000000000000000000000000000000003",
            "1.5",
            "1500000000000000000000000000000004",
        ),
        (
            "12345678901234567890",
            "98765432109876543210",
            "1.219326311370217952237463801111264E+39",
        ),
    ];
    for (a, b, product) in cases {
        let expected = Decimal128::parse(product).map_or(product.to_string(), |p| p.to_string());
        assert_eq!(
            decimal(a).mul(decimal(b)).to_string(),
            expected,
            "{a} * {b}"
        );
        assert_eq!(
            decimal(b).mul(decimal(a)).to_string(),
            expected,
            "{b} * {a}"
        );
    }
}
#[test]
fn products_quotients_and_remainders_are_rounded_once() {
    let nines = "9999999999999999999999999999999999";
    type Operation = fn(Decimal128, Decimal128) -> Decimal128;
    let (times, by, rest): (Operation, Operation, Operation) =
        (Decimal128::mul, Decimal128::divide, Decimal128::remainder);
    let cases = [
        (times, "1.10", "2.0", "2.200"),
        (
            times,
            nines,
            nines,
            "9.999999999999999999999999999999998E+67",
        ),
        (times, "-1", "0", "-0"),
        (times, "1E+6144", "10", "Infinity"),
        (times, "1E-6176", "0.5", "0E-6176"),
        (times, "1E-6176", "0.51", "1E-6176"),
        (
            times,
            "1E-6176",
            "9999999999999999999999999999999999E-39",
            "0E-6176",
        ),
        (times, "Infinity", "0", "NaN"),
        (times, "-Infinity", "2", "-Infinity"),
        (by, "1", "3", "0.3333333333333333333333333333333333"),
        (by, "2", "3", "0.6666666666666666666666666666666667"),
        (by, "-1", "8", "-0.125"),
        (by, "2.40", "2", "1.20"),
        (by, "100", "10", "10"),
        (by, "0", "5", "0"),
        (by, "1", "0", "Infinity"),
        (by, "0", "0", "NaN"),
        (by, "1", "-Infinity", "-0E-6176"),
        (by, "Infinity", "Infinity", "NaN"),
        (by, "1E-6176", "1E+6111", "0E-6176"),
        (rest, "10", "3", "1"),
        (rest, "-7.5", "2", "-1.5"),
        (rest, "1E+100", "7", "4"),
        (rest, "5", "Infinity", "5"),
        (rest, "5", "0", "NaN"),
        (rest, "Infinity", "5", "NaN"),
    ];
    for (operation, a, b, expected) in cases {
        let found = operation(decimal(a), decimal(b)).to_string();
        assert_eq!(found, expected, "{a} and {b}");
    }
}

#[test]
fn products_divide_back() {
    let mut random = Random(0x5eed_0003);
    for _ in 0..20_000 {
        let part = |random: &mut Random| {
            let digits = random.next() as i64 >> (8 + random.next() % 56);
            decimal(&format!("{digits}E{}", (random.next() % 40) as i32 - 20))
        };
        let (a, b) = (part(&mut random), part(&mut random));
        if b.is_zero() {
            continue;
        }
        let back = a.mul(b).divide(b);
        assert_eq!(back.compare(a), Ordering::Equal, "{a} * {b} / {b} = {back}");
        assert!(
            a.mul(b).remainder(b).is_zero() || a.to_i64_exact().is_none(),
            "{a} {b}"
        );
    }
}

#[test]
fn places_are_rounded_as_asked() {
    use super::Rounding::*;
    let cases = [
        ("2.5", 0, HalfEven, "2"),
        ("3.5", 0, HalfEven, "4"),
        ("-2.51", 0, HalfEven, "-3"),
        ("0.6", 0, HalfEven, "1"),
        ("1.29", 1, TowardZero, "1.2"),
        ("-1.2", 0, Down, "-2"),
        ("-1.2", 0, Up, "-1"),
        ("1.2", 0, Up, "2"),
        ("1.1", 3, HalfEven, "1.100"),
        ("1250", -2, HalfEven, "1.2E+3"),
        ("1E-100", 0, Up, "1"),
        ("1E+40", 0, HalfEven, "1E+40"),
        ("NaN", 0, HalfEven, "NaN"),
        ("-Infinity", 2, Down, "-Infinity"),
    ];
    for (value, places, rounding, expected) in cases {
        let found = decimal(value).to_places(places, rounding).to_string();
        assert_eq!(found, expected, "{value} to {places} places, {rounding:?}");
    }
}

#[test]
fn functions_of_what_is_not_ordinary() {
    let infinity = decimal("Infinity");
    let cases = [
        (decimal("0").ln(), "-Infinity"),
        (decimal("-1").ln(), "NaN"),
        (infinity.ln(), "Infinity"),
        (decimal("-0").sqrt(), "-0"),
        (decimal("-1").sqrt(), "NaN"),
        (infinity.sqrt(), "Infinity"),
        (decimal("-Infinity").exp(), "0"),
        (decimal("0").pow(decimal("3")), "0"),
        (decimal("-0").pow(decimal("-3")), "-Infinity"),
        (decimal("-8").pow(decimal("0.5")), "NaN"),
        (decimal("-2").pow(infinity), "Infinity"),
        (decimal("0.5").pow(infinity), "0"),
        (decimal("-1").pow(infinity), "1"),
        (decimal("NaN").pow(decimal("0")), "1"),
        (decimal("1E+6144").pow(decimal("1E+6144")), "Infinity"),
        (decimal("1E+6144").pow(decimal("-1E+6144")), "0E-6176"),
        (infinity.log(decimal("2")), "Infinity"),
    ];
    for (at, (found, expected)) in cases.into_iter().enumerate() {
        assert_eq!(found.to_string(), expected, "case {at}");
    }
}

#[test]
fn more_digits_than_fit_are_rounded() {
    let cases = [
        ("1.50", "1.50"),
        (
            "12345678901234567890123456789012345",
            "1.234567890123456789012345678901234E+34",
        ),
        (
            "12345678901234567890123456789012355",
            "1.234567890123456789012345678901236E+34",
        ),
        (
            "0.00012345678901234567890123456789012345000000000000000001",
            "0.0001234567890123456789012345678901235",
        ),
        (
            "-99999999999999999999999999999999999.9",
            "-1.000000000000000000000000000000000E+35",
        ),
        ("1E+7000", "Infinity"),
        ("-1E-7000", "-0E-6176"),
    ];
    for (text, expected) in cases {
        let rounded = Decimal128::parse_rounded(text).unwrap();
        assert_eq!(rounded.to_string(), expected, "{text}");
    }
    for text in ["", ".", "1e", "1.2.3", "x", "--1"] {
        assert_eq!(Decimal128::parse_rounded(text), None, "{text}");
    }
}
