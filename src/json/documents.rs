//! The ways in: one document, one array, one value, or many documents from one text.

use super::parse::Parser;
use crate::bson::RawValueBuf;
use crate::bson::fault::Walked;
use crate::error::Result;

/// Appends the BSON of the one document that `text` holds.
///
/// Errors say where: `position` (`offset` in bytes, `line`, `column`) and `path` in their details.
/// After an error `out` is as it was.
pub fn parse_document(text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    parse_whole(text, out, |parser, out| parser.root_document(out))
}

/// Appends the BSON of the one array that `text` holds, such as a pipeline.
pub fn parse_array(text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    parse_whole(text, out, |parser, out| parser.root_array(out))
}

/// The one value, of any type, that `text` holds.
pub fn parse_value(text: &[u8]) -> Result<RawValueBuf> {
    let mut out = Vec::new();
    let kind = parse_whole(text, &mut out, |parser, out| parser.root_value(out))?;
    Ok(RawValueBuf::from_parts(kind, out))
}

fn parse_whole<'t, T>(
    text: &'t [u8],
    out: &mut Vec<u8>,
    parse: impl FnOnce(&mut Parser<'t>, &mut Vec<u8>) -> Walked<T>,
) -> Result<T> {
    let mut parser = Parser::new(text);
    let len = out.len();
    let parsed = parse(&mut parser, out).and_then(|parsed| parser.end().map(|()| parsed));
    parsed.map_err(|fault| {
        out.truncate(len);
        parser.error(*fault)
    })
}

/// Many documents from one text: an array of them, or one after another with or without line
/// breaks between (JSON lines). Each is parsed when asked for.
pub struct Documents<'t> {
    parser: Parser<'t>,
    state: State,
    count: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    InArray,
    InSequence,
    Ended,
}

impl<'t> Documents<'t> {
    /// The documents of `text`. Errors come with the document that has them.
    pub fn new(text: &'t [u8]) -> Documents<'t> {
        Documents {
            parser: Parser::new(text),
            state: State::Start,
            count: 0,
        }
    }

    /// Appends the next document to `out`; false at the end. An error, which tells the number of
    /// the document (`index` in its details) too, leaves `out` as it was and ends the documents.
    pub fn next_document(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let len = out.len();
        match self.step(out) {
            Ok(found) => {
                self.count += usize::from(found);
                Ok(found)
            }
            Err(fault) => {
                out.truncate(len);
                self.state = State::Ended;
                Err(self.parser.error(*fault).with_detail("index", self.count))
            }
        }
    }

    fn step(&mut self, out: &mut Vec<u8>) -> Walked<bool> {
        let parser = &mut self.parser;
        parser.skip_space();
        match self.state {
            State::Start if parser.peek() == Some(b'[') => {
                parser.at += 1;
                parser.skip_space();
                self.state = State::InArray;
                if parser.peek() == Some(b']') {
                    return self.end_array();
                }
            }
            State::InArray => match parser.peek() {
                Some(b',') => parser.at += 1,
                Some(b']') => return self.end_array(),
                _ => return Err(parser.expected("',' or ']'")),
            },
            State::Start | State::InSequence => {
                self.state = State::InSequence;
                if parser.peek().is_none() {
                    self.state = State::Ended;
                    return Ok(false);
                }
            }
            State::Ended => return Ok(false),
        }
        self.parser.root_document(out)?;
        Ok(true)
    }

    fn end_array(&mut self) -> Walked<bool> {
        self.parser.at += 1;
        self.state = State::Ended;
        self.parser.end()?;
        Ok(false)
    }
}
