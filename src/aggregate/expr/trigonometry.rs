//! Trigonometric and hyperbolic functions, their inverses, and degrees
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/#trigonometry-expression-operators)).
//!
//! A decimal gives a decimal, correctly rounded to 34 digits; any other number a double.

use std::cmp::Ordering;

use super::{Computed, Entry, is_nullish, number_text, refuse, type_name};
use crate::bson::number::Number;
use crate::bson::{Decimal128, RawValue};
use crate::error::Result;

pub(super) const OPERATORS: &[Entry] = &[
    Entry::fixed("$sin", 1, |n, v, _| {
        bounded(n, v[0], FINITE, f64::sin, Decimal128::sin)
    }),
    Entry::fixed("$cos", 1, |n, v, _| {
        bounded(n, v[0], FINITE, f64::cos, Decimal128::cos)
    }),
    Entry::fixed("$tan", 1, |n, v, _| {
        bounded(n, v[0], FINITE, f64::tan, Decimal128::tan)
    }),
    Entry::fixed("$asin", 1, |n, v, _| {
        bounded(n, v[0], UNIT, f64::asin, Decimal128::asin)
    }),
    Entry::fixed("$acos", 1, |n, v, _| {
        bounded(n, v[0], UNIT, f64::acos, Decimal128::acos)
    }),
    Entry::fixed("$atan", 1, |n, v, _| {
        bounded(n, v[0], ALL, f64::atan, Decimal128::atan)
    }),
    Entry::fixed("$sinh", 1, |n, v, _| {
        bounded(n, v[0], ALL, f64::sinh, Decimal128::sinh)
    }),
    Entry::fixed("$cosh", 1, |n, v, _| {
        bounded(n, v[0], ALL, f64::cosh, Decimal128::cosh)
    }),
    Entry::fixed("$tanh", 1, |n, v, _| {
        bounded(n, v[0], ALL, f64::tanh, Decimal128::tanh)
    }),
    Entry::fixed("$asinh", 1, |n, v, _| {
        bounded(n, v[0], ALL, f64::asinh, Decimal128::asinh)
    }),
    Entry::fixed("$acosh", 1, |n, v, _| {
        bounded(n, v[0], FROM_ONE, f64::acosh, Decimal128::acosh)
    }),
    Entry::fixed("$atanh", 1, |n, v, _| {
        bounded(n, v[0], UNIT, f64::atanh, Decimal128::atanh)
    }),
    Entry::fixed("$degreesToRadians", 1, |n, v, _| {
        bounded(
            n,
            v[0],
            ALL,
            |x| x * (std::f64::consts::PI / 180.0),
            Decimal128::to_radians,
        )
    }),
    Entry::fixed("$radiansToDegrees", 1, |n, v, _| {
        bounded(
            n,
            v[0],
            ALL,
            |x| x * (180.0 / std::f64::consts::PI),
            Decimal128::to_degrees,
        )
    }),
    Entry::fixed("$atan2", 2, |n, v, _| atan2(n, v[0], v[1])),
];

/// Where a function is defined: from and to, both included or both not. NaN is defined everywhere.
#[derive(Clone, Copy)]
struct Domain {
    from: f64,
    to: f64,
    included: bool,
}

const ALL: Domain = Domain {
    from: f64::NEG_INFINITY,
    to: f64::INFINITY,
    included: true,
};
const FINITE: Domain = Domain {
    included: false,
    ..ALL
};
const UNIT: Domain = Domain {
    from: -1.0,
    to: 1.0,
    included: true,
};
const FROM_ONE: Domain = Domain { from: 1.0, ..ALL };

impl Domain {
    fn has(self, number: Number) -> bool {
        let lowest = number.compare(Number::Double(self.from));
        let highest = number.compare(Number::Double(self.to));
        if self.included {
            lowest != Ordering::Less && highest != Ordering::Greater
        } else {
            lowest == Ordering::Greater && highest == Ordering::Less
        }
    }
}

fn bounded<'a>(
    name: &str,
    value: Computed<'a>,
    domain: Domain,
    of_double: fn(f64) -> f64,
    of_decimal: fn(Decimal128) -> Decimal128,
) -> Result<Computed<'a>> {
    if is_nullish(value) {
        return Ok(Some(RawValue::Null));
    }
    let number = numeric(28765, name, value)?;
    let is_nan = match number {
        Number::Double(number) => number.is_nan(),
        Number::Decimal128(number) => number.is_nan(),
        _ => false,
    };
    if !is_nan && !domain.has(number) {
        let text = match number {
            Number::Decimal128(number) => number.to_string(),
            number => number_text::sixteen_digits(number.to_f64()),
        };
        let (open, close) = if domain.included {
            ('[', ']')
        } else {
            ('(', ')')
        };
        let [from, to] = [domain.from, domain.to].map(number_text::sixteen_digits);
        let message =
            format!("cannot apply {name} to {text}, value must be in {open}{from},{to}{close}");
        return refuse(50989, message);
    }
    Ok(Some(match number {
        Number::Decimal128(number) => RawValue::Decimal128(of_decimal(number)),
        number => RawValue::Double(of_double(number.to_f64())),
    }))
}

fn numeric(code: i32, name: &str, value: Computed<'_>) -> Result<Number> {
    match value.and_then(Number::from_raw) {
        Some(number) => Ok(number),
        None => {
            let found = type_name(value);
            refuse(
                code,
                format!("{name} only supports numeric types, not {found}"),
            )
        }
    }
}

fn atan2<'a>(name: &str, y: Computed<'a>, x: Computed<'a>) -> Result<Computed<'a>> {
    if is_nullish(y) {
        return Ok(Some(RawValue::Null));
    }
    let y = numeric(51044, name, y)?;
    if is_nullish(x) {
        return Ok(Some(RawValue::Null));
    }
    let x = numeric(51045, name, x)?;
    let decimal = matches!(y, Number::Decimal128(_)) || matches!(x, Number::Decimal128(_));
    Ok(Some(if decimal {
        RawValue::Decimal128(y.to_decimal().atan2(x.to_decimal()))
    } else {
        RawValue::Double(y.to_f64().atan2(x.to_f64()))
    }))
}

#[cfg(test)]
mod tests {
    use super::{Number, OPERATORS};
    use crate::aggregate::expr::tests::{check, check_refused, evaluated};
    use crate::bson::{Decimal128, RawValue};

    #[test]
    fn functions_of_doubles_and_ints() {
        let document = r#"{"z": 0, "one": {"$numberLong": "1"}, "h": 0.5, "n": null, "nan": {"$numberDouble": "NaN"}}"#;
        let inf = r#"{"$numberDouble": "Infinity"}"#;
        check(
            document,
            &[
                (r#"{"$sin": "$z"}"#, "0.0"),
                (r#"{"$cos": "$z"}"#, "1.0"),
                (r#"{"$tan": ["$z"]}"#, "0.0"),
                (r#"{"$asin": "$one"}"#, "1.5707963267948966"),
                (r#"{"$acos": "$one"}"#, "0.0"),
                (r#"{"$atan": "$one"}"#, "0.7853981633974483"),
                (r#"{"$atan2": ["$one", -1]}"#, "2.356194490192345"),
                (r#"{"$atan2": [0, 0]}"#, "0.0"),
                (r#"{"$sinh": 0}"#, "0.0"),
                (r#"{"$cosh": 0}"#, "1.0"),
                (r#"{"$tanh": 1000}"#, "1.0"),
                (r#"{"$asinh": 0}"#, "0.0"),
                (r#"{"$acosh": "$one"}"#, "0.0"),
                (r#"{"$atanh": "$one"}"#, inf),
                (r#"{"$degreesToRadians": 180}"#, "3.141592653589793"),
                (r#"{"$radiansToDegrees": 3.141592653589793}"#, "180.0"),
                (r#"{"$sin": "$n"}"#, "null"),
                (r#"{"$cos": "$none"}"#, "null"),
                (r#"{"$atan2": ["$n", "text"]}"#, "null"),
                (r#"{"$atan2": [1, "$n"]}"#, "null"),
                (r#"{"$acos": "$nan"}"#, r#"{"$numberDouble": "NaN"}"#),
                (r#"{"$sinh": {"$numberDouble": "Infinity"}}"#, inf),
            ],
        );
        check_refused(
            document,
            &[
                (
                    r#"{"$sin": {"$numberDouble": "Infinity"}}"#,
                    50989,
                    "cannot apply $sin to inf, value must be in (-inf,inf)",
                ),
                (
                    r#"{"$asin": 1.5}"#,
                    50989,
                    "cannot apply $asin to 1.5, value must be in [-1,1]",
                ),
                (r#"{"$acosh": 0}"#, 50989, "[1,inf]"),
                (r#"{"$atanh": {"$numberDecimal": "-1.1"}}"#, 50989, "-1.1"),
                (
                    r#"{"$tan": {"$numberDecimal": "-Infinity"}}"#,
                    50989,
                    "-Infinity",
                ),
                (
                    r#"{"$cos": "a"}"#,
                    28765,
                    "$cos only supports numeric types, not string",
                ),
                (r#"{"$atan2": ["a", null]}"#, 51044, "string"),
                (r#"{"$atan2": [1, true]}"#, 51045, "bool"),
            ],
        );
    }

    /// Reference values to 34 digits.
    #[test]
    fn functions_of_decimals() {
        let cases = [
            ("$sin", "1", "0.841470984807896506652502321630299"),
            ("$cos", "1", "0.5403023058681397174009366074429766"),
            ("$tan", "1", "1.557407724654902230506974807458360"),
            ("$asin", "0.5", "0.5235987755982988730771072305465838"),
            ("$acos", "0.5", "1.047197551196597746154214461093168"),
            ("$atan", "1", "0.7853981633974483096156608458198757"),
            ("$sinh", "1", "1.175201193643801456882381850595601"),
            ("$cosh", "1", "1.543080634815243778477905620757062"),
            ("$tanh", "1", "0.7615941559557648881194582826047936"),
            ("$asinh", "1", "0.8813735870195430252326093249797923"),
            ("$acosh", "2", "1.316957896924816708625046347307968"),
            ("$atanh", "0.5", "0.5493061443340548456976226184612629"),
            ("$sin", "0", "0"),
            ("$sin", "-1E-6000", "-1E-6000"),
            ("$cos", "1E-30", "1"),
            ("$atan", "-Infinity", "-1.570796326794896619231321691639751"),
            ("$acosh", "1", "0"),
            ("$atanh", "-1", "-Infinity"),
            ("$cosh", "1E+10", "Infinity"),
            ("$sinh", "-20000", "-Infinity"),
            ("$tanh", "-50", "-1"),
            ("$sin", "NaN", "NaN"),
            (
                "$degreesToRadians",
                "180",
                "3.141592653589793238462643383279503",
            ),
            (
                "$radiansToDegrees",
                "1",
                "57.29577951308232087679815481410517",
            ),
        ];
        for (name, argument, expected) in cases {
            let expression = format!(r#"{{"{name}": {{"$numberDecimal": "{argument}"}}}}"#);
            let found = evaluated(&expression).unwrap().unwrap();
            let RawValue::Decimal128(found) = found.as_raw() else {
                panic!("{name} of {argument} is {found:?}");
            };
            let expected = Decimal128::parse(expected).unwrap();
            assert!(
                found.compare(expected).is_eq(),
                "{name} of {argument} is {found}"
            );
        }
        check(
            "{}",
            &[(
                r#"{"$atan2": [{"$numberDecimal": "1"}, -1]}"#,
                r#"{"$numberDecimal": "2.356194490192344928846982537459627"}"#,
            )],
        );
    }

    /// Decimals of every size, at once: none panics, and what doubles can tell they tell too.
    #[test]
    fn decimals_agree_with_doubles() {
        let exponents = [-6176, -300, -40, -21, -20, -5, -1, 0, 1, 3, 10, 300];
        for entry in OPERATORS {
            for exponent in exponents {
                for mantissa in ["1", "-1", "9.999999999999999999999999999999999", "-3.25"] {
                    let Some(decimal) = Decimal128::parse(&format!("{mantissa}E{exponent}")) else {
                        continue;
                    };
                    let of = |number: String| {
                        let expression = match entry.name {
                            "$atan2" => format!(r#"{{"$atan2": [{number}, {number}]}}"#),
                            name => format!(r#"{{"{name}": {number}}}"#),
                        };
                        evaluated(&expression)
                    };
                    let exact = of(format!(r#"{{"$numberDecimal": "{decimal}"}}"#));
                    let double = decimal.to_f64();
                    if double == 0.0 || !double.is_finite() || double.abs() > 1e9 {
                        continue;
                    }
                    let near = of(format!(r#"{{"$numberDouble": "{double:e}"}}"#));
                    match (exact, near) {
                        (Ok(exact), Ok(near)) => {
                            let [exact, near] = [exact, near].map(|value| {
                                let value = value.unwrap();
                                Number::from_raw(value.as_raw()).unwrap().to_f64()
                            });
                            let same = exact == near
                                || (exact - near).abs() <= near.abs().max(1e-6) * 1e-6;
                            assert!(same, "{} of {decimal}: {exact}, {near}", entry.name);
                        }
                        // A domain's end may lie between a decimal and its double.
                        (exact, near) => assert!(
                            exact.is_err() == near.is_err()
                                || decimal.compare_double(double).is_ne(),
                            "{} of {decimal}",
                            entry.name
                        ),
                    }
                }
            }
        }
    }
}
