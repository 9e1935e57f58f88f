//! `$regexFind`, `$regexFindAll`, `$regexMatch`
//! ([manual](https://www.mongodb.com/docs/manual/reference/operator/aggregation/regexFind/)).
//!
//! The regular expressions are those of filters; a constant one is compiled once.

use std::borrow::Cow;
use std::ops::Range;

use crate::aggregate::expr::{
    ArrayWriter, Compiler, Computed, DocumentWriter, Entry, Frame, Node, Operator, error, int,
    is_nullish, named, refuse,
};
use crate::bson::RawValue;
use crate::error::{Code, Result};
use crate::query::regex::{Groups, Regex};

pub(in crate::aggregate::expr) const OPERATORS: &[Entry] = &[
    Entry::special("$regexFind", |c, n, o| compile(c, n, o, Wanted::First)),
    Entry::special("$regexFindAll", |c, n, o| compile(c, n, o, Wanted::All)),
    Entry::special("$regexMatch", |c, n, o| compile(c, n, o, Wanted::Whether)),
];

/// What is asked about the matches.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    First,
    All,
    Whether,
}

#[derive(Debug)]
struct Search {
    name: &'static str,
    wanted: Wanted,
    input: Node,
    regex: Node,
    options: Option<Node>,
    /// Of a constant regular expression that can be compiled.
    compiled: Option<Regex>,
}

fn compile(
    compiler: &mut Compiler<'_>,
    name: &'static str,
    operand: RawValue<'_>,
    wanted: Wanted,
) -> Result<Node> {
    let [input, regex, options] = named(
        operand,
        ["input", "regex", "options"],
        |found| {
            error(
                51103,
                format!("{name} expects an object of named arguments but found: {found}"),
            )
        },
        |key| error(31024, format!("{name} found an unknown argument: {key}")),
    )?;
    let missing = |code, what| error(code, format!("{name} requires '{what}' parameter"));
    let mut search = Search {
        name,
        wanted,
        input: compiler.operand(input.ok_or_else(|| missing(31022, "input"))?)?,
        regex: compiler.operand(regex.ok_or_else(|| missing(31023, "regex"))?)?,
        options: options
            .map(|options| compiler.operand(options))
            .transpose()?,
        compiled: None,
    };
    // One that cannot be compiled is refused when it is needed.
    let options = search
        .options
        .as_ref()
        .map_or(Some(None), Node::as_constant);
    if let (Some(regex), Some(options)) = (search.regex.as_constant(), options) {
        let compiled = search.compile(regex, options).unwrap_or(None);
        search.compiled = compiled;
    }
    Ok(compiler.operator(search))
}

impl Operator for Search {
    fn evaluate<'a>(&'a self, frame: Frame<'a>) -> Result<Computed<'a>> {
        let input = self.input.evaluate(frame)?;
        let regex = match &self.compiled {
            Some(regex) => Some(Cow::Borrowed(regex)),
            None => {
                let regex = self.regex.evaluate(frame)?;
                let options = self
                    .options
                    .as_ref()
                    .map_or(Ok(None), |node| node.evaluate(frame))?;
                self.compile(regex, options)?.map(Cow::Owned)
            }
        };
        let input = match input {
            Some(RawValue::String(text)) => Some(text.as_str()),
            value if is_nullish(value) => None,
            _ => {
                return refuse(
                    51104,
                    format!("{} needs 'input' to be of type string", self.name),
                );
            }
        };
        let found = input.zip(regex.as_deref());
        Ok(Some(match (self.wanted, found) {
            (Wanted::First, None) => RawValue::Null,
            (Wanted::Whether, None) => RawValue::Boolean(false),
            (Wanted::All, None) => ArrayWriter::new().finish(frame),
            (Wanted::Whether, Some((text, regex))) => {
                RawValue::Boolean(self.find(regex, text, 0)?.is_some())
            }
            (Wanted::First, Some((text, regex))) => match self.find(regex, text, 0)? {
                Some(groups) => {
                    let before = text[..whole(&groups).start].chars().count();
                    described(text, &groups, before, frame)?
                }
                None => RawValue::Null,
            },
            (Wanted::All, Some((text, regex))) => self.all(regex, text, frame)?,
        }))
    }

    fn operands<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        visit(&self.input);
        visit(&self.regex);
        self.options.iter().for_each(visit);
    }
}

impl Search {
    /// The regular expression of the two operands' values; none if the first is nullish.
    fn compile(&self, regex: Computed<'_>, options: Computed<'_>) -> Result<Option<Regex>> {
        let name = self.name;
        let (pattern, own_options) = match regex {
            Some(RawValue::String(pattern)) => (Some(pattern.as_str()), ""),
            Some(RawValue::Regex { pattern, options }) => {
                (Some(pattern.as_str()), options.as_str())
            }
            value if is_nullish(value) => (None, ""),
            _ => {
                return refuse(
                    51105,
                    format!("{name} needs 'regex' to be of type string or regex"),
                );
            }
        };
        let options = match options {
            Some(RawValue::String(_)) if !own_options.is_empty() => {
                let message = format!(
                    "{name}: found regex option(s) specified in both 'regex' and 'option' fields"
                );
                return refuse(51107, message);
            }
            Some(RawValue::String(options)) => options.as_str(),
            value if is_nullish(value) => own_options,
            _ => {
                return refuse(
                    51106,
                    format!("{name} needs 'options' to be of type string"),
                );
            }
        };
        if pattern.is_some_and(|pattern| pattern.contains('\0')) {
            let message =
                format!("{name}: regular expression cannot contain an embedded null byte");
            return refuse(51109, message);
        }
        if options.contains('\0') {
            let message =
                format!("{name}: regular expression options cannot contain an embedded null byte");
            return refuse(51110, message);
        }
        let Some(pattern) = pattern else {
            return Ok(None);
        };
        match Regex::compile_to_find(pattern, options) {
            Ok(regex) => Ok(Some(regex)),
            Err(refused) if refused.code() == Code(51091) => {
                let reason = refused.causes().into_iter().next();
                let reason = reason.unwrap_or_else(|| refused.message().to_string());
                refuse(51111, format!("Invalid Regex in {name}: {reason}"))
            }
            Err(refused) => Err(refused.context(name)),
        }
    }

    fn find(&self, regex: &Regex, text: &str, from: usize) -> Result<Option<Groups>> {
        regex.find_at(text, from).map_err(|_| {
            let name = self.name;
            let message = format!(
                "Error occurred while executing the regular expression in {name}. Result code: match \
                 limit exceeded"
            );
            error(51156, message)
        })
    }

    /// All matches that do not overlap. After an empty one the search goes on behind the next
    /// character.
    fn all<'a>(&self, regex: &Regex, text: &str, frame: Frame<'a>) -> Result<RawValue<'a>> {
        let mut matches = ArrayWriter::new();
        let (mut counted, mut characters) = (0, 0);
        let mut from = 0;
        while let Some(groups) = self.find(regex, text, from)? {
            let Range { start, end } = whole(&groups);
            characters += text[counted..start].chars().count();
            counted = start;
            matches.push(described(text, &groups, characters, frame)?)?;
            from = if end > start {
                end
            } else {
                start + text[start..].chars().next().map_or(1, char::len_utf8)
            };
            if from >= text.len() {
                break;
            }
        }
        Ok(matches.finish(frame))
    }
}

fn whole(groups: &Groups) -> Range<usize> {
    groups.first().cloned().flatten().unwrap_or_default()
}

/// A match as a document; `characters` lie before it.
fn described<'a>(
    text: &str,
    groups: &Groups,
    characters: usize,
    frame: Frame<'a>,
) -> Result<RawValue<'a>> {
    let mut captures = ArrayWriter::new();
    for group in groups.iter().skip(1) {
        let captured = group
            .clone()
            .map_or(RawValue::Null, |range| (&text[range]).into());
        captures.push(captured)?;
    }
    let mut document = DocumentWriter::new();
    document.append("match", (&text[whole(groups)]).into())?;
    document.append("idx", int(characters as i64))?;
    document.append("captures", captures.finish(frame))?;
    Ok(document.finish(frame))
}

#[cfg(test)]
mod tests {
    use crate::aggregate::expr::tests::{check, check_refused};

    const DOCUMENT: &str = r#"{"s": "Cafe café cafe", "n": null, "p": "c(a)(x)?", "i": 5,
        "r": {"$regularExpression": {"pattern": "CAFE", "options": "i"}}}"#;

    #[test]
    fn matches() {
        let none = r#"{"$regexFind": {"input": "$s", "regex": "tea"}}"#;
        check(
            DOCUMENT,
            &[
                (
                    r#"{"$regexFind": {"input": "$s", "regex": "caf."}}"#,
                    r#"{"match": "café", "idx": 5, "captures": []}"#,
                ),
                (
                    r#"{"$regexFind": {"input": "$s", "regex": "$p"}}"#,
                    r#"{"match": "ca", "idx": 5, "captures": ["a", null]}"#,
                ),
                (
                    r#"{"$regexFind": {"input": "$s", "regex": "$r"}}"#,
                    r#"{"match": "Cafe", "idx": 0, "captures": []}"#,
                ),
                (
                    r#"{"$regexFind": {"input": "$s", "regex": "É", "options": "i"}}"#,
                    r#"{"match": "é", "idx": 8, "captures": []}"#,
                ),
                (none, "null"),
                (r#"{"$regexFind": {"input": "$n", "regex": "a"}}"#, "null"),
                (
                    r#"{"$regexFind": {"input": "$s", "regex": "$none"}}"#,
                    "null",
                ),
                (
                    r#"{"$regexMatch": {"input": "$s", "regex": "^Cafe"}}"#,
                    "true",
                ),
                (
                    r#"{"$regexMatch": {"input": "$s", "regex": "$r", "options": null}}"#,
                    "true",
                ),
                (
                    r#"{"$regexMatch": {"input": "$s", "regex": "tea"}}"#,
                    "false",
                ),
                (
                    r#"{"$regexMatch": {"input": "$none", "regex": "tea"}}"#,
                    "false",
                ),
                (
                    r#"{"$regexFindAll": {"input": "$s", "regex": "$r"}}"#,
                    r#"[{"match": "Cafe", "idx": 0, "captures": []}, {"match": "cafe", "idx": 10, "captures": []}]"#,
                ),
                (
                    r#"{"$regexFindAll": {"input": "éa", "regex": ""}}"#,
                    r#"[{"match": "", "idx": 0, "captures": []}, {"match": "", "idx": 1, "captures": []}]"#,
                ),
                (
                    r#"{"$regexFindAll": {"input": "", "regex": ""}}"#,
                    r#"[{"match": "", "idx": 0, "captures": []}]"#,
                ),
                (r#"{"$regexFindAll": {"input": "$n", "regex": "a"}}"#, "[]"),
                // Look-around sees what lies before the place where the search goes on.
                (
                    r#"{"$regexFindAll": {"input": "aab", "regex": "(?<=a)."}}"#,
                    r#"[{"match": "a", "idx": 1, "captures": []}, {"match": "b", "idx": 2, "captures": []}]"#,
                ),
                (
                    r#"{"$regexFindAll": {"input": "aaa", "regex": "^a"}}"#,
                    r#"[{"match": "a", "idx": 0, "captures": []}]"#,
                ),
                (
                    r#"{"$regexFind": {"input": "abcabc", "regex": "(abc)\\1"}}"#,
                    r#"{"match": "abcabc", "idx": 0, "captures": ["abc"]}"#,
                ),
            ],
        );
    }

    #[test]
    fn refusals() {
        let text = "a".repeat(60) + "c";
        let slow =
            format!(r#"{{"$regexMatch": {{"input": "{text}", "regex": "^(a|aa)+(?=d)\\1$"}}}}"#);
        check_refused(
            DOCUMENT,
            &[
                (r#"{"$regexFind": "a"}"#, 51103, "found: string"),
                (
                    r#"{"$regexFind": {"input": "a", "pattern": "b"}}"#,
                    31024,
                    "pattern",
                ),
                (r#"{"$regexMatch": {"regex": "a"}}"#, 31022, "'input'"),
                (r#"{"$regexMatch": {"input": "a"}}"#, 31023, "'regex'"),
                (
                    r#"{"$regexFindAll": {"input": "$i", "regex": "a"}}"#,
                    51104,
                    "'input'",
                ),
                (
                    r#"{"$regexFindAll": {"input": "a", "regex": "$i"}}"#,
                    51105,
                    "'regex'",
                ),
                (
                    r#"{"$regexFind": {"input": "a", "regex": "a", "options": "$i"}}"#,
                    51106,
                    "'options'",
                ),
                (
                    r#"{"$regexFind": {"input": "a", "regex": "$r", "options": "m"}}"#,
                    51107,
                    "both",
                ),
                (
                    r#"{"$regexFind": {"input": "a", "regex": "a\u0000"}}"#,
                    51109,
                    "null byte",
                ),
                (
                    r#"{"$regexFind": {"input": "a", "regex": "a", "options": "i\u0000"}}"#,
                    51110,
                    "null byte",
                ),
                (
                    r#"{"$regexFind": {"input": "a", "regex": "(a"}}"#,
                    51111,
                    "Invalid Regex in $regexFind",
                ),
                (
                    r#"{"$regexFind": {"input": "$n", "regex": "a", "options": "q"}}"#,
                    51108,
                    "q",
                ),
                (&slow, 51156, "$regexMatch"),
            ],
        );
    }
}
