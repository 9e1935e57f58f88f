//! From Perl-compatible regular expressions, which MongoDB takes, to the syntax of the `regex`
//! crate.
//!
//! The two agree on most; this rewrites what they read differently (`\d` is ASCII in PCRE, `$`
//! matches before a final newline, `{` may be a plain character, a class has no set operations,
//! `x` leaves classes alone) and refuses what needs backtracking: look-around, back-references,
//! atomic groups, possessive quantifiers, recursion, conditionals.
//!
//! Groups become non-capturing: a filter asks only whether there is a match.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::{Code, Error, Result};

/// Rewrites `pattern`; `multi_line` and `extended` are the options `m` and `x`.
pub(super) fn translate(pattern: &str, multi_line: bool, extended: bool) -> Result<String> {
    let mode = Mode {
        multi_line,
        extended,
    };
    let mut translator = Translator {
        pattern,
        rest: pattern.chars().peekable(),
        out: String::with_capacity(pattern.len() + 16),
        mode,
        outer: Vec::new(),
    };
    translator.run()?;
    Ok(translator.out)
}

/// The text that every match starts with, as far as it is plain to see: `abc` of `^abcd*`.
/// For patterns without the options `i`, `m` and `x`.
pub(super) fn literal_prefix(pattern: &str) -> String {
    let anchored = pattern
        .strip_prefix('^')
        .or_else(|| pattern.strip_prefix("\\A"));
    let Some(rest) = anchored.filter(|rest| !rest.contains('|')) else {
        return String::new();
    };
    let mut prefix = String::new();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => match chars.next() {
                Some(escaped) if escaped.is_ascii_punctuation() => escaped,
                _ => break,
            },
            '.' | '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' => break,
            c => c,
        };
        // What may be repeated zero times is not certain to be there.
        if matches!(chars.peek(), Some('*' | '?' | '{')) {
            break;
        }
        prefix.push(literal);
    }
    prefix
}

#[derive(Clone, Copy)]
struct Mode {
    multi_line: bool,
    extended: bool,
}

struct Translator<'p> {
    pattern: &'p str,
    rest: Peekable<Chars<'p>>,
    out: String,
    mode: Mode,
    /// The modes to return to at each `)`.
    outer: Vec<Mode>,
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\x0B\f\r\x20";
const HORIZONTAL_SPACE: &str =
    r"\t\x20\xA0\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL_SPACE: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";
const END_OF_TEXT: &str = r"(?:\n?\z)";

impl Translator<'_> {
    fn run(&mut self) -> Result<()> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    self.mode = self.outer.pop().unwrap_or(self.mode);
                    self.out.push(')');
                }
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.after_quantifier()?;
                }
                '{' => self.brace()?,
                '$' if !self.mode.multi_line => self.out.push_str(END_OF_TEXT),
                '$' | '^' | '.' | '|' => self.out.push(c),
                '#' if self.mode.extended => {
                    self.rest.by_ref().find(|c| *c == '\n');
                }
                c if self.mode.extended && c.is_whitespace() => {}
                c => self.literal(c),
            }
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        self.out
            .push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }

    /// Takes `expected` if it comes next.
    fn take(&mut self, expected: char) -> bool {
        self.rest.next_if_eq(&expected).is_some()
    }

    fn upcoming(&self) -> String {
        self.rest.clone().collect()
    }

    fn skip(&mut self, chars: usize) {
        self.rest.by_ref().take(chars).for_each(drop);
    }

    fn after_quantifier(&mut self) -> Result<()> {
        if self.take('+') {
            return Err(self.unsupported("the possessive quantifier +"));
        }
        if self.take('?') {
            self.out.push('?');
        }
        Ok(())
    }

    fn brace(&mut self) -> Result<()> {
        let upcoming = self.upcoming();
        let inner = upcoming.split_once('}').map(|(inner, _)| inner);
        let counts = |inner: &&str| {
            let (from, to) = inner.split_once(',').unwrap_or((inner, ""));
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            !from.is_empty() && digits(from) && digits(to)
        };
        let Some(inner) = inner.filter(counts) else {
            self.out.push_str(r"\{");
            return Ok(());
        };
        self.out.push_str(&format!("{{{inner}}}"));
        self.skip(inner.len() + 1);
        self.after_quantifier()
    }

    fn group(&mut self) -> Result<()> {
        let mode = self.mode;
        if self.rest.peek() == Some(&'*') {
            return Err(self.unsupported("the verb (*...)"));
        }
        if !self.take('?') {
            self.outer.push(mode);
            self.out.push_str("(?:");
            return Ok(());
        }
        let upcoming = self.upcoming();
        for (start, feature) in REFUSED_GROUPS {
            if upcoming.starts_with(start) {
                return Err(self.unsupported(feature));
            }
        }
        if upcoming.starts_with('#') {
            self.rest.by_ref().find(|c| *c == ')');
            return Ok(());
        }
        for (start, end) in [("P<", '>'), ("<", '>'), ("'", '\'')] {
            if upcoming.starts_with(start) {
                self.rest.by_ref().skip(start.len()).find(|c| *c == end);
                self.outer.push(mode);
                self.out.push_str("(?:");
                return Ok(());
            }
        }
        self.flags(mode)
    }

    /// `(?im-s)` changes the rest of the group, `(?im-s:` the group it opens.
    fn flags(&mut self, outside: Mode) -> Result<()> {
        let (mut on, mut flags) = (true, String::new());
        loop {
            match self.rest.next() {
                Some('-') => {
                    on = false;
                    flags.push('-');
                }
                Some('x') => self.mode.extended = on,
                Some('m') => {
                    self.mode.multi_line = on;
                    flags.push('m');
                }
                Some(flag @ ('i' | 's')) => flags.push(flag),
                Some(end @ (')' | ':')) => {
                    let flags = flags.trim_end_matches('-');
                    if end == ':' {
                        self.outer.push(outside);
                        self.out.push_str(&format!("(?{flags}:"));
                    } else if !flags.is_empty() {
                        self.out.push_str(&format!("(?{flags})"));
                    }
                    return Ok(());
                }
                Some(other) => return Err(self.unsupported(&format!("(?{other}"))),
                None => return Err(self.invalid("missing ) after (?")),
            }
        }
    }

    fn escape(&mut self) -> Result<()> {
        let Some(c) = self.rest.next() else {
            return Err(self.invalid("\\ at the end"));
        };
        if let Some((set, negated)) = class_escape(c) {
            let not = if negated { "^" } else { "" };
            self.out.push_str(&format!("[{not}{set}]"));
            return Ok(());
        }
        match c {
            'b' => self.out.push_str(r"(?-u:\b)"),
            'B' => self.out.push_str(r"(?-u:\B)"),
            'A' => self.out.push_str(r"\A"),
            'z' => self.out.push_str(r"\z"),
            'Z' => self.out.push_str(END_OF_TEXT),
            'N' => self.out.push_str(r"[^\n]"),
            'R' => self.out.push_str(&format!(r"(?:\r\n|[{VERTICAL_SPACE}])")),
            'p' | 'P' => self.property(c),
            'Q' => {
                let upcoming = self.upcoming();
                let quoted = upcoming.split("\\E").next().unwrap_or_default();
                quoted.chars().for_each(|c| self.literal(c));
                self.skip(quoted.chars().count() + 2);
            }
            'E' => {}
            '1'..='9' | 'k' | 'g' => return Err(self.unsupported("a back-reference")),
            _ => self.character_escape(c)?,
        }
        Ok(())
    }

    /// `\pL` and `\p{Greek}` mean the same in both.
    fn property(&mut self, c: char) {
        self.out.push('\\');
        self.out.push(c);
        let braced = self.rest.peek() == Some(&'{');
        for next in self.rest.by_ref() {
            self.out.push(next);
            if !braced || next == '}' {
                break;
            }
        }
    }

    /// An escape that stands for one character, inside a class or outside.
    fn character_escape(&mut self, c: char) -> Result<()> {
        match c {
            'n' | 'r' | 't' | 'f' | 'a' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'e' => self.out.push_str(r"\x1B"),
            'x' => {
                let code = self.hexadecimal()?;
                self.out.push_str(&format!("\\x{{{code:x}}}"));
            }
            'c' => match self.rest.next() {
                Some(control) if control.is_ascii() => {
                    let code = control.to_ascii_uppercase() as u8 ^ 0x40;
                    self.out.push_str(&format!("\\x{code:02x}"));
                }
                _ => return Err(self.invalid("\\c needs an ASCII character")),
            },
            '0' => {
                let mut code = 0;
                for _ in 0..2 {
                    let Some(digit) = self.rest.next_if(|c| c.is_digit(8)) else {
                        break;
                    };
                    code = code * 8 + digit.to_digit(8).unwrap_or(0);
                }
                self.out.push_str(&format!("\\x{{{code:x}}}"));
            }
            c if c.is_ascii_alphanumeric() => {
                return Err(self.unsupported(&format!("\\{c}")));
            }
            c => self.literal(c),
        }
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<u32> {
        let braced = self.take('{');
        let most = if braced { 8 } else { 2 };
        let mut digits = String::new();
        while digits.len() < most {
            let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit) else {
                break;
            };
            digits.push(digit);
        }
        if braced && (!self.take('}') || digits.is_empty()) {
            return Err(self.invalid("\\x{ needs hexadecimal digits and }"));
        }
        Ok(u32::from_str_radix(&digits, 16).unwrap_or(0))
    }

    fn class(&mut self) -> Result<()> {
        self.out.push('[');
        if self.take('^') {
            self.out.push('^');
        }
        if self.take(']') {
            self.out.push_str(r"\]");
        }
        // Whether the last item is a single character, which may start a range.
        let mut after_character = false;
        loop {
            let Some(c) = self.rest.next() else {
                return Err(self.invalid("missing ] after ["));
            };
            match c {
                ']' => break,
                '-' if after_character && self.rest.peek().is_some_and(|next| *next != ']') => {
                    self.out.push('-');
                    after_character = false;
                    let end = self.rest.next().unwrap_or_default();
                    match end {
                        '\\' => drop(self.class_escape_or_character(true)?),
                        end => self.literal(end),
                    }
                }
                '[' if matches!(self.rest.peek(), Some(':')) => {
                    let upcoming = self.upcoming();
                    let Some((name, _)) = upcoming.split_once(":]") else {
                        return Err(self.invalid("missing :] after [:"));
                    };
                    self.out.push_str(&format!("[{name}:]"));
                    self.skip(name.chars().count() + 2);
                    after_character = false;
                }
                '\\' => after_character = self.class_escape_or_character(false)?,
                c => {
                    self.literal(c);
                    after_character = true;
                }
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// Says whether the escape is a single character.
    fn class_escape_or_character(&mut self, ends_range: bool) -> Result<bool> {
        let Some(c) = self.rest.next() else {
            return Err(self.invalid("\\ at the end"));
        };
        match class_escape(c) {
            Some(_) if ends_range => return Err(self.invalid("a range must end in a character")),
            Some((set, false)) => self.out.push_str(set),
            Some((set, true)) => self.out.push_str(&format!("[^{set}]")),
            None if c == 'b' => self.out.push_str(r"\x08"),
            None if matches!(c, 'p' | 'P') => {
                self.property(c);
                return Ok(false);
            }
            None => self.character_escape(c)?,
        }
        Ok(class_escape(c).is_none())
    }

    fn unsupported(&self, feature: &str) -> Error {
        Error::query(
            Code::BAD_VALUE,
            format!(
                "{feature} in the regular expression /{}/ is not supported",
                self.pattern
            ),
        )
    }

    fn invalid(&self, reason: &str) -> Error {
        Error::query(
            Code(51091),
            format!(
                "Regular expression is invalid: {reason} in /{}/",
                self.pattern
            ),
        )
    }
}

/// What follows `(?` and cannot be had without backtracking.
const REFUSED_GROUPS: &[(&str, &str)] = &[
    ("=", "look-ahead (?=...)"),
    ("!", "look-ahead (?!...)"),
    ("<=", "look-behind (?<=...)"),
    ("<!", "look-behind (?<!...)"),
    (">", "the atomic group (?>...)"),
    ("|", "the branch reset group (?|...)"),
    ("(", "the conditional (?(...)...)"),
    ("P=", "the back-reference (?P=...)"),
    ("P>", "the recursion (?P>...)"),
    ("R", "the recursion (?R)"),
    ("&", "the recursion (?&...)"),
];

/// The set that an escape stands for, and whether it is negated.
fn class_escape(c: char) -> Option<(&'static str, bool)> {
    let set = match c.to_ascii_lowercase() {
        'd' => DIGIT,
        'w' => WORD,
        's' => SPACE,
        'h' => HORIZONTAL_SPACE,
        'v' => VERTICAL_SPACE,
        _ => return None,
    };
    Some((set, c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let translated = match translate(pattern, false, false) {
                Ok(translated) => translated,
                Err(error) if !expected => {
                    assert!(error.message().contains("not supported"), "{error}");
                    continue;
                }
                Err(error) => panic!("{pattern}: {error}"),
            };
            let regex = regex::bytes::Regex::new(&translated);
            let regex = regex.unwrap_or_else(|error| panic!("{pattern} -> {translated}: {error}"));
            assert_eq!(
                regex.is_match(text.as_bytes()),
                *expected,
                "{pattern} -> {translated}"
            );
        }
    }

    #[test]
    fn extended_ignores_space_outside_classes_only() {
        let translated = translate("a b[ #] c # the end", false, true).unwrap();
        let regex = regex::bytes::Regex::new(&translated).unwrap();
        assert!(regex.is_match(b"ab#c") && regex.is_match(b"ab c") && !regex.is_match(b"abc"));
    }

    #[test]
    fn refuses_what_needs_backtracking_and_what_is_broken() {
        let cases = [
            (r"a(?=b)", "look-ahead"),
            (r"a(?!b)", "look-ahead"),
            (r"(?<=a)b", "look-behind"),
            (r"(?<!a)b", "look-behind"),
            (r"(a)\1", "back-reference"),
            (r"(?<n>a)\k<n>", "back-reference"),
            (r"a++", "possessive"),
            (r"a{1}+", "possessive"),
            (r"(?>a)", "atomic"),
            (r"(?R)", "recursion"),
            (r"(*UTF8)a", "verb"),
            (r"[a", "missing ]"),
            (r"a\", "at the end"),
            (r"(?i", "missing )"),
        ];
        for (pattern, expected) in cases {
            let error = translate(pattern, false, false).unwrap_err();
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
            assert_eq!(literal_prefix(pattern), prefix, "{pattern}");
        }
    }
}
