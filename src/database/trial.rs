//! A short race between plans that look alike: which finds the most for the keys it reads.
//!
//! Each plan is run for one stretch or until it has found a batch; nothing is returned of it. The winner's index is
//! remembered for the shape of the query (`query::plan_cache`), so that the race is run once for many queries.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use super::execute::{self, Examined, Position, Search, Source};
use super::interrupt::Interrupt;
use crate::error::Result;
use crate::query::{Filter, Plan};

/// Plans that are tried at most, the best by form first.
const ENTRANTS: usize = 4;
/// A plan that has found so many documents has shown enough; MongoDB's trials stop at the same number.
const ENOUGH: u64 = 101;

/// The place of the plan that did best.
pub fn best(source: Source<'_>, plans: &[Plan], filter: &Filter) -> Result<usize> {
    let mut best = 0;
    let mut best_score = None;
    for (place, plan) in plans.iter().take(ENTRANTS).enumerate() {
        let score = run(source, plan, filter)?.score();
        if best_score.is_none_or(|best_score| score > best_score) {
            (best, best_score) = (place, Some(score));
        }
    }
    Ok(best)
}

/// How far a plan came.
pub struct Trial {
    pub found: u64,
    pub examined: Examined,
    ended: bool,
}

impl Trial {
    /// Greater is better: a plan that came to its end with little work, else one that found much for its work. Work is keys or
    /// documents, whichever are more: a scan of the collection reads no keys.
    fn score(&self) -> (bool, u64, Reverse<u64>) {
        let work = self.examined.keys.max(self.examined.documents).max(1);
        let yield_per_thousand = if self.ended {
            0
        } else {
            self.found * 1000 / work
        };
        (self.ended, yield_per_thousand, Reverse(work))
    }
}

/// Runs a plan for a short while.
pub fn run(source: Source<'_>, plan: &Plan, filter: &Filter) -> Result<Trial> {
    let (mut position, mut found) = (Position::default(), 0);
    // One stretch is short.
    let interrupt = &Interrupt::none();
    let search = Search {
        source,
        plan,
        filter,
        interrupt,
    };
    let ended = execute::stretch(search, &mut position, &mut |_, _| {
        found += 1;
        Ok(if found < ENOUGH {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    Ok(Trial {
        found,
        examined: position.examined,
        ended: ended.is_end(),
    })
}
