//! Dotted paths: `a.b.0` split once into its components, so that no walk splits it again.

use std::fmt;

/// A dotted path. An empty component (`a..b`, `a.`) is kept; who forbids it says so.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path {
    text: Box<str>,
    components: Box<[Component]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Component {
    start: u32,
    end: u32,
    index: Option<u32>,
}

impl Path {
    /// The most components of a path that the languages take, as in MongoDB's expressions: trees of paths are walked by
    /// recursion.
    pub const MAX_LEN: usize = 200;

    /// Splits `text` at its dots.
    pub fn new(text: impl Into<Box<str>>) -> Path {
        let text = text.into();
        let mut start = 0;
        let components = text
            .split('.')
            .map(|name| {
                let component = Component {
                    start: start as u32,
                    end: (start + name.len()) as u32,
                    index: array_index(name.as_bytes()),
                };
                start += name.len() + 1;
                component
            })
            .collect();
        Path { text, components }
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number of components: at least one.
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Always false: even the empty text has one, empty, component.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The component at `position`; empty beyond the end.
    #[inline]
    pub fn component(&self, position: usize) -> &str {
        let range = self
            .components
            .get(position)
            .map(|c| c.start as usize..c.end as usize);
        range
            .and_then(|range| self.text.get(range))
            .unwrap_or_default()
    }

    /// The component at `position` as an array index, if it is one (see [`array_index`]).
    #[inline]
    pub fn index(&self, position: usize) -> Option<u32> {
        self.components.get(position)?.index
    }

    /// The components in order.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        (0..self.components.len()).map(|position| self.component(position))
    }

    /// The first component.
    pub fn first(&self) -> &str {
        self.component(0)
    }

    /// The last component.
    pub fn last(&self) -> &str {
        self.component(self.components.len() - 1)
    }

    /// The text of the first `count` components.
    pub fn prefix(&self, count: usize) -> &str {
        let end = count
            .checked_sub(1)
            .and_then(|last| self.components.get(last));
        match end {
            Some(component) => self.text.get(..component.end as usize).unwrap_or_default(),
            None if count == 0 => "",
            None => &self.text,
        }
    }

    /// The path behind the first `count` components, of which there must be more.
    pub fn after(&self, count: usize) -> Path {
        let start = self.components.get(count).map(|c| c.start as usize);
        let rest = start.and_then(|start| self.text.get(start..));
        Path::new(rest.unwrap_or_default())
    }

    /// Whether this path is `other` or leads to it: `a.b` of `a.b.c`, not of `a.bc`.
    pub fn is_prefix_of(&self, other: &Path) -> bool {
        self.len() <= other.len()
            && self
                .components()
                .zip(other.components())
                .all(|(a, b)| a == b)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// The array index that a component stands for: decimal digits without a leading zero.
pub fn array_index(component: &[u8]) -> Option<u32> {
    match component {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] if component.len() <= 10 => {
            component.iter().try_fold(0u32, |index, digit| {
                let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
                index.checked_mul(10)?.checked_add(digit)
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_once_and_knows_indexes() {
        let path = Path::new("a.b.0.01");
        assert_eq!(path.components().collect::<Vec<_>>(), ["a", "b", "0", "01"]);
        assert_eq!(
            (0..4).map(|i| path.index(i)).collect::<Vec<_>>(),
            [None, None, Some(0), None]
        );
        assert_eq!(
            (path.prefix(0), path.prefix(2), path.prefix(9)),
            ("", "a.b", "a.b.0.01")
        );
        assert_eq!(
            Path::new("a..b").components().collect::<Vec<_>>(),
            ["a", "", "b"]
        );
        assert_eq!(Path::new("").components().collect::<Vec<_>>(), [""]);
        assert_eq!(path.after(2).as_str(), "0.01");
    }

    #[test]
    fn prefixes_are_whole_components() {
        let cases = [
            ("a.b", "a.b.c", true),
            ("a.b", "a.bc", false),
            ("a", "a", true),
        ];
        for (prefix, path, expected) in cases {
            assert_eq!(
                Path::new(prefix).is_prefix_of(&Path::new(path)),
                expected,
                "{prefix} {path}"
            );
        }
    }

    #[test]
    fn indexes_fit_or_are_names() {
        assert_eq!(array_index(b"4294967295"), Some(u32::MAX));
        assert_eq!(array_index(b"4294967296"), None);
        assert_eq!(array_index(b"-1"), None);
        assert_eq!(array_index(b""), None);
    }
}
