//! How the tests are sized, spread over threads, and replayed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ironbase::storage::vfs::sim::Random;

use crate::check::Check;

const THREADS: usize = 2;

/// `usual`, or much more when soaking.
pub fn amount(usual: u64) -> u64 {
    let factor = match std::env::var("IRONBASE_SOAK") {
        Ok(value) => value.parse::<u64>().unwrap_or(1).max(1) * 20,
        Err(_) => 1,
    };
    usual * factor
}

/// The seeds of a test's runs: `IRONBASE_SEED` alone, or so many.
pub fn seeds(usual: u64) -> Vec<u64> {
    match std::env::var("IRONBASE_SEED") {
        Ok(seed) => vec![seed.parse().expect("IRONBASE_SEED is a number")],
        Err(_) => (1..=amount(usual)).collect(),
    }
}

/// A seed that belongs to two others.
pub fn mix(seed: u64, number: u64) -> u64 {
    Random::new(seed ^ number.wrapping_mul(0x9e37_79b9)).next_u64()
}

/// Runs a check for each item on some threads, and panics with what went wrong. A panic counts as a failed check.
pub fn for_each<T: Sync>(
    items: &[T],
    describe: impl Fn(&T) -> String + Sync,
    check: impl Fn(&T) -> Check + Sync,
) {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<String>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if failed.lock().expect("not poisoned").is_some() {
                        return;
                    }
                    if let Err(reason) = quietly(|| check(item)) {
                        let text = format!("{}\n{reason}", describe(item));
                        failed.lock().expect("not poisoned").get_or_insert(text);
                    }
                }
            });
        }
    });
    if let Some(text) = failed.into_inner().expect("not poisoned") {
        panic!("{text}");
    }
}

/// Turns a panic into a failed check.
pub fn quietly(check: impl FnOnce() -> Check) -> Check {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or("?")))
    })
}
