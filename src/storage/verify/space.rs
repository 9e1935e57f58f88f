//! Whether the pages that a file's tree and free map reach are the pages in use: none in use counted as free (it would be given out
//! anew), none taken that nothing reaches (it would never come back).

use super::{Findings, Problem, ProblemKind};
use crate::storage::pager::space::{Bitmap, Space};

/// Page numbers that a message names at most.
const NAMED: usize = 8;

/// Pages of a file at one instant.
pub struct Account {
    pub space: Space,
    /// The pages of the free map itself.
    pub map_pages: Vec<u32>,
    /// Pages at the start that are never given out.
    pub reserved: u32,
}

/// Compares the pages reached with the account. `is_whole`: all that can be reached was.
pub fn compare(
    account: &Account,
    mut reached: Bitmap,
    is_whole: bool,
    file: &str,
    findings: &mut Findings,
) {
    let space = &account.space;
    let mut twice = Pages::default();
    for number in (0..account.reserved).chain(account.map_pages.iter().copied()) {
        if reached.set(number, true) {
            twice.add(number);
        }
    }
    let (mut leaked, mut free, mut given, mut in_use) =
        (Pages::default(), Pages::default(), Pages::default(), 0);
    for number in 0..space.pages() {
        let (is_alive, is_reached) = (space.alive().get(number), reached.get(number));
        let is_kept = space.in_use().get(number);
        match (is_alive, is_reached) {
            (true, false) => leaked.add(number),
            (false, true) => free.add(number),
            _ => {}
        }
        if (is_alive || is_reached) && !is_kept {
            given.add(number);
        }
        in_use += u64::from(is_kept);
    }
    let beyond = reached.count_from(space.pages());
    findings.pages += u64::from(space.pages());
    findings.free_pages += u64::from(space.pages()) - in_use;
    if is_whole {
        findings.leaked_pages += leaked.count;
    } else {
        leaked.count = 0;
    }
    let mut add = |pages: &Pages, what: &str| {
        if let Some(&first) = pages.first.first() {
            let text = format!("{what}: {}", pages.shown());
            findings.add(Problem::new(ProblemKind::FreeMap, file, text).at_page(first));
        }
    };
    add(&twice, "used twice, by the tree and by the free map");
    add(&free, "in use, but counted as free");
    add(&given, "in use, but may be given out");
    if is_whole {
        add(&leaked, "taken, but nothing reaches them");
    }
    if beyond > 0 {
        let text = format!(
            "{beyond} pages in use lie beyond the {} of the file",
            space.pages()
        );
        findings.add(Problem::new(ProblemKind::FreeMap, file, text));
    }
    if u64::from(space.free()) != u64::from(space.pages()) - in_use {
        let text = format!(
            "{} pages are counted as free, not {}",
            space.free(),
            u64::from(space.pages()) - in_use
        );
        findings.add(Problem::new(ProblemKind::FreeMap, file, text));
    }
}

/// Page numbers: how many, and the first of them.
#[derive(Default)]
struct Pages {
    first: Vec<u32>,
    count: u64,
}

impl Pages {
    fn add(&mut self, number: u32) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(number);
        }
    }

    fn shown(&self) -> String {
        let shown: Vec<String> = self.first.iter().map(u32::to_string).collect();
        let more = if self.count > NAMED as u64 {
            ", ..."
        } else {
            ""
        };
        format!("{} pages ({}{more})", self.count, shown.join(", "))
    }
}
