//! Which pages of a file are taken.
//!
//! Two bitmaps: `alive` are the pages of the newest state; `in_use` are those and the pages that died but that some
//! snapshot (a reader's, the durable manifest's) still needs. A page is given out only when it is in
//! neither, the lowest first, so that files stay dense and compaction can cut their tails.

/// A growing set of page numbers.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
}

impl Bitmap {
    pub fn from_words(words: Vec<u64>) -> Bitmap {
        Bitmap { words }
    }

    pub fn get(&self, number: u32) -> bool {
        let word = self.words.get(number as usize / 64).copied().unwrap_or(0);
        word >> (number % 64) & 1 == 1
    }

    /// Sets or clears a bit; gives what it was.
    pub fn set(&mut self, number: u32, value: bool) -> bool {
        let index = number as usize / 64;
        if index >= self.words.len() {
            if !value {
                return false;
            }
            self.words.resize(index + 1, 0);
        }
        let mask = 1 << (number % 64);
        let old = self.words[index] & mask != 0;
        if value {
            self.words[index] |= mask;
        } else {
            self.words[index] &= !mask;
        }
        old
    }

    /// One more than the highest number in the set.
    pub fn end(&self) -> u32 {
        let last = self.words.iter().rposition(|&word| word != 0);
        last.map_or(0, |index| {
            (index as u32 + 1) * 64 - self.words[index].leading_zeros()
        })
    }

    pub fn count(&self) -> u64 {
        self.words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// How many numbers from `first` on are in the set.
    pub fn count_from(&self, first: u32) -> u64 {
        let words = self.words.iter().enumerate().skip(first as usize / 64);
        words
            .map(|(index, &word)| {
                let below = (first as usize).saturating_sub(index * 64);
                u64::from((word & u64::MAX << below).count_ones())
            })
            .sum()
    }

    /// `count` words from word `start` on, as bytes; zeros beyond the end.
    pub fn write_words(&self, start: usize, out: &mut [u8]) {
        for (index, chunk) in out.chunks_exact_mut(8).enumerate() {
            let word = self.words.get(start + index).copied().unwrap_or(0);
            chunk.copy_from_slice(&word.to_le_bytes());
        }
    }

    /// Whether `count` words from `start` on are alike in both.
    pub fn same_words(&self, other: &Bitmap, start: usize, count: usize) -> bool {
        let word = |map: &Bitmap, index| map.words.get(index).copied().unwrap_or(0);
        (start..start + count).all(|index| word(self, index) == word(other, index))
    }
}

/// The state of one file's pages.
#[derive(Clone)]
pub struct Space {
    in_use: Bitmap,
    alive: Bitmap,
    /// Pages of the file: one more than the highest number ever given out.
    pages: u32,
    free: u32,
    /// No page below this word is free.
    hint: usize,
}

impl Space {
    /// A file whose first `reserved` pages are never given out.
    pub fn new(reserved: u32) -> Space {
        let mut alive = Bitmap::default();
        for number in 0..reserved {
            alive.set(number, true);
        }
        Space {
            in_use: alive.clone(),
            alive,
            pages: reserved,
            free: 0,
            hint: 0,
        }
    }

    /// A file as its free map on disk describes it.
    pub fn restore(alive: Bitmap, pages: u32) -> Space {
        let free = pages - alive.count().min(u64::from(pages)) as u32;
        Space {
            in_use: alive.clone(),
            alive,
            pages,
            free,
            hint: 0,
        }
    }

    pub fn pages(&self) -> u32 {
        self.pages
    }

    pub fn free(&self) -> u32 {
        self.free
    }

    /// Pages of the newest state.
    pub fn alive(&self) -> &Bitmap {
        &self.alive
    }

    /// Pages of the newest state or of one that somebody still needs.
    pub fn in_use(&self) -> &Bitmap {
        &self.in_use
    }

    /// Takes `count` pages in a row; `may_start` refuses places (an extent may not lie across two maps). `None`: the file is
    /// full.
    pub fn allocate(&mut self, count: u32, may_start: impl Fn(u32) -> bool) -> Option<u32> {
        let number = self.reserve(count, may_start)?;
        self.adopt(number, count);
        Some(number)
    }

    /// Takes pages that the newest state does not have yet: a transaction may come to nothing, and no free map must tell of
    /// its pages until it has committed.
    pub fn reserve(&mut self, count: u32, may_start: impl Fn(u32) -> bool) -> Option<u32> {
        let number = match self.find_free(count, &may_start) {
            Some(number) => number,
            None => {
                let mut number = self.pages;
                while !may_start(number) {
                    self.free += 1;
                    number = number.checked_add(1)?;
                }
                self.pages = number.checked_add(count)?;
                self.free += count;
                number
            }
        };
        for page in number..number + count {
            self.in_use.set(page, true);
        }
        self.free -= count;
        Some(number)
    }

    /// As `allocate`, but only if the pages lie below `limit`.
    pub fn allocate_below(
        &mut self,
        limit: u32,
        count: u32,
        may_start: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let number = self.find_free(count, &may_start)?;
        (number < limit).then(|| self.allocate(count, may_start))?
    }

    /// Whether some page below `limit` is free.
    pub fn has_free_below(&mut self, limit: u32) -> bool {
        self.find_free(1, &|_| true)
            .is_some_and(|number| number < limit)
    }

    /// Gives up free pages at the end, `most` of them at most. Gives the number of pages left; `None`: the last one is in use.
    pub fn cut(&mut self, most: u32) -> Option<u32> {
        let end = self.in_use.end().max(self.pages.saturating_sub(most));
        if end >= self.pages {
            return None;
        }
        self.free -= self.pages - end;
        self.pages = end;
        self.hint = self.hint.min(end as usize / 64);
        Some(end)
    }

    /// Reserved pages come into the newest state.
    pub fn adopt(&mut self, number: u32, count: u32) {
        for page in number..number + count {
            self.alive.set(page, true);
        }
    }

    /// All pages taken come into the newest state.
    pub fn adopt_all(&mut self) {
        self.alive = self.in_use.clone();
    }

    fn find_free(&mut self, count: u32, may_start: &impl Fn(u32) -> bool) -> Option<u32> {
        if self.free < count {
            return None;
        }
        let words = self.pages.div_ceil(64) as usize;
        let full = |space: &Space, index: usize| {
            space.in_use.words.get(index).copied().unwrap_or(0) == u64::MAX
        };
        while self.hint < words && full(self, self.hint) {
            self.hint += 1;
        }
        let mut run = 0;
        let mut number = self.hint as u32 * 64;
        while number < self.pages {
            if number.is_multiple_of(64) && full(self, number as usize / 64) {
                run = 0;
                number += 64;
                continue;
            }
            run = if self.in_use.get(number) { 0 } else { run + 1 };
            if run >= count && may_start(number + 1 - count) {
                return Some(number + 1 - count);
            }
            number += 1;
        }
        None
    }

    /// The newest state no longer has these pages; older snapshots may.
    pub fn die(&mut self, number: u32, count: u32) {
        for page in number..number + count {
            let was = self.alive.set(page, false);
            debug_assert!(was, "page {page} died twice");
        }
    }

    /// Takes back `die`, for a transaction that is rolled back.
    pub fn revive(&mut self, number: u32, count: u32) {
        self.adopt(number, count);
    }

    /// Nobody needs these pages any more.
    pub fn release(&mut self, number: u32, count: u32) {
        for page in number..number + count {
            self.alive.set(page, false);
            let was = self.in_use.set(page, false);
            debug_assert!(was, "page {page} was released twice");
        }
        self.free += count;
        self.hint = self.hint.min(number as usize / 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_pages_are_given_first() {
        let mut space = Space::new(1);
        let any = |_| true;
        for expected in 1..200 {
            assert_eq!(space.allocate(1, any), Some(expected));
        }
        for number in [150, 20, 21, 22] {
            space.die(number, 1);
            space.release(number, 1);
        }
        assert_eq!(space.free(), 4);
        assert_eq!(space.allocate(3, any), Some(20));
        assert_eq!(space.allocate(1, any), Some(150));
        assert_eq!(space.allocate(1, any), Some(200));
        assert_eq!(space.free(), 0);
    }

    #[test]
    fn a_dead_page_is_not_given_before_its_release() {
        let mut space = Space::new(1);
        assert_eq!(space.allocate(1, |_| true), Some(1));
        space.die(1, 1);
        assert_eq!(space.allocate(1, |_| true), Some(2));
        space.release(1, 1);
        assert_eq!(space.allocate(1, |_| true), Some(1));
    }

    #[test]
    fn reserved_pages_are_taken_but_not_of_the_newest_state() {
        let mut space = Space::new(1);
        assert_eq!(space.reserve(2, |_| true), Some(1));
        assert_eq!(space.allocate(1, |_| true), Some(3));
        assert!(!space.alive().get(1) && space.in_use().get(1));
        space.adopt(1, 1);
        space.release(2, 1);
        assert!(space.alive().get(1) && !space.in_use().get(2));
        assert_eq!(space.allocate(1, |_| true), Some(2));
    }

    #[test]
    fn only_free_pages_at_the_end_are_cut_and_they_can_be_given_again() {
        let mut space = Space::new(1);
        (1..300).for_each(|number| assert_eq!(space.allocate(1, |_| true), Some(number)));
        assert_eq!(space.cut(1000), None);
        for number in (250..300).chain([100, 101, 7]) {
            space.die(number, 1);
            space.release(number, 1);
        }
        assert!(space.has_free_below(8) && !space.has_free_below(7));
        assert_eq!(space.allocate_below(7, 1, |_| true), None);
        assert_eq!(space.allocate_below(8, 1, |_| true), Some(7));
        assert_eq!(space.allocate_below(100, 2, |_| true), None);
        assert_eq!(space.cut(20), Some(280));
        assert_eq!(space.cut(1000), Some(250));
        assert_eq!(
            (space.pages(), space.free(), space.cut(1000)),
            (250, 2, None)
        );
        for expected in [100, 101, 250, 251] {
            assert_eq!(space.allocate(1, |_| true), Some(expected));
        }
        space.die(251, 1);
        space.release(251, 1);
        assert_eq!(space.allocate(1, |_| true), Some(251));
    }

    #[test]
    fn refused_places_are_skipped_and_stay_free() {
        let mut space = Space::new(1);
        assert_eq!(space.allocate(4, |first| first >= 8), Some(8));
        assert_eq!(space.free(), 7);
        assert_eq!(space.allocate(1, |_| true), Some(1));
    }
}
