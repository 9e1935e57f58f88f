//! Both engines by example.

use super::*;

fn is_match(pattern: &str, options: &str, text: &str) -> bool {
    let regex =
        Regex::compile(pattern, options).unwrap_or_else(|error| panic!("/{pattern}/: {error:?}"));
    regex.is_match(text.into()).unwrap()
}

#[test]
fn matches_as_pcre_does() {
    let cases: &[(&str, &str, bool)] = &[
        (r"^a.c$", "abc", true),
        (r"abc$", "abc\n", true),
        (r"abc$", "abc\n\n", false),
        (r"abc\Z", "abc\n", true),
        (r"abc\z", "abc\n", false),
        (r"\d", "\u{0663}", false),
        (r"\w", "é", false),
        (r"\W", "é", true),
        (r"é", "é", true),
        (r"^.$", "é", true),
        (r"[\w-]+$", "a-b", true),
        (r"^[\w.-]+$", "a.b-c", true),
        (r"^[^\s]+$", "a b", false),
        (r"^[\S]+$", "ab", true),
        (r"a{", "a{", true),
        (r"a{2}", "aa", true),
        (r"a{2,}", "a", false),
        (r"a{,2}", "a{,2}", true),
        (r"[a&&b]", "&", true),
        (r"[[a]", "[", true),
        (r"[]a]", "]", true),
        (r"[a-]", "-", true),
        (r"^[a~~+--c]$", ",", true),
        (r"[[:alpha:]]", "x", true),
        (r"\Qa.b\E.", "a.bc", true),
        (r"\Qa.b\E", "axb", false),
        (r"\x41\x{42}\103", "AB", false),
        (r"\x41\x{42}", "AB", true),
        (r"\bword\b", "a word.", true),
        (r"(?<name>a)(?P<other>b)(c)", "abc", true),
        (r"(?i)ABC", "abc", true),
        (r"a(?i:B)c", "abc", true),
        (r"a(?i:B)C", "abc", false),
        (r"(?x) a b # comment (?=", "ab", true),
        (r"(?#comment)a", "a", true),
        (r"\<a\>", "<a>", true),
        (r"a\/b\-c\_", "a/b-c_", true),
        (r"\p{L}\pN", "é5", true),
        (r"(?m)^b$", "a\nb\nc", true),
        (r"^b$", "a\nb\nc", false),
        (r"a|b", "b", true),
        (r"a}]", "a}]", true),
        (r"\h\R", " \r\n", true),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(
            is_match(pattern, "", text),
            *expected,
            "/{pattern}/ on {text:?}"
        );
    }
}

#[test]
fn what_needs_backtracking_matches_as_pcre_does() {
    let cases: &[(&str, &str, bool)] = &[
        (r"a(?=b)", "ab", true),
        (r"a(?=b)", "ac", false),
        (r"a(?!b)", "ac", true),
        (r"^(?!.*secret)", "a secret", false),
        (r"(?<=a)b", "ab", true),
        (r"(?<!a)b", "ab", false),
        (r"(?<=a|bc)d", "bcd", true),
        (r"^(a|b)\1$", "aa", true),
        (r"^(a|b)\1$", "ab", false),
        (r"^(?<n>a|b)-\k<n>$", "b-b", true),
        (r"^(?P<n>a|b)(?P=n)$", "bb", true),
        (r"^(?<n>a)(b)\g{2}\g{-2}$", "abba", true),
        (r"^(a)\g1$", "aa", true),
        (r"^(a)\11$", "aa1", false),
        (r"^(a)(?:\1)1$", "aa1", true),
        (r"^a\101$", "aA", true),
        (r"^a++b", "aaab", true),
        (r"^a++ab", "aaab", false),
        (r"^(?:ab)*+c$", "ababc", true),
        (r"^[ab]{1,2}+b$", "ab", false),
        (r"^(?>ab|a)b$", "ab", false),
        (r"^(a)?(?(1)b|c)$", "ab", true),
        (r"^(a)?(?(1)b|c)$", "c", true),
        (r"^(?<q>')?x(?(<q>)')$", "'x'", true),
        (r"^(?<q>')?x(?(<q>)')$", "'x", false),
        (r"(?=.)\bword\b", "a word.", true),
        (r"(?=.)\w\B\w", "é", false),
        (r"a$\n", "a\n", true),
        (r"(?=a)a$", "a\n", true),
        (r"(?=a)a\Kb", "ab", true),
        (r"a\Kb", "ab", true),
        (r"\Ga", "ba", false),
        (r"(?i)(a)\1", "aA", true),
        (r"(?=[a&&b])&", "&", true),
        (r"(?=[[:alpha:]\d])\p{L}", "é", false),
        (r"(?=\p{L})é", "é", true),
        (r"(*UTF8)é", "é", true),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(
            is_match(pattern, "", text),
            *expected,
            "/{pattern}/ on {text:?}"
        );
    }
}

#[test]
fn options_hold_in_both_engines() {
    for ahead in ["", "(?=.|\\n)"] {
        let check =
            |pattern: &str, options, text| is_match(&format!("{ahead}{pattern}"), options, text);
        assert!(check("AB", "i", "ab") && !check("AB", "", "ab"));
        assert!(check("b$", "m", "b\nc") && !check("b$", "", "b\nc"));
        assert!(check("a.b", "s", "a\nb") && !check("a.b", "", "a\nb"));
        assert!(check(" a b # c", "x", "ab") && check("a", "u", "a"));
    }
}

#[test]
fn backtracking_ends() {
    let regex = Regex::compile(r"^(?=(a+)+$)\1", "").unwrap();
    let text = "a".repeat(40) + "b";
    let started = std::time::Instant::now();
    let verdict = Regex::compile(r"^(a|aa)+(?=c)\1$", "")
        .unwrap()
        .is_match(text.as_str().into());
    assert!(matches!(verdict, Err(GaveUp)), "{verdict:?}");
    assert!(started.elapsed().as_secs() < 20);
    assert!(regex.backtracks());
    let error = gave_up(&["/x/".to_string()]);
    assert_eq!(error.code(), Code(51156));
    assert!(error.message().contains("/x/"), "{error}");
}

#[test]
fn finding_gives_the_places_of_match_and_groups() {
    let cases: &[(&str, &str, usize, Groups)] = &[
        (r"(b)(x)?c", "abc", 0, vec![Some(1..3), Some(1..2), None]),
        (r"(?<n>b)c$", "abc\n", 0, vec![Some(1..3), Some(1..2)]),
        (r"a(?=b)", "ac ab", 1, vec![Some(3..4)]),
        (r"a\Kb", "ab", 0, vec![Some(1..2)]),
    ];
    for (pattern, text, start, expected) in cases {
        let regex = Regex::compile_to_find(pattern, "").unwrap();
        let found = regex.find_at(text, *start).unwrap();
        assert_eq!(found.as_ref(), Some(expected), "/{pattern}/ on {text:?}");
        assert_eq!(regex.find_at(text, text.len()).unwrap(), None);
    }
}

#[test]
fn extended_ignores_space_outside_classes_only() {
    let pattern = "a b[ #] c # the end";
    assert!(is_match(pattern, "x", "ab#c") && is_match(pattern, "x", "ab c"));
    assert!(!is_match(pattern, "x", "abc"));
}

#[test]
fn what_neither_engine_has_and_what_is_broken_is_refused() {
    let (bad, invalid) = (Code::BAD_VALUE, Code(51091));
    let cases = [
        (r"(?R)", bad, "recursion"),
        (r"(a)(?1)", bad, "recursion"),
        (r"(?<n>a)(?&n)", bad, "recursion"),
        (r"(?P>n)", bad, "recursion"),
        (r"(a)\g<1>", bad, "recursion"),
        (r"(?|(a)|(b))", bad, "branch reset"),
        (r"(*ACCEPT)a", bad, "verb"),
        (r"(?C1)a", bad, "callout"),
        (r"\Xa", bad, r"\X"),
        (r"(?(DEFINE)a)", bad, "condition"),
        (r"[a", invalid, "missing ]"),
        (r"a\", invalid, "at the end"),
        (r"(?i", invalid, "missing )"),
        (r"(a", invalid, "invalid"),
        (r"(a)\2", invalid, "there is no group 2"),
        (r"\k<n>", invalid, "there is no group"),
        (r"(?<a", invalid, "name"),
        (r"(?=a", invalid, "invalid"),
        (r"a**", invalid, "nothing for * to repeat"),
        (r"a{2}?+", invalid, "nothing for + to repeat"),
    ];
    for (pattern, code, expected) in cases {
        let error = Regex::compile(pattern, "").unwrap_err();
        assert_eq!(error.code(), code, "{pattern}: {error}");
        assert!(error.message().contains(expected), "{pattern}: {error}");
        assert!(error.message().contains(pattern), "{pattern}: {error}");
    }
}

#[test]
fn literal_prefixes_are_what_every_match_starts_with() {
    let cases = [
        ("^abc", "abc"),
        ("^abc.*", "abc"),
        ("^abc*", "ab"),
        ("^abc+", "abc"),
        ("^abc?d", "ab"),
        ("^ab{0,2}", "a"),
        ("^a|b", ""),
        ("abc", ""),
        (r"\Aab\.c", "ab.c"),
        (r"^a\d", "a"),
        ("^(a)", ""),
        ("^é", "é"),
    ];
    for (pattern, prefix) in cases {
        assert_eq!(syntax::literal_prefix(pattern), prefix, "{pattern}");
    }
}
