//! From Perl-compatible regular expressions, which MongoDB takes, to the syntax of the crates `regex`
//! and `fancy-regex`.
//!
//! They agree on most; this rewrites what they read differently (`\d` is ASCII in PCRE, `$` matches
//! before a final newline, `{` may be a plain character, a class has no set operations, `x` leaves
//! classes alone) and refuses what neither has: recursion, branch resets, verbs, callouts.
//!
//! Look-around, back-references, atomic groups, possessive quantifiers and conditionals need
//! backtracking. Groups are numbered, never named, and do not capture where nothing asks for it.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::{Code, Error, Result};

/// A pattern rewritten.
pub(super) struct Translated {
    pub(super) text: String,
    /// Whether only the backtracking engine can run it.
    pub(super) backtracks: bool,
}

/// Rewrites `pattern`; `multi_line` and `extended` are the options `m` and `x`. With `finds` it
/// matters where a match is and what its groups capture.
pub(super) fn translate(
    pattern: &str,
    multi_line: bool,
    extended: bool,
    finds: bool,
) -> Result<Translated> {
    let mode = Mode {
        multi_line,
        extended,
    };
    let run = |backtracking| {
        let mut translator = Translator {
            pattern,
            rest: pattern.chars().peekable(),
            out: String::with_capacity(pattern.len() + 16),
            mode,
            outer: Vec::new(),
            atom: 0,
            groups: Vec::new(),
            group_count: count_groups(pattern),
            captures: finds || backtracking,
            finds,
            backtracking,
            backtracks: false,
        };
        translator.run()?;
        Ok(Translated {
            text: translator.out,
            backtracks: translator.backtracks,
        })
    };
    let linear: Translated = run(false)?;
    if linear.backtracks {
        return run(true);
    }
    Ok(linear)
}

/// How many groups capture.
fn count_groups(pattern: &str) -> usize {
    let (mut count, mut in_class, mut chars) = (0, false, pattern.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' if !in_class => {
                in_class = true;
                chars.next_if_eq(&'^');
                chars.next_if_eq(&']');
            }
            ']' => in_class = false,
            '(' if !in_class => {
                let rest: String = chars.clone().take(4).collect();
                count += usize::from(!rest.starts_with(['?', '*']) || is_named(&rest));
            }
            _ => {}
        }
    }
    count
}

/// Whether what follows `(` names a group.
fn is_named(after: &str) -> bool {
    after.starts_with("?P<")
        || after.starts_with("?'")
        || after.starts_with("?<") && !after.starts_with("?<=") && !after.starts_with("?<!")
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
    /// For each group that is open the mode to return to and where it starts in `out`.
    outer: Vec<(Mode, usize)>,
    /// Where in `out` that starts which a quantifier would repeat.
    atom: usize,
    /// The names of the capturing groups so far; empty for those without.
    groups: Vec<String>,
    group_count: usize,
    captures: bool,
    /// Whether it matters where a match is.
    finds: bool,
    /// Whether the backtracking engine's syntax is written.
    backtracking: bool,
    /// Whether it must be.
    backtracks: bool,
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\x0B\f\r\x20";
const HORIZONTAL_SPACE: &str =
    r"\t\x20\xA0\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL_SPACE: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";

impl Translator<'_> {
    fn run(&mut self) -> Result<()> {
        while let Some(c) = self.rest.next() {
            let ignored = self.mode.extended && (c == '#' || c.is_whitespace());
            if !matches!(c, '*' | '+' | '?' | '{' | ')') && !ignored {
                self.atom = self.out.len();
            }
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    let (mode, start) = self.outer.pop().unwrap_or((self.mode, 0));
                    (self.mode, self.atom) = (mode, start);
                    self.out.push(')');
                }
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.after_quantifier()?;
                }
                '{' => self.brace()?,
                '$' if !self.mode.multi_line => self.end_of_text(),
                '$' | '^' | '.' | '|' => self.out.push(c),
                '#' if ignored => {
                    self.rest.by_ref().find(|c| *c == '\n');
                }
                _ if ignored => {}
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

    /// `$` and `\Z`: the end, or before a newline that ends the text. The linear engine has no
    /// look-ahead; it takes the newline, which is the same where nothing follows.
    fn end_of_text(&mut self) {
        let is_last = matches!(self.rest.peek(), None | Some(')' | '|'));
        if is_last && !self.finds && !self.backtracking {
            return self.out.push_str(r"(?:\n?\z)");
        }
        self.backtracks = true;
        self.out.push_str(r"(?=\n?\z)");
    }

    /// `+` after a quantifier makes it possessive: an atomic group around what it repeats.
    fn after_quantifier(&mut self) -> Result<()> {
        if self.take('+') {
            self.backtracks = true;
            self.out.insert_str(self.atom, "(?>");
            self.out.push(')');
        } else if self.take('?') {
            self.out.push('?');
        }
        match self.rest.peek().copied() {
            Some(next @ ('*' | '+' | '?')) => {
                Err(self.invalid(&format!("there is nothing for {next} to repeat")))
            }
            _ => Ok(()),
        }
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
            self.atom = self.out.len();
            self.out.push_str(r"\{");
            return Ok(());
        };
        self.out.push_str(&format!("{{{inner}}}"));
        self.skip(inner.len() + 1);
        self.after_quantifier()
    }

    fn open(&mut self, outside: Mode, text: &str) {
        self.outer.push((outside, self.out.len()));
        self.out.push_str(text);
    }

    fn open_capturing(&mut self, outside: Mode, name: String) {
        self.groups.push(name);
        self.open(outside, if self.captures { "(" } else { "(?:" });
    }

    fn group(&mut self) -> Result<()> {
        let mode = self.mode;
        if self.rest.peek() == Some(&'*') {
            return self.verb();
        }
        if !self.take('?') {
            self.open_capturing(mode, String::new());
            return Ok(());
        }
        let upcoming = self.upcoming();
        if upcoming.starts_with('#') {
            self.rest.by_ref().find(|c| *c == ')');
            return Ok(());
        }
        for start in ["=", "!", "<=", "<!", ">"] {
            if upcoming.starts_with(start) {
                self.backtracks = true;
                self.skip(start.len());
                self.open(mode, &format!("(?{start}"));
                return Ok(());
            }
        }
        for (start, end) in [("P<", '>'), ("<", '>'), ("'", '\'')] {
            if upcoming.starts_with(start) {
                self.skip(start.len());
                let name = self.name(end)?;
                self.open_capturing(mode, name);
                return Ok(());
            }
        }
        if upcoming.starts_with("P=") {
            self.skip(2);
            let name = self.name(')')?;
            return self.reference_by_name(&name);
        }
        if let Some(condition) = upcoming.strip_prefix('(') {
            return self.conditional(condition);
        }
        let recursion = |c: char| c.is_ascii_digit() || matches!(c, 'R' | '&' | '+');
        if upcoming.starts_with(recursion) || upcoming.starts_with("P>") {
            return Err(self.unsupported("recursion"));
        }
        if upcoming.starts_with('|') {
            return Err(self.unsupported("the branch reset group (?|...)"));
        }
        if upcoming.starts_with('C') {
            return Err(self.unsupported("the callout (?C)"));
        }
        self.flags(mode)
    }

    /// `(*UTF8)` says what is always so; the other verbs steer a search that is not ours.
    fn verb(&mut self) -> Result<()> {
        let upcoming = self.upcoming();
        let verb = upcoming.split(')').next().unwrap_or_default();
        if matches!(verb, "*UTF8" | "*UTF") && self.out.is_empty() {
            self.skip(verb.len() + 1);
            return Ok(());
        }
        Err(self.unsupported(&format!("the verb ({verb})")))
    }

    /// `(?(1)yes|no)`, `(?(<name>)yes|no)`.
    fn conditional(&mut self, condition: &str) -> Result<()> {
        let Some((inner, _)) = condition.split_once(')') else {
            return Err(self.invalid("missing ) after (?("));
        };
        let quoted = |from: char, to| inner.strip_prefix(from)?.strip_suffix(to);
        let name = quoted('<', '>').or_else(|| quoted('\'', '\''));
        let number = match name {
            Some(name) => self
                .groups
                .iter()
                .position(|own| own == name)
                .map(|at| at + 1),
            None => inner.parse().ok(),
        };
        let Some(number) = number else {
            return Err(self.unsupported(&format!("the condition (?({inner})...)")));
        };
        self.backtracks = true;
        self.skip(inner.chars().count() + 2);
        self.open(self.mode, &format!("(?({number})"));
        Ok(())
    }

    /// A group's name up to `end`.
    fn name(&mut self, end: char) -> Result<String> {
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some(c) if c == end && !name.is_empty() => return Ok(name),
                Some(c) if c == '_' || c.is_alphanumeric() => name.push(c),
                _ => return Err(self.invalid("a group's name must be of letters and digits")),
            }
        }
    }

    fn reference_by_name(&mut self, name: &str) -> Result<()> {
        match self.groups.iter().position(|own| own == name) {
            Some(at) => self.reference(at + 1),
            None => Err(self.invalid(&format!("there is no group \"{name}\""))),
        }
    }

    fn reference(&mut self, number: usize) -> Result<()> {
        if !(1..=self.group_count).contains(&number) {
            return Err(self.invalid(&format!("there is no group {number}")));
        }
        self.backtracks = true;
        // The group keeps digits that follow apart.
        self.out.push_str(&format!("(?:\\{number})"));
        Ok(())
    }

    /// What follows `\g` or `\k`: a number, a number counted backwards, or a name.
    fn delimited_reference(&mut self, escape: char) -> Result<()> {
        let end = match self.rest.peek() {
            Some('{') => Some('}'),
            Some('<') if escape == 'k' => Some('>'),
            Some('\'') if escape == 'k' => Some('\''),
            Some('<' | '\'') => return Err(self.unsupported("recursion")),
            _ => None,
        };
        let mut text = String::new();
        match end {
            Some(end) => {
                self.rest.next();
                while let Some(c) = self.rest.next_if(|c| *c != end) {
                    text.push(c);
                }
                self.rest.next();
            }
            None => {
                while let Some(c) = self.rest.next_if(|c| c.is_ascii_digit() || *c == '-') {
                    text.push(c);
                }
            }
        }
        match text.parse::<i64>() {
            Ok(number @ 1..) => self.reference(number as usize),
            Ok(back) => {
                let number = self.groups.len() as i64 + 1 + back;
                self.reference(usize::try_from(number).unwrap_or(0))
            }
            Err(_) => self.reference_by_name(&text),
        }
    }

    /// `\12`: a back-reference if there are so many groups or it is one digit, else octal.
    fn numbered_escape(&mut self, first: char) -> Result<()> {
        let mut digits = String::from(first);
        while let Some(digit) = self.rest.peek().filter(|c| c.is_ascii_digit()) {
            digits.push(*digit);
            self.rest.next();
        }
        let number: usize = digits.parse().unwrap_or(usize::MAX);
        if number < 10 || number <= self.group_count {
            return self.reference(number);
        }
        let octal: String = digits
            .chars()
            .take_while(|c| c.is_digit(8))
            .take(3)
            .collect();
        let Ok(code) = u32::from_str_radix(&octal, 8) else {
            return Err(self.invalid(&format!("there is no group {number}")));
        };
        self.out.push_str(&format!("\\x{{{code:x}}}"));
        digits
            .chars()
            .skip(octal.len())
            .for_each(|c| self.literal(c));
        Ok(())
    }

    fn word_boundary(&mut self, negated: bool) {
        let text = match (self.backtracking, negated) {
            (false, false) => r"(?-u:\b)".to_string(),
            (false, true) => r"(?-u:\B)".to_string(),
            (true, false) => format!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"),
            (true, true) => format!("(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"),
        };
        self.out.push_str(&text);
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
                        self.open(outside, &format!("(?{flags}:"));
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
            'b' => self.word_boundary(false),
            'B' => self.word_boundary(true),
            // A search starts at the start.
            'A' | 'G' => self.out.push_str(r"\A"),
            // It says where the match begins, not whether there is one.
            'K' if !self.finds => {}
            'K' => {
                self.backtracks = true;
                self.out.push_str(r"\K");
            }
            'z' => self.out.push_str(r"\z"),
            'Z' => self.end_of_text(),
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
            'k' | 'g' => self.delimited_reference(c)?,
            '1'..='9' => self.numbered_escape(c)?,
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
