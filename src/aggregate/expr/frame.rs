//! What evaluation works in: the document, the variables around an expression, and an arena that
//! owns what is computed.
//!
//! Every value is a [`Computed`]: a raw value that borrows from the document, from a constant or from
//! the arena, or none for "missing". It is `Copy`, so nothing is cloned on the way. What loops over
//! elements evaluates its body in an arena of its own ([`Frame::with_arena`]) and copies out what it
//! keeps, so that memory does not grow with the number of rounds.

use std::cmp::Ordering;

use bumpalo::Bump;

use super::{Found, Metadata, refuse};
use crate::bson::{RawDoc, RawValue, Text};
use crate::error::Result;
use crate::query::Surroundings;

/// The value of an expression; none is "missing", which is not null.
pub(crate) type Computed<'a> = Option<RawValue<'a>>;

/// The most bytes that one computed value may have.
const MAX_VALUE_BYTES: usize = 100 << 20;

/// Owns what is computed during one evaluation. Takes no memory until something needs it.
#[derive(Debug, Default)]
pub struct Arena(Bump);

impl Arena {
    /// Frees everything, and keeps memory for the next evaluation.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    found: Found<'a>,
    bindings: Option<&'a Binding<'a>>,
    arena: &'a Arena,
    surroundings: &'a Surroundings,
}

/// A variable's value and the variables around it.
pub(crate) struct Binding<'a> {
    value: Computed<'a>,
    outer: Option<&'a Binding<'a>>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(
        found: Found<'a>,
        arena: &'a Arena,
        surroundings: &'a Surroundings,
    ) -> Frame<'a> {
        Frame {
            found,
            bindings: None,
            arena,
            surroundings,
        }
    }

    /// Compares two values, the strings among them by the operation's collation.
    #[inline]
    pub(super) fn compare(self, a: RawValue<'_>, b: RawValue<'_>) -> Ordering {
        self.surroundings.compare(a, b)
    }

    /// To be called in each round of what may have millions. Fails when the operation must end.
    #[inline]
    pub(super) fn step(self) -> Result<()> {
        self.surroundings.step()
    }

    /// `$$ROOT`.
    pub(crate) fn root(self) -> RawDoc<'a> {
        self.found.document
    }

    /// What is known of the document.
    pub(super) fn metadata(self) -> Option<&'a Metadata<'a>> {
        self.found.metadata
    }

    /// The variable that was bound `distance` bindings ago.
    pub(super) fn variable(self, distance: usize) -> Computed<'a> {
        let mut binding = self.bindings;
        for _ in 0..distance {
            binding = binding.and_then(|binding| binding.outer);
        }
        binding.and_then(|binding| binding.value)
    }

    /// The binding of one more variable, for [`Frame::within`].
    pub(crate) fn bind(self, value: Computed<'a>) -> Binding<'a> {
        Binding {
            value,
            outer: self.bindings,
        }
    }

    /// This frame with one more variable, which may live shorter than the frame.
    pub(crate) fn within<'b>(self, binding: &'b Binding<'b>) -> Frame<'b>
    where
        'a: 'b,
    {
        Frame {
            bindings: Some(binding),
            ..self
        }
    }

    /// This frame with one more variable, whose value must live as long as the frame.
    pub(crate) fn with_variable(self, value: Computed<'a>) -> Frame<'a> {
        let binding = self.arena.0.alloc(self.bind(value));
        Frame {
            bindings: Some(binding),
            ..self
        }
    }

    /// This frame with another arena, which is to be reset after each round of a loop.
    pub(crate) fn with_arena<'b>(self, arena: &'b Arena) -> Frame<'b>
    where
        'a: 'b,
    {
        Frame { arena, ..self }
    }

    /// Bytes kept for as long as the frame.
    pub(crate) fn bytes(self, bytes: &[u8]) -> &'a [u8] {
        self.arena.0.alloc_slice_copy(bytes)
    }

    /// A computed string.
    pub(crate) fn string(self, text: impl AsRef<[u8]>) -> RawValue<'a> {
        RawValue::String(Text::from_bytes(self.bytes(text.as_ref())))
    }

    /// A computed document, given its BSON.
    pub(crate) fn document(self, bytes: &[u8]) -> RawValue<'a> {
        RawValue::Document(RawDoc::trusted(self.bytes(bytes)))
    }

    /// A value that may live shorter than the frame, copied into it.
    pub(crate) fn keep(self, value: RawValue<'_>) -> RawValue<'a> {
        let mut bytes = Vec::new();
        value.write_to(&mut bytes);
        let kind = value.element_type() as u8;
        RawValue::decode(kind, self.bytes(&bytes)).unwrap_or(RawValue::Null)
    }

    /// A slice for `len` values.
    pub(super) fn slots(self, len: usize) -> &'a mut [Computed<'a>] {
        self.arena.0.alloc_slice_fill_copy(len, None)
    }
}

/// Writes a computed array.
pub(crate) struct ArrayWriter {
    bytes: Vec<u8>,
    len: usize,
}

impl ArrayWriter {
    pub(crate) fn new() -> ArrayWriter {
        ArrayWriter {
            bytes: vec![0; 4],
            len: 0,
        }
    }

    /// Appends a value. Fails when the array takes too much memory.
    pub(crate) fn push(&mut self, value: RawValue<'_>) -> Result<()> {
        self.bytes.push(value.element_type() as u8);
        crate::bson::push_index(&mut self.bytes, self.len as u32);
        self.bytes.push(0);
        value.write_to(&mut self.bytes);
        self.len += 1;
        check_size(self.bytes.len())
    }

    /// Appends an array.
    pub(crate) fn push_array(&mut self, array: ArrayWriter) -> Result<()> {
        self.push(RawValue::Array(RawDoc::trusted(&array.closed())))
    }

    /// Appends a document.
    pub(crate) fn push_document(&mut self, document: DocumentWriter) -> Result<()> {
        self.push(RawValue::Document(RawDoc::trusted(&document.closed())))
    }

    /// The array, kept as long as the frame.
    pub(crate) fn finish<'a>(self, frame: Frame<'a>) -> RawValue<'a> {
        RawValue::Array(RawDoc::trusted(frame.bytes(&self.closed())))
    }

    fn closed(mut self) -> Vec<u8> {
        self.bytes.push(0);
        crate::bson::patch_length(&mut self.bytes, 0);
        self.bytes
    }
}

/// Writes a computed document.
pub(crate) struct DocumentWriter(Vec<u8>);

impl DocumentWriter {
    pub(crate) fn new() -> DocumentWriter {
        DocumentWriter(vec![0; 4])
    }

    /// Appends a field; its name must not be there yet. Fails when the document takes too much memory.
    pub(crate) fn append(&mut self, key: impl AsRef<[u8]>, value: RawValue<'_>) -> Result<()> {
        self.0.push(value.element_type() as u8);
        self.0.extend_from_slice(key.as_ref());
        self.0.push(0);
        value.write_to(&mut self.0);
        check_size(self.0.len())
    }

    /// The document, kept as long as the frame.
    pub(crate) fn finish<'a>(self, frame: Frame<'a>) -> RawValue<'a> {
        frame.document(&self.closed())
    }

    fn closed(mut self) -> Vec<u8> {
        self.0.push(0);
        crate::bson::patch_length(&mut self.0, 0);
        self.0
    }
}

/// Refuses a computed value of `bytes` if that is too much.
pub(crate) fn check_size(bytes: usize) -> Result<()> {
    if bytes <= MAX_VALUE_BYTES {
        return Ok(());
    }
    refuse(
        146,
        format!("an expression computed a value of more than {MAX_VALUE_BYTES} bytes"),
    )
}

/// The elements of an array.
pub(crate) fn elements(array: RawDoc<'_>) -> impl Iterator<Item = RawValue<'_>> + Clone {
    array.iter().map(|(_, value)| value)
}

/// An array of which elements are wanted out of order.
pub(crate) fn collect(array: RawDoc<'_>) -> Vec<RawValue<'_>> {
    elements(array).collect()
}
