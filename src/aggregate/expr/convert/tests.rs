//! All pairs of types, and what cannot be converted.

use crate::aggregate::expr::tests::{check, check_refused, evaluated};
use crate::bson::RawValue;

const DOCUMENT: &str = r#"{"n": null, "i": 5, "l": {"$numberLong": "1700000000000"}, "d": -2.75, "dec": {"$numberDecimal": "12.5"},
    "s": "42", "t": true, "date": {"$date": "2024-02-03T04:05:06.007Z"}, "id": {"$oid": "65bdbb720000000000000000"},
    "ts": {"$timestamp": {"t": 1, "i": 2}}, "b": {"$binary": {"base64": "AQI=", "subType": "00"}},
    "uuid": {"$uuid": "0e3b9063-8abd-4eb3-9f9f-f4c59fd30a60"}, "o": {}, "a": [], "k": {"$minKey": 1}}"#;

fn convert(input: &str, rest: &str) -> String {
    format!(r#"{{"$convert": {{"input": {input}, {rest}}}}}"#)
}

#[test]
fn to_bool() {
    check(
        DOCUMENT,
        &[
            (r#"{"$toBool": "$i"}"#, "true"),
            (r#"{"$toBool": 0}"#, "false"),
            (r#"{"$toBool": {"$numberDouble": "NaN"}}"#, "true"),
            (r#"{"$toBool": {"$numberDecimal": "0.00"}}"#, "false"),
            (r#"{"$toBool": ""}"#, "true"),
            (r#"{"$toBool": "$t"}"#, "true"),
            (r#"{"$toBool": "$date"}"#, "true"),
            (r#"{"$toBool": ["$id"]}"#, "true"),
            (r#"{"$toBool": "$o"}"#, "true"),
            (r#"{"$toBool": "$a"}"#, "true"),
            (r#"{"$toBool": "$b"}"#, "true"),
            (r#"{"$toBool": "$k"}"#, "true"),
            (r#"{"$toBool": "$n"}"#, "null"),
            (r#"{"$toBool": "$none"}"#, "null"),
        ],
    );
}

#[test]
fn to_integers() {
    check(
        DOCUMENT,
        &[
            (r#"{"$toInt": "$d"}"#, "-2"),
            (r#"{"$toInt": "$dec"}"#, "12"),
            (r#"{"$toInt": "$s"}"#, "42"),
            (r#"{"$toInt": "-7"}"#, "-7"),
            (r#"{"$toInt": "+7"}"#, "7"),
            (r#"{"$toInt": "$t"}"#, "1"),
            (
                r#"{"$toInt": {"$numberLong": "-2147483648"}}"#,
                "-2147483648",
            ),
            (r#"{"$toInt": 2147483647.0}"#, "2147483647"),
            (r#"{"$toLong": "$i"}"#, r#"{"$numberLong": "5"}"#),
            (
                r#"{"$toLong": "$date"}"#,
                r#"{"$numberLong": "1706933106007"}"#,
            ),
            (
                r#"{"$toLong": "9223372036854775807"}"#,
                r#"{"$numberLong": "9223372036854775807"}"#,
            ),
            (
                r#"{"$toLong": {"$numberDecimal": "-9223372036854775808.9"}}"#,
                r#"{"$numberLong": "-9223372036854775808"}"#,
            ),
            (
                r#"{"$toLong": {"$numberDouble": "-9.223372036854775808E18"}}"#,
                r#"{"$numberLong": "-9223372036854775808"}"#,
            ),
            (r#"{"$toInt": "$b"}"#, "513"),
            (
                &convert("\"$b\"", r#""to": "int", "byteOrder": "big""#),
                "258",
            ),
            (
                &convert("\"$b\"", r#""to": "long""#),
                r#"{"$numberLong": "513"}"#,
            ),
            (
                &convert(
                    r#"{"$binary": {"base64": "/w==", "subType": "00"}}"#,
                    r#""to": "int""#,
                ),
                "-1",
            ),
            (&convert("\"101\"", r#""to": "int", "base": 2"#), "5"),
            (
                &convert("\"-ff\"", r#""to": "long", "base": 16"#),
                r#"{"$numberLong": "-255"}"#,
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$toInt": "1.5"}"#,
                241,
                "Failed to parse number '1.5' in $convert with no onError value: Bad digit \".\"",
            ),
            (r#"{"$toInt": ""}"#, 241, "No digits"),
            (r#"{"$toInt": " 5"}"#, 241, "Bad digit"),
            (
                r#"{"$toInt": "0x1A"}"#,
                241,
                "Illegal hexadecimal input in $convert with no onError value: 0x1A",
            ),
            (r#"{"$toInt": "2147483648"}"#, 241, "Overflow"),
            (
                r#"{"$toInt": 2147483648}"#,
                241,
                "Conversion would overflow target type in $convert with no onError value: 2147483648",
            ),
            (r#"{"$toInt": 2147483647.5}"#, 241, "overflow"),
            (
                r#"{"$toInt": {"$numberDouble": "NaN"}}"#,
                241,
                "Attempt to convert NaN value to integer type",
            ),
            (
                r#"{"$toLong": {"$numberDecimal": "-Infinity"}}"#,
                241,
                "Attempt to convert infinity value",
            ),
            (
                r#"{"$toLong": {"$numberDouble": "9.3E18"}}"#,
                241,
                "9.3e+18",
            ),
            (
                r#"{"$toLong": {"$numberDecimal": "9223372036854775808"}}"#,
                241,
                "9223372036854775808",
            ),
            (
                r#"{"$toInt": "$date"}"#,
                241,
                "Unsupported conversion from date to int in $convert with no onError value",
            ),
            (r#"{"$toInt": "$o"}"#, 241, "from object to int"),
            (r#"{"$toInt": "$uuid"}"#, 241, "invalid length: 16"),
            (
                r#"{"$toInt": [1, 2]}"#,
                50723,
                "$toInt requires a single argument, got 2",
            ),
            (r#"{"$toInt": []}"#, 50723, "got 0"),
            (
                &convert("\"12\"", r#""to": "int", "base": 2"#),
                241,
                "Bad digit \"2\"",
            ),
        ],
    );
}

#[test]
fn to_double_and_decimal() {
    check(
        DOCUMENT,
        &[
            (r#"{"$toDouble": "$i"}"#, "5.0"),
            (r#"{"$toDouble": "$t"}"#, "1.0"),
            (r#"{"$toDouble": "$dec"}"#, "12.5"),
            (r#"{"$toDouble": "-5.5"}"#, "-5.5"),
            (r#"{"$toDouble": "1e3"}"#, "1000.0"),
            (r#"{"$toDouble": "0e5"}"#, "0.0"),
            (
                r#"{"$toDouble": "-Infinity"}"#,
                r#"{"$numberDouble": "-Infinity"}"#,
            ),
            (r#"{"$toDouble": "$date"}"#, "1706933106007.0"),
            (
                r#"{"$toDouble": {"$numberDecimal": "NaN"}}"#,
                r#"{"$numberDouble": "NaN"}"#,
            ),
            (
                &convert(
                    r#"{"$binary": {"base64": "P/AAAAAAAAA=", "subType": "00"}}"#,
                    r#""to": "double", "byteOrder": "big""#,
                ),
                "1.0",
            ),
            (
                &convert(
                    r#"{"$binary": {"base64": "AACAPw==", "subType": "00"}}"#,
                    r#""to": 1"#,
                ),
                "1.0",
            ),
            (r#"{"$toDecimal": "$i"}"#, r#"{"$numberDecimal": "5"}"#),
            (
                r#"{"$toDecimal": 0.1}"#,
                r#"{"$numberDecimal": "0.100000000000000"}"#,
            ),
            (r#"{"$toDecimal": "1.50"}"#, r#"{"$numberDecimal": "1.50"}"#),
            (
                r#"{"$toDecimal": "0.00000000000000000000000000000000012345678901234567890123456789012345"}"#,
                r#"{"$numberDecimal": "1.234567890123456789012345678901234E-34"}"#,
            ),
            (
                r#"{"$toDecimal": "99999999999999999999999999999999995"}"#,
                r#"{"$numberDecimal": "1.000000000000000000000000000000000E+35"}"#,
            ),
            (r#"{"$toDecimal": "$t"}"#, r#"{"$numberDecimal": "1"}"#),
            (
                r#"{"$toDecimal": "$date"}"#,
                r#"{"$numberDecimal": "1706933106007"}"#,
            ),
            (
                &convert("\"777\"", r#""to": "decimal", "base": 8"#),
                r#"{"$numberDecimal": "511"}"#,
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$toDouble": "1.5x"}"#,
                241,
                "Did not consume whole string.",
            ),
            (r#"{"$toDouble": ""}"#, 241, "Empty string"),
            (r#"{"$toDouble": "1e400"}"#, 241, "Out of range"),
            (r#"{"$toDouble": "1e-400"}"#, 241, "Out of range"),
            (r#"{"$toDouble": "0x10"}"#, 241, "hexadecimal"),
            (
                r#"{"$toDouble": {"$numberDecimal": "1E+400"}}"#,
                241,
                "overflow target type in $convert with no onError value: 1E+400",
            ),
            (
                r#"{"$toDouble": {"$numberDecimal": "1E-400"}}"#,
                241,
                "1E-400",
            ),
            (r#"{"$toDouble": "$ts"}"#, 241, "from timestamp to double"),
            (r#"{"$toDecimal": "1E+7000"}"#, 241, "would overflow"),
            (r#"{"$toDecimal": "1E-7000"}"#, 241, "would underflow"),
            (r#"{"$toDecimal": "1.2.3"}"#, 241, "'1.2.3'"),
            (r#"{"$toDecimal": "$b"}"#, 241, "from binData to decimal"),
        ],
    );
}

#[test]
fn to_strings() {
    check(
        DOCUMENT,
        &[
            (r#"{"$toString": "$i"}"#, r#""5""#),
            (r#"{"$toString": "$l"}"#, r#""1700000000000""#),
            (r#"{"$toString": "$d"}"#, r#""-2.75""#),
            (r#"{"$toString": 1e21}"#, r#""1e+21""#),
            (
                r#"{"$toString": {"$numberDouble": "-Infinity"}}"#,
                r#""-Infinity""#,
            ),
            (r#"{"$toString": "$dec"}"#, r#""12.5""#),
            (r#"{"$toString": "$t"}"#, r#""true""#),
            (r#"{"$toString": "$date"}"#, r#""2024-02-03T04:05:06.007Z""#),
            (r#"{"$toString": "$id"}"#, r#""65bdbb720000000000000000""#),
            (
                r#"{"$toString": "$uuid"}"#,
                r#""0e3b9063-8abd-4eb3-9f9f-f4c59fd30a60""#,
            ),
            (r#"{"$toString": "$b"}"#, r#""AQI=""#),
            (
                &convert("\"$b\"", r#""to": "string", "format": "hex""#),
                r#""0102""#,
            ),
            (
                &convert("\"$uuid\"", r#""to": "string", "format": "base64url""#),
                r#""DjuQY4q9TrOfn_TFn9MKYA""#,
            ),
            (
                &convert(
                    r#"{"$binary": {"base64": "aMOp", "subType": "00"}}"#,
                    r#""to": "string", "format": "utf8""#,
                ),
                r#""hé""#,
            ),
            (
                &convert("-255", r#""to": "string", "base": 16"#),
                r#""-FF""#,
            ),
            (&convert("8.0", r#""to": "string", "base": 2"#), r#""1000""#),
            (
                &convert("\"$s\"", r#""to": "string", "base": 8"#),
                r#""42""#,
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$toString": "$o"}"#,
                241,
                "Unsupported conversion from object to string",
            ),
            (r#"{"$toString": "$ts"}"#, 241, "timestamp"),
            (r#"{"$toString": "$k"}"#, 241, "minKey"),
            (
                r#"{"$toString": {"$date": {"$numberLong": "9223372036854775807"}}}"#,
                18537,
                "0-9999",
            ),
            (
                &convert("\"$b\"", r#""to": "string""#),
                4341115,
                "from 'binData' to 'string'",
            ),
            (
                &convert("\"$b\"", r#""to": "string", "format": "uuid""#),
                241,
                "valid UUID",
            ),
            (
                &convert(
                    r#"{"$binary": {"base64": "/w==", "subType": "00"}}"#,
                    r#""to": "string", "format": "utf8""#,
                ),
                241,
                "UTF-8",
            ),
            (
                &convert("1.5", r#""to": "string", "base": 2"#),
                241,
                "non-integers",
            ),
            (
                &convert("1e30", r#""to": "string", "base": 2"#),
                241,
                "too large",
            ),
            (
                &convert(
                    r#"{"$numberDecimal": "1E+30"}"#,
                    r#""to": "string", "base": 2"#,
                ),
                241,
                "too large",
            ),
        ],
    );
}

#[test]
fn to_dates_and_ids() {
    check(
        DOCUMENT,
        &[
            (
                r#"{"$toDate": "$l"}"#,
                r#"{"$date": {"$numberLong": "1700000000000"}}"#,
            ),
            (
                r#"{"$toDate": 120000000000.5}"#,
                r#"{"$date": "1973-10-20T21:20:00Z"}"#,
            ),
            (
                r#"{"$toDate": {"$numberDecimal": "-1.9"}}"#,
                r#"{"$date": {"$numberLong": "-1"}}"#,
            ),
            (
                r#"{"$toDate": "$id"}"#,
                r#"{"$date": "2024-02-03T04:05:06Z"}"#,
            ),
            (
                r#"{"$toDate": "$ts"}"#,
                r#"{"$date": "1970-01-01T00:00:01Z"}"#,
            ),
            (
                r#"{"$toDate": "2018-03-20"}"#,
                r#"{"$date": "2018-03-20T00:00:00Z"}"#,
            ),
            (
                r#"{"$toDate": "2018-03-20 11:00:06 +0500"}"#,
                r#"{"$date": "2018-03-20T06:00:06Z"}"#,
            ),
            (
                r#"{"$toObjectId": "65BDBB720000000000000000"}"#,
                r#"{"$oid": "65bdbb720000000000000000"}"#,
            ),
            (
                r#"{"$toObjectId": "$id"}"#,
                r#"{"$oid": "65bdbb720000000000000000"}"#,
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (r#"{"$toDate": "$i"}"#, 241, "from int to date"),
            (r#"{"$toDate": "$t"}"#, 241, "from bool to date"),
            (
                r#"{"$toDate": "Friday?"}"#,
                241,
                "Error parsing date string",
            ),
            (r#"{"$toDate": 1e300}"#, 241, "overflow"),
            (
                r#"{"$toObjectId": "abc"}"#,
                241,
                "Invalid string length for parsing to OID, expected 24 but found 3",
            ),
            (
                r#"{"$toObjectId": "zzzzzzzzzzzzzzzzzzzzzzzz"}"#,
                241,
                "Invalid character found in hex string",
            ),
            (r#"{"$toObjectId": 5}"#, 241, "from int to objectId"),
        ],
    );
}

#[test]
fn to_binaries() {
    let binary = |base64: &str, subtype: &str| {
        format!(r#"{{"$binary": {{"base64": "{base64}", "subType": "{subtype}"}}}}"#)
    };
    let uuid = r#"{"$uuid": "0e3b9063-8abd-4eb3-9f9f-f4c59fd30a60"}"#;
    check(
        DOCUMENT,
        &[
            (
                r#"{"$toUUID": "0E3B9063-8abd-4eb3-9f9f-f4c59fd30a60"}"#,
                uuid,
            ),
            (r#"{"$toUUID": "$uuid"}"#, uuid),
            (r#"{"$toUUID": "$n"}"#, "null"),
            (
                &convert("\"AQI=\"", r#""to": "binData", "format": "base64""#),
                &binary("AQI=", "00"),
            ),
            (
                &convert(
                    "\"-_8\"",
                    r#""to": {"type": "binData"}, "format": "base64url""#,
                ),
                &binary("+/8=", "00"),
            ),
            (
                &convert(
                    "\"0aFF\"",
                    r#""to": {"type": 5, "subtype": 128}, "format": "hex""#,
                ),
                &binary("Cv8=", "80"),
            ),
            (
                &convert("\"hé\"", r#""to": "binData", "format": "utf8""#),
                &binary("aMOp", "00"),
            ),
            (
                &convert("258", r#""to": "binData""#),
                &binary("AgEAAA==", "00"),
            ),
            (
                &convert("258", r#""to": "binData", "byteOrder": "big""#),
                &binary("AAABAg==", "00"),
            ),
            (
                &convert("1.0", r#""to": "binData", "byteOrder": "big""#),
                &binary("P/AAAAAAAAA=", "00"),
            ),
            (
                &convert("\"$b\"", r#""to": "binData""#),
                &binary("AQI=", "00"),
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$toUUID": "0e3b90638abd4eb39f9ff4c59fd30a60"}"#,
                241,
                "Failed to parse BinData",
            ),
            (r#"{"$toUUID": "$b"}"#, 241, "different BinData subtypes"),
            (r#"{"$toUUID": "$t"}"#, 241, "from bool to binData"),
            (
                &convert("\"AQI=\"", r#""to": "binData""#),
                4341115,
                "from 'string' to 'binData'",
            ),
            (
                &convert("\"AQI\"", r#""to": "binData", "format": "base64""#),
                241,
                "invalid base64",
            ),
            (
                &convert("\"A\"", r#""to": "binData", "format": "base64url""#),
                241,
                "invalid base64url",
            ),
            (
                &convert("\"abc\"", r#""to": "binData", "format": "hex""#),
                241,
                "invalid hexadecimal",
            ),
            (
                &convert("\"a\"", r#""to": "binData", "format": "auto""#),
                241,
                "Invalid format 'auto'",
            ),
            (
                &convert(
                    "\"a\"",
                    r#""to": {"type": "binData", "subtype": 4}, "format": "utf8""#,
                ),
                241,
                "Only the 'uuid' format",
            ),
            (
                &convert("1", r#""to": {"type": "binData", "subtype": 10}"#),
                4341107,
                "10",
            ),
            (
                &convert("1", r#""to": {"type": "binData", "subtype": 1.5}"#),
                4341106,
                "not an integer",
            ),
            (
                &convert("1", r#""to": {"type": "binData", "subtype": "0"}"#),
                4341108,
                "but is string",
            ),
            (
                &convert(r#"{"$numberDecimal": "1"}"#, r#""to": "binData""#),
                241,
                "from decimal to binData",
            ),
        ],
    );
}

#[test]
fn the_arguments_of_convert() {
    check(
        DOCUMENT,
        &[
            (&convert("\"$s\"", r#""to": "int""#), "42"),
            (&convert("\"$s\"", r#""to": 16"#), "42"),
            (
                &convert("\"$s\"", r#""to": {"type": "long"}"#),
                r#"{"$numberLong": "42"}"#,
            ),
            (&convert("\"x\"", r#""to": "int", "onError": "$i""#), "5"),
            (
                &convert("\"x\"", r#""to": "int", "onError": "$none""#),
                "missing",
            ),
            (&convert("\"$o\"", r#""to": "int", "onError": 0"#), "0"),
            (
                &convert("\"$n\"", r#""to": "int", "onNull": "none""#),
                r#""none""#,
            ),
            (
                &convert("\"$none\"", r#""to": "int", "onError": 1"#),
                "null",
            ),
            (&convert("\"$s\"", r#""to": "$none""#), "null"),
            (&convert("\"$s\"", r#""to": "missing", "onError": 1"#), "1"),
            (&convert("1", r#""to": "minKey", "onError": 1"#), "1"),
            (&convert("\"$s\"", r#""to": {"$type": "$i"}"#), "42"),
            // What is not needed is not computed.
            (
                &convert(
                    "\"$s\"",
                    r#""to": "int", "onError": {"$toInt": "x"}, "onNull": {"$toInt": "x"}"#,
                ),
                "42",
            ),
        ],
    );
    check_refused(
        DOCUMENT,
        &[
            (
                r#"{"$convert": 5}"#,
                9,
                "$convert expects an object of named arguments but found: int",
            ),
            (
                r#"{"$convert": {"input": 1}}"#,
                9,
                "Missing 'to' parameter to $convert",
            ),
            (r#"{"$convert": {"to": 1}}"#, 9, "Missing 'input'"),
            (
                r#"{"$convert": {"input": 1, "to": 1, "as": 2}}"#,
                9,
                "unknown argument: as",
            ),
            (
                &convert("\"$n\"", r#""to": "integer""#),
                2,
                "Unknown type name: integer",
            ),
            (
                &convert("1", r#""to": 99"#),
                9,
                "does not correspond to a BSON type: 99",
            ),
            (&convert("1", r#""to": 1.5"#), 9, "not an integer"),
            (
                &convert("1", r#""to": true"#),
                9,
                "must be a string or number, but is bool",
            ),
            (
                &convert("1", r#""to": {"typ": "int"}"#),
                9,
                "but is missing",
            ),
            (
                &convert("1", r#""to": "int", "base": 3"#),
                3501301,
                "valid base",
            ),
            (
                &convert("1", r#""to": "int", "base": "2""#),
                3501300,
                "integer",
            ),
            (
                &convert("1", r#""to": "int", "format": 5"#),
                4341114,
                "found: int with value 5",
            ),
            (
                &convert("1", r#""to": "int", "format": "b64""#),
                4341125,
                "b64",
            ),
            (
                &convert("1", r#""to": "int", "byteOrder": 5"#),
                9130001,
                "byteOrder",
            ),
            (
                &convert("1", r#""to": "int", "byteOrder": "middle""#),
                9130002,
                "middle",
            ),
            (
                &convert("\"x\"", r#""to": "int", "onError": {"$toInt": "y"}"#),
                241,
                "'y'",
            ),
        ],
    );
}

/// Numbers, dates and ids come back from their strings.
#[test]
fn strings_read_back() {
    let mut state = 0x5eed_c0de_u64;
    println!("seed {state:#x}");
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state ^ state >> 29
    };
    for _ in 0..2000 {
        let bits = random();
        let double = f64::from_bits(bits);
        // The years that text can say.
        let ms = bits as i64 % 250_000_000_000_000;
        let mut cases = vec![
            ("$toInt", format!(r#"{{"$numberInt": "{}"}}"#, bits as i32)),
            (
                "$toLong",
                format!(r#"{{"$numberLong": "{}"}}"#, bits as i64),
            ),
            (
                "$toDate",
                format!(r#"{{"$date": {{"$numberLong": "{}"}}}}"#, ms.abs()),
            ),
            ("$toObjectId", format!(r#"{{"$oid": "{bits:024x}"}}"#)),
            (
                "$toDecimal",
                format!(r#"{{"$numberDecimal": "{}E{}"}}"#, bits as i64, bits % 6000),
            ),
        ];
        if double.is_finite() {
            cases.push(("$toDouble", format!(r#"{{"$numberDouble": "{double:e}"}}"#)));
        }
        for (back, value) in cases {
            let text = format!(r#"{{"{back}": {{"$toString": {value}}}}}"#);
            let (again, value) = (
                evaluated(&text),
                evaluated(&format!(r#"{{"$literal": {value}}}"#)),
            );
            let (again, value) = (again.unwrap().unwrap(), value.unwrap().unwrap());
            assert_eq!(again, value, "{back}");
            assert!(!matches!(again.as_raw(), RawValue::Null));
        }
    }
}
