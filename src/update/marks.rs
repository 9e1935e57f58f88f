//! A set of small numbers, for ticking things off: allocates nothing up to 64.

pub(super) struct Marks {
    first: u64,
    more: Vec<u64>,
    unmarked: usize,
}

impl Marks {
    /// Numbers below `count`, none marked.
    pub(super) fn new(count: usize) -> Marks {
        Marks {
            first: 0,
            more: vec![0; count.saturating_sub(1) / 64],
            unmarked: count,
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        let word = match number / 64 {
            0 => self.first,
            word => self.more[word - 1],
        };
        word >> (number % 64) & 1 == 1
    }

    pub(super) fn insert(&mut self, number: usize) {
        if self.contains(number) {
            return;
        }
        let word = match number / 64 {
            0 => &mut self.first,
            word => &mut self.more[word - 1],
        };
        *word |= 1 << (number % 64);
        self.unmarked -= 1;
    }

    pub(super) fn is_full(&self) -> bool {
        self.unmarked == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_kept_across_words() {
        for count in [0, 1, 63, 64, 65, 128, 200] {
            let mut marks = Marks::new(count);
            for number in (0..count).rev() {
                assert!(!marks.contains(number) && !marks.is_full());
                marks.insert(number);
                marks.insert(number);
                assert!(marks.contains(number));
            }
            assert!(marks.is_full());
        }
    }
}
