//! All operators by name. A family is a file with a table of its operators; it is listed here.

use super::compile::Compiler;
use super::node::{Function, Node};
use super::{
    accumulators, arithmetic, array, bitwise, boolean, compare, conditional, convert, date, each,
    hash, meta, object, ordered, power, random, refuse, rounding, sets, size, string, timestamp,
    trigonometry, types, variable,
};
use crate::bson::RawValue;
use crate::error::Result;

/// An operator of a family's table.
pub(crate) struct Entry {
    pub(super) name: &'static str,
    pub(super) compile: Compile,
}

/// How an operator is compiled.
pub(super) enum Compile {
    /// A function of its operands' values, of which there are so many at least and at most.
    Function(usize, usize, Function),
    Special(Special),
}

/// Compiles an operator from what stands behind its name.
pub(crate) type Special = fn(&mut Compiler<'_>, &'static str, RawValue<'_>) -> Result<Node>;

impl Entry {
    /// A function of exactly `count` operands.
    pub(super) const fn fixed(name: &'static str, count: usize, function: Function) -> Entry {
        Entry::range(name, count, count, function)
    }

    /// A function of at least `least` and at most `most` operands.
    pub(super) const fn range(
        name: &'static str,
        least: usize,
        most: usize,
        function: Function,
    ) -> Entry {
        Entry {
            name,
            compile: Compile::Function(least, most, function),
        }
    }

    /// A function of any number of operands.
    pub(super) const fn variadic(name: &'static str, function: Function) -> Entry {
        Entry::range(name, 0, usize::MAX, function)
    }

    /// An operator with a syntax or an order of evaluation of its own.
    pub(super) const fn special(name: &'static str, compile: Special) -> Entry {
        Entry {
            name,
            compile: Compile::Special(compile),
        }
    }
}

const FAMILIES: &[&[Entry]] = &[
    accumulators::OPERATORS,
    arithmetic::OPERATORS,
    array::OPERATORS,
    bitwise::OPERATORS,
    boolean::OPERATORS,
    compare::OPERATORS,
    conditional::OPERATORS,
    convert::OPERATORS,
    date::accessors::OPERATORS,
    date::arithmetic::OPERATORS,
    date::compose::OPERATORS,
    date::text::OPERATORS,
    each::OPERATORS,
    hash::OPERATORS,
    meta::OPERATORS,
    object::OPERATORS,
    ordered::OPERATORS,
    power::OPERATORS,
    random::OPERATORS,
    rounding::OPERATORS,
    sets::OPERATORS,
    size::OPERATORS,
    string::basic::OPERATORS,
    string::index_of::OPERATORS,
    string::regex::OPERATORS,
    string::replace::OPERATORS,
    string::split::OPERATORS,
    string::substring::OPERATORS,
    string::trim::OPERATORS,
    timestamp::OPERATORS,
    trigonometry::OPERATORS,
    types::OPERATORS,
    variable::OPERATORS,
    REFUSED,
];

/// Operators that MongoDB has and a library without a JavaScript engine cannot have.
const REFUSED: &[Entry] = &[
    Entry::special("$function", no_javascript),
    Entry::special("$accumulator", no_javascript),
];

fn no_javascript(_: &mut Compiler<'_>, name: &'static str, _: RawValue<'_>) -> Result<Node> {
    refuse(
        2,
        format!("{name} runs JavaScript, and there is no JavaScript engine in the library"),
    )
}

pub(super) fn find(name: &str) -> Option<&'static Entry> {
    let mut entries = FAMILIES.iter().copied().flatten();
    entries.find(|entry| entry.name == name)
}

/// Whether MongoDB's expressions have an operator of this name that is known here, be it only to be refused.
pub fn is_operator(name: &str) -> bool {
    find(name).is_some()
}

/// The names of all operators that can be used.
pub fn names() -> impl Iterator<Item = &'static str> {
    let refused = |name: &str| REFUSED.iter().any(|entry| entry.name == name);
    let entries = FAMILIES.iter().copied().flatten();
    entries
        .map(|entry| entry.name)
        .filter(move |name| !refused(name))
}
