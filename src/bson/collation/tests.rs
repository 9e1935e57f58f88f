use std::cmp::Ordering::{self, Equal, Greater, Less};
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::{Collation, VERSION, locale};
use crate::bson::{Document, RawDoc, doc};
use crate::error::{Code, Result};

fn parse(collation: &Document) -> Result<Option<Collation>> {
    Collation::parse("collation", RawDoc::trusted(&collation.to_bytes()))
}

fn collation(document: Document) -> Collation {
    match parse(&document) {
        Ok(Some(collation)) => collation,
        other => panic!("{document:?}: {other:?}"),
    }
}

#[test]
fn strings_compare_by_the_rules_of_the_language() {
    let cases: Vec<(Document, &str, &str, Ordering)> = vec![
        (doc! { "locale": "en" }, "a", "B", Less),
        (doc! { "locale": "en" }, "a", "A", Less),
        (
            doc! { "locale": "en", "strength": 1 },
            "resume",
            "Résumé",
            Equal,
        ),
        (
            doc! { "locale": "en", "strength": 2 },
            "resume",
            "RESUME",
            Equal,
        ),
        (
            doc! { "locale": "en", "strength": 2 },
            "resume",
            "résumé",
            Less,
        ),
        (
            doc! { "locale": "en", "strength": 3 },
            "resume",
            "RESUME",
            Less,
        ),
        (
            doc! { "locale": "en", "strength": 1, "caseLevel": true },
            "résumé",
            "resume",
            Equal,
        ),
        (
            doc! { "locale": "en", "strength": 1, "caseLevel": true },
            "resume",
            "RESUME",
            Less,
        ),
        (
            doc! { "locale": "en", "caseFirst": "upper" },
            "a",
            "A",
            Greater,
        ),
        (
            doc! { "locale": "en", "numericOrdering": true },
            "item10",
            "item9",
            Greater,
        ),
        (doc! { "locale": "en" }, "item10", "item9", Less),
        (
            doc! { "locale": "en", "alternate": "shifted" },
            "black bird",
            "blackbird",
            Equal,
        ),
        (
            doc! { "locale": "en", "alternate": "shifted", "maxVariable": "space" },
            "a-b",
            "ab",
            Less,
        ),
        (
            doc! { "locale": "en", "alternate": "shifted", "strength": 4 },
            "black bird",
            "blackbird",
            Less,
        ),
        (doc! { "locale": "en_US_POSIX" }, "B", "a", Less),
        (doc! { "locale": "nb" }, "z", "å", Less),
        (doc! { "locale": "zh" }, "八", "一", Less),
        (
            doc! { "locale": "zh@collation=stroke" },
            "八",
            "一",
            Greater,
        ),
        (doc! { "locale": "sv" }, "z", "ö", Less),
        (doc! { "locale": "de" }, "z", "ö", Greater),
        (
            doc! { "locale": "de@collation=phonebook" },
            "Muller",
            "Müller",
            Greater,
        ),
        (
            doc! { "locale": "de@collation=phonebook" },
            "Mueller",
            "Müller",
            Less,
        ),
        (
            doc! { "locale": "es@collation=traditional" },
            "cz",
            "ch",
            Less,
        ),
        (doc! { "locale": "es" }, "cz", "ch", Greater),
        (doc! { "locale": "fr_CA" }, "côte", "coté", Less),
        (doc! { "locale": "fr" }, "côte", "coté", Greater),
        (
            doc! { "locale": "fr", "backwards": true },
            "côte",
            "coté",
            Less,
        ),
        (
            doc! { "locale": "fr_CA", "backwards": false },
            "côte",
            "coté",
            Greater,
        ),
        (
            doc! { "locale": "en", "strength": 3 },
            "a\u{0}b",
            "ab",
            Equal,
        ),
        (
            doc! { "locale": "en", "strength": 5 },
            "a\u{0}b",
            "ab",
            Less,
        ),
    ];
    for (document, a, b, expected) in cases {
        let collation = collation(document.clone());
        let (a, b) = (a.as_bytes(), b.as_bytes());
        assert_eq!(
            collation.compare(a, b),
            expected,
            "{document:?} {a:?} {b:?}"
        );
        let key = |text| {
            let mut key = Vec::new();
            collation.write_key(text, &mut key);
            key
        };
        assert_eq!(
            key(a).cmp(&key(b)),
            expected,
            "keys: {document:?} {a:?} {b:?}"
        );
    }
}

#[test]
fn what_is_left_out_is_the_locales_own() {
    let expected = doc! {
        "locale": "en", "caseLevel": false, "caseFirst": "off", "strength": 3, "numericOrdering": false,
        "alternate": "non-ignorable", "maxVariable": "punct", "normalization": false, "backwards": false,
        "version": VERSION,
    };
    assert_eq!(collation(doc! { "locale": "en" }).to_document(), expected);
    let again = collation(expected);
    assert_eq!(again, collation(doc! { "locale": "en", "strength": 3.0 }));
    assert_ne!(again, collation(doc! { "locale": "en", "strength": 2 }));
    let own = [("da", "caseFirst", "upper"), ("th", "alternate", "shifted")];
    for (locale, field, value) in own {
        let document = collation(doc! { "locale": locale }).to_document();
        assert_eq!(
            document.get(field).and_then(|v| v.as_str()),
            Some(value),
            "{locale}"
        );
    }
    assert!(parse(&doc! { "locale": "simple" }).unwrap().is_none());
}

#[test]
fn bad_documents_are_refused() {
    let cases = [
        (doc! {}, 40414, "'collation.locale' is missing"),
        (
            doc! { "locale": 1 },
            14,
            "wrong type 'int', expected type 'string'",
        ),
        (doc! { "locale": "" }, 2, "cannot be the empty string"),
        (doc! { "locale": "en_GB" }, 2, "Did you mean 'en'?"),
        (doc! { "locale": "en-us" }, 2, "Did you mean 'en_US'?"),
        (doc! { "locale": "xx" }, 2, "Field 'locale' is invalid"),
        (
            doc! { "locale": "de@collation=nonsense" },
            2,
            "Field 'locale' is invalid",
        ),
        (
            doc! { "locale": "simple", "strength": 1 },
            9,
            "no other fields",
        ),
        (doc! { "locale": "en", "strength": 6 }, 2, "1 through 5"),
        (doc! { "locale": "en", "strength": 1.5 }, 2, "1 through 5"),
        (
            doc! { "locale": "en", "strength": "1" },
            14,
            "'collation.strength'",
        ),
        (
            doc! { "locale": "en", "caseFirst": "UPPER" },
            2,
            "'upper' or 'lower' or 'off'",
        ),
        (
            doc! { "locale": "en", "alternate": "x" },
            2,
            "'non-ignorable' or 'shifted'",
        ),
        (
            doc! { "locale": "en", "maxVariable": "x" },
            2,
            "'punct' or 'space'",
        ),
        (
            doc! { "locale": "en", "caseLevel": 1 },
            14,
            "expected type 'bool'",
        ),
        (
            doc! { "locale": "en", "colour": 1 },
            40415,
            "'collation.colour' is an unknown field",
        ),
        (
            doc! { "locale": "en", "version": "57.1" },
            161,
            "only available collator version",
        ),
        (
            doc! { "locale": "fr", "strength": 1, "backwards": true },
            2,
            "'backwards' is invalid",
        ),
        (
            doc! { "locale": "sv", "backwards": true },
            2,
            "'backwards' is not supported for the locale 'sv'",
        ),
        (
            doc! { "locale": "en", "strength": 2, "caseFirst": "upper" },
            2,
            "'caseFirst' is invalid",
        ),
    ];
    for (document, code, fragment) in cases {
        let error = parse(&document).unwrap_err();
        assert_eq!(error.code(), Code(code), "{document:?}: {error}");
        assert!(error.message().contains(fragment), "{document:?}: {error}");
    }
}

/// Indexes keep keys: should a new version of the rules change one, [`VERSION`] must change with it.
#[test]
fn the_keys_of_a_version_never_change() {
    let mut hasher = SipHasher24::new_with_keys(1, 2);
    for name in locale::names() {
        let collation = collation(doc! { "locale": (name.as_str()), "strength": 4 });
        for text in [
            "Ångström côté ŒUVRE",
            "ch ll dz ß ñ ё ґ",
            "漢字 カナ かな 한글",
            "ไทย עברית عربي",
            "a-b_c 10 9",
            "ı I i İ",
        ] {
            let mut key = Vec::new();
            collation.write_key(text.as_bytes(), &mut key);
            hasher.write(&key);
        }
    }
    assert_eq!(
        (hasher.finish128().h1, VERSION),
        (12003712289412525557, "CLDR 49")
    );
}

/// Which locales have rules of their own decides whether `backwards` can be had.
#[test]
fn only_tailored_locales_differ_from_the_common_rules() {
    let common = collation(doc! { "locale": "en" });
    let letters: Vec<String> = ('a'..'\u{4e20}').map(String::from).collect();
    let pairs = [
        "aa", "ae", "ch", "dz", "gb", "ll", "lj", "ng", "ny", "oe", "ue",
    ];
    let texts = || letters.iter().map(String::as_str).chain(pairs);
    let key = |collation: &Collation, text: &str| {
        let mut key = Vec::new();
        collation.write_key(text.as_bytes(), &mut key);
        key
    };
    let expected: Vec<_> = texts().map(|text| key(&common, text)).collect();
    for name in locale::names() {
        let own = collation(
            doc! { "locale": (name.as_str()), "alternate": "non-ignorable", "caseFirst": "off" },
        );
        let differs = texts()
            .zip(&expected)
            .any(|(text, common)| key(&own, text) != *common);
        let is_tailored = locale::Locale::find("", &name).unwrap().is_tailored;
        // Canadian French has the accents the other way round, which one letter does not show.
        assert!(
            differs == is_tailored || name == "fr_CA",
            "{name}: {differs}"
        );
    }
}
