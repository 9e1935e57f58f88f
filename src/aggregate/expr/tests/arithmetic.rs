//! Arithmetic, rounding, powers and logarithms.

use super::{check, check_refused};

const DOCUMENT: &str = r#"{"i": 7, "l": {"$numberLong": "7"}, "d": 2.5, "m": {"$numberDecimal": "2.50"},
    "max": 2147483647, "lmax": {"$numberLong": "9223372036854775807"}, "n": null, "s": "x",
    "lmin": {"$numberLong": "-9223372036854775808"}, "t": {"$date": "1970-01-01T00:00:01Z"}, "a": [1]}"#;

#[test]
fn sums_and_products_take_the_widest_type_and_grow() {
    check(
        DOCUMENT,
        &[
            (r#"{"$add": []}"#, "0"),
            (r#"{"$add": "$i"}"#, "7"),
            (r#"{"$add": ["$i", 1, 2]}"#, "10"),
            (r#"{"$add": ["$i", "$l"]}"#, r#"{"$numberLong": "14"}"#),
            (r#"{"$add": ["$i", "$d"]}"#, "9.5"),
            (r#"{"$add": ["$i", "$m"]}"#, r#"{"$numberDecimal": "9.50"}"#),
            (
                r#"{"$add": ["$max", 1]}"#,
                r#"{"$numberLong": "2147483648"}"#,
            ),
            (r#"{"$add": ["$max", 1, -1]}"#, "2147483647"),
            (r#"{"$add": ["$lmax", 1]}"#, "9.223372036854775807E18"),
            (r#"{"$add": ["$i", "$n", "$s"]}"#, "null"),
            (r#"{"$add": ["$i", "$none"]}"#, "null"),
            (r#"{"$multiply": []}"#, "1"),
            (r#"{"$multiply": ["$i", "$i"]}"#, "49"),
            (
                r#"{"$multiply": ["$max", 2]}"#,
                r#"{"$numberLong": "4294967294"}"#,
            ),
            (r#"{"$multiply": ["$lmax", 2]}"#, "1.8446744073709551614E19"),
            (r#"{"$multiply": ["$d", 2]}"#, "5.0"),
            (
                r#"{"$multiply": ["$m", 2]}"#,
                r#"{"$numberDecimal": "5.00"}"#,
            ),
            (r#"{"$multiply": ["$n", "$s"]}"#, "null"),
            (r#"{"$subtract": ["$i", 10]}"#, "-3"),
            (r#"{"$subtract": ["$i", "$l"]}"#, r#"{"$numberLong": "0"}"#),
            (r#"{"$subtract": ["$lmin", 1]}"#, "-9.223372036854775808E18"),
            (
                r#"{"$subtract": ["$m", "$d"]}"#,
                r#"{"$numberDecimal": "0.00000000000000"}"#,
            ),
            (r#"{"$subtract": ["$none", "$s"]}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$add": ["$i", "$s"]}"#,
                14,
                "$add only supports numeric or date types, not string",
            ),
            (
                r#"{"$multiply": ["$a"]}"#,
                14,
                "$multiply only supports numeric types, not array",
            ),
            (
                r#"{"$subtract": ["$i", "$s"]}"#,
                14,
                "can't $subtract string from int",
            ),
            (
                r#"{"$subtract": ["$i", "$t"]}"#,
                14,
                "can't $subtract date from int",
            ),
            (r#"{"$subtract": [1]}"#, 16020, "exactly 2"),
        ],
    );
}

#[test]
fn dates_are_moved_by_milliseconds() {
    check(
        DOCUMENT,
        &[
            (
                r#"{"$add": ["$t", 500]}"#,
                r#"{"$date": "1970-01-01T00:00:01.5Z"}"#,
            ),
            (
                r#"{"$add": [1, "$t", 1.5]}"#,
                r#"{"$date": "1970-01-01T00:00:01.003Z"}"#,
            ),
            (
                r#"{"$add": ["$t", {"$numberDecimal": "2.5"}]}"#,
                r#"{"$date": "1970-01-01T00:00:01.002Z"}"#,
            ),
            (r#"{"$add": ["$t", null]}"#, "null"),
            (
                r#"{"$subtract": ["$t", 1000]}"#,
                r#"{"$date": "1970-01-01T00:00:00Z"}"#,
            ),
            (r#"{"$subtract": ["$t", "$t"]}"#, r#"{"$numberLong": "0"}"#),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$add": ["$t", "$t"]}"#, 16612, "only one date"),
            (r#"{"$add": ["$t", "$lmax"]}"#, 15, "date overflow"),
            (r#"{"$add": ["$t", 1e300]}"#, 15, "date overflow"),
            (
                r#"{"$subtract": ["$t", {"$numberDouble": "NaN"}]}"#,
                15,
                "date overflow",
            ),
        ],
    );
}

#[test]
fn quotients_and_remainders() {
    check(
        DOCUMENT,
        &[
            (r#"{"$divide": ["$i", 2]}"#, "3.5"),
            (r#"{"$divide": [6, 2]}"#, "3.0"),
            (r#"{"$divide": ["$m", 2]}"#, r#"{"$numberDecimal": "1.25"}"#),
            (
                r#"{"$divide": [1, {"$numberDecimal": "3"}]}"#,
                r#"{"$numberDecimal": "0.3333333333333333333333333333333333"}"#,
            ),
            (r#"{"$divide": ["$s", "$n"]}"#, "null"),
            (r#"{"$mod": ["$i", 4]}"#, "3"),
            (r#"{"$mod": [-7, 4]}"#, "-3"),
            (r#"{"$mod": ["$l", 4]}"#, r#"{"$numberLong": "3"}"#),
            (r#"{"$mod": ["$lmin", -1]}"#, r#"{"$numberLong": "0"}"#),
            (r#"{"$mod": ["$d", 2]}"#, "0.5"),
            (r#"{"$mod": ["$m", 2]}"#, r#"{"$numberDecimal": "0.50"}"#),
            (r#"{"$mod": ["$n", 2]}"#, "null"),
            (r#"{"$abs": -5}"#, "5"),
            (
                r#"{"$abs": -2147483648}"#,
                r#"{"$numberLong": "2147483648"}"#,
            ),
            (
                r#"{"$abs": {"$numberDecimal": "-1.0"}}"#,
                r#"{"$numberDecimal": "1.0"}"#,
            ),
            (r#"{"$abs": "$none"}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$divide": [1, 0]}"#, 2, "can't $divide by zero"),
            (r#"{"$divide": [1, {"$numberDecimal": "0"}]}"#, 2, "by zero"),
            (r#"{"$divide": [1, "$s"]}"#, 14, "not int and string"),
            (r#"{"$mod": [1, 0]}"#, 16610, "can't $mod by zero"),
            (
                r#"{"$mod": [1, {"$numberDecimal": "0"}]}"#,
                5733415,
                "by zero",
            ),
            (r#"{"$mod": [1, "$s"]}"#, 16611, "not int and string"),
            (r#"{"$abs": "$lmin"}"#, 28680, "long long min"),
            (
                r#"{"$abs": "$s"}"#,
                28765,
                "$abs only supports numeric types, not string",
            ),
        ],
    );
}

#[test]
fn rounding_is_to_even_and_by_places() {
    check(
        DOCUMENT,
        &[
            (r#"{"$round": 2.5}"#, "2.0"),
            (r#"{"$round": 3.5}"#, "4.0"),
            (r#"{"$round": [1.2345, 2]}"#, "1.23"),
            (r#"{"$round": [0.125, 2]}"#, "0.12"),
            (r#"{"$round": [1234, -2]}"#, "1200"),
            (r#"{"$round": [1250, -2]}"#, "1200"),
            (r#"{"$round": ["$max", -9]}"#, "2000000000"),
            (
                r#"{"$round": [2147483647, -1]}"#,
                r#"{"$numberLong": "2147483650"}"#,
            ),
            (
                r#"{"$round": [{"$numberLong": "15"}, -1]}"#,
                r#"{"$numberLong": "20"}"#,
            ),
            (
                r#"{"$round": {"$numberDecimal": "2.5"}}"#,
                r#"{"$numberDecimal": "2"}"#,
            ),
            (
                r#"{"$round": [{"$numberDecimal": "1.1"}, 3]}"#,
                r#"{"$numberDecimal": "1.100"}"#,
            ),
            (r#"{"$round": ["$i", 5]}"#, "7"),
            (
                r#"{"$round": [{"$numberDouble": "Infinity"}, 1]}"#,
                r#"{"$numberDouble": "Infinity"}"#,
            ),
            (r#"{"$round": ["$n", "$s"]}"#, "null"),
            (r#"{"$round": [1.5, null]}"#, "null"),
            (r#"{"$trunc": -2.7}"#, "-2.0"),
            (r#"{"$trunc": [1.29, 1]}"#, "1.2"),
            (r#"{"$trunc": [199, -2]}"#, "100"),
            (r#"{"$ceil": 1.2}"#, "2.0"),
            (r#"{"$ceil": "$i"}"#, "7"),
            (
                r#"{"$ceil": {"$numberDecimal": "1.2"}}"#,
                r#"{"$numberDecimal": "2"}"#,
            ),
            (r#"{"$floor": -1.2}"#, "-2.0"),
            (
                r#"{"$floor": {"$numberDecimal": "-1.2"}}"#,
                r#"{"$numberDecimal": "-2"}"#,
            ),
            (r#"{"$floor": "$n"}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$round": "$s"}"#,
                51081,
                "$round only supports numeric types, not string",
            ),
            (r#"{"$round": [1, 1.5]}"#, 51082, "integral value"),
            (r#"{"$round": [1, "x"]}"#, 51082, "integral value"),
            (r#"{"$trunc": [1, 101]}"#, 51083, "[-20, 100]"),
            (r#"{"$round": ["$lmax", -1]}"#, 51080, "invalid conversion"),
            (r#"{"$ceil": "$s"}"#, 28765, "$ceil only supports numeric"),
            (
                r#"{"$round": [1, 2, 3]}"#,
                28667,
                "at least 1 arguments, and at most 2, but 3",
            ),
        ],
    );
}

#[test]
fn powers_roots_and_logarithms() {
    check(
        DOCUMENT,
        &[
            (r#"{"$sqrt": 25}"#, "5.0"),
            (
                r#"{"$sqrt": {"$numberDecimal": "2"}}"#,
                r#"{"$numberDecimal": "1.414213562373095048801688724209698"}"#,
            ),
            (
                r#"{"$sqrt": {"$numberDecimal": "4.00"}}"#,
                r#"{"$numberDecimal": "2.0"}"#,
            ),
            (r#"{"$exp": 0}"#, "1.0"),
            (
                r#"{"$exp": {"$numberDecimal": "1"}}"#,
                r#"{"$numberDecimal": "2.718281828459045235360287471352662"}"#,
            ),
            (
                r#"{"$exp": {"$numberDecimal": "1E+30"}}"#,
                r#"{"$numberDecimal": "Infinity"}"#,
            ),
            (
                r#"{"$exp": {"$numberDecimal": "-1E+30"}}"#,
                r#"{"$numberDecimal": "0E-6176"}"#,
            ),
            (r#"{"$sigmoid": 0}"#, "0.5"),
            (r#"{"$sigmoid": 1}"#, "0.7310585786300049"),
            (r#"{"$sigmoid": -800}"#, "0.0"),
            (
                r#"{"$sigmoid": {"$numberDecimal": "0"}}"#,
                r#"{"$numberDecimal": "0.5"}"#,
            ),
            (r#"{"$sigmoid": null}"#, "null"),
            (r#"{"$sigmoid": {"$add": [1, -1]}}"#, "0.5"),
            (r#"{"$sigmoid": {"input": "$none", "onNull": 0}}"#, "0.5"),
            (r#"{"$sigmoid": {"input": "$none"}}"#, "null"),
            (r#"{"$ln": 1}"#, "0.0"),
            (
                r#"{"$ln": {"$numberDecimal": "10"}}"#,
                r#"{"$numberDecimal": "2.302585092994045684017991454684364"}"#,
            ),
            (r#"{"$log10": 1000}"#, "3.0"),
            (
                r#"{"$log10": {"$numberDecimal": "1000"}}"#,
                r#"{"$numberDecimal": "3"}"#,
            ),
            (r#"{"$log": [8, 2]}"#, "3.0"),
            (
                r#"{"$log": [{"$numberDecimal": "8"}, 2]}"#,
                r#"{"$numberDecimal": "3"}"#,
            ),
            (r#"{"$log": ["$n", "$s"]}"#, "null"),
            (r#"{"$pow": [2, 10]}"#, "1024"),
            (r#"{"$pow": [2, 31]}"#, r#"{"$numberLong": "2147483648"}"#),
            (
                r#"{"$pow": [{"$numberLong": "2"}, 3]}"#,
                r#"{"$numberLong": "8"}"#,
            ),
            (r#"{"$pow": [2, 63]}"#, "9.223372036854775808E18"),
            (
                r#"{"$pow": [-2, 63]}"#,
                r#"{"$numberLong": "-9223372036854775808"}"#,
            ),
            (r#"{"$pow": [2, -1]}"#, "0.5"),
            (r#"{"$pow": [-1, -3]}"#, "-1"),
            (r#"{"$pow": [0, 0]}"#, "1"),
            (r#"{"$pow": [2.0, 2]}"#, "4.0"),
            (
                r#"{"$pow": [{"$numberDecimal": "2"}, 3]}"#,
                r#"{"$numberDecimal": "8"}"#,
            ),
            (
                r#"{"$pow": [{"$numberDecimal": "-2"}, 3]}"#,
                r#"{"$numberDecimal": "-8"}"#,
            ),
            (
                r#"{"$pow": [{"$numberDecimal": "10"}, 100000]}"#,
                r#"{"$numberDecimal": "Infinity"}"#,
            ),
            (r#"{"$pow": ["$n", "$s"]}"#, "null"),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$sqrt": -1}"#, 28714, "greater than or equal to 0"),
            (
                r#"{"$sqrt": {"$numberDecimal": "-1"}}"#,
                28714,
                "greater than or equal to 0",
            ),
            (
                r#"{"$exp": "$s"}"#,
                28765,
                "$exp only supports numeric types",
            ),
            (r#"{"$sigmoid": "x"}"#, 14, "numeric types, not string"),
            (r#"{"$sigmoid": {"onNull": 1}}"#, 40414, "Missing 'input'"),
            (
                r#"{"$sigmoid": {"input": 1, "x": 1}}"#,
                40415,
                "Unrecognized parameter",
            ),
            (
                r#"{"$ln": 0}"#,
                28766,
                "$ln's argument must be a positive number, but is 0",
            ),
            (
                r#"{"$log10": {"$numberDecimal": "-2.5"}}"#,
                28761,
                "but is -2.5",
            ),
            (
                r#"{"$log": ["$s", 1]}"#,
                28756,
                "argument must be numeric, not string",
            ),
            (
                r#"{"$log": [1, "$s"]}"#,
                28757,
                "base must be numeric, not string",
            ),
            (r#"{"$log": [0, 2]}"#, 28758, "positive number"),
            (r#"{"$log": [2, 1]}"#, 28759, "not equal to 1"),
            (r#"{"$pow": ["$s", 1]}"#, 28762, "base must be numeric"),
            (r#"{"$pow": [1, "$s"]}"#, 28763, "exponent must be numeric"),
            (r#"{"$pow": [0, -1]}"#, 28764, "base of 0"),
        ],
    );
}
