//! The checker's locks and atomics, under the names that the library's files use.
//!
//! A fault may be put in: what those files rely on is then broken in one place, which the models must notice.

use std::cell::Cell;
use std::ops::{Add, Deref, DerefMut};
use std::time::Duration;

pub use loom::thread::yield_now;

/// What can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Whoever should wake everyone wakes one.
    WakesOne,
    /// Pointers are stored and loaded without an order.
    Unordered,
    /// Memory is freed at once, whoever is reading it.
    FreesEarly,
    /// The newest version counts as visible when pages are freed.
    FreesInvisible,
    /// Readers see commits before they are synced.
    PublishesEarly,
    /// A failed sync is taken for a good one.
    IgnoresFailure,
    /// A page that readers may know is changed in place.
    ChangesShared,
    /// Pages leave memory before they are in the file.
    DropsUnwritten,
}

thread_local! {
    // All of a model's threads run on one of the system's.
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Breaks something for all runs to come of this thread.
pub fn put_in(fault: Fault) {
    FAULT.set(Some(fault));
}

pub fn has(fault: Fault) -> bool {
    FAULT.get() == Some(fault)
}

/// As parking_lot's: not poisoned by a panic.
#[derive(Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().expect("not poisoned")))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("held")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("held")
    }
}

pub struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub fn new(value: T) -> RwLock<T> {
        RwLock(loom::sync::RwLock::new(value))
    }

    pub fn read(&self) -> loom::sync::RwLockReadGuard<'_, T> {
        self.0.read().expect("not poisoned")
    }

    pub fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
        self.0.write().expect("not poisoned")
    }
}

/// Its waits have no end: one that nobody ends is a deadlock, which the checker reports.
#[derive(Default)]
pub struct Condvar(system::Condvar);

pub struct TimedOut;

impl TimedOut {
    pub fn timed_out(&self) -> bool {
        false
    }
}

impl Condvar {
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    pub fn wait_until<T>(&self, held: &mut MutexGuard<'_, T>, _: Instant) -> TimedOut {
        let guard = held.0.take().expect("held");
        held.0 = Some(self.0.wait(guard).expect("not poisoned"));
        TimedOut
    }
}

pub mod system {
    use super::{Fault, has};
    pub use loom::sync::{Mutex, MutexGuard};

    #[derive(Default)]
    pub struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub fn new() -> Condvar {
            Condvar(loom::sync::Condvar::new())
        }

        pub fn wait<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
        ) -> loom::sync::LockResult<MutexGuard<'a, T>> {
            self.0.wait(guard)
        }

        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        pub fn notify_all(&self) {
            match has(Fault::WakesOne) {
                true => self.0.notify_one(),
                false => self.0.notify_all(),
            }
        }
    }
}

pub mod atomic {
    use super::{Fault, has};
    pub use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};

    pub struct AtomicPtr<T>(loom::sync::atomic::AtomicPtr<T>);

    fn order(order: Ordering) -> Ordering {
        match has(Fault::Unordered) {
            true => Ordering::Relaxed,
            false => order,
        }
    }

    impl<T> AtomicPtr<T> {
        pub fn new(pointer: *mut T) -> AtomicPtr<T> {
            AtomicPtr(loom::sync::atomic::AtomicPtr::new(pointer))
        }

        pub fn load(&self, with: Ordering) -> *mut T {
            self.0.load(order(with))
        }

        pub fn swap(&self, pointer: *mut T, with: Ordering) -> *mut T {
            self.0.swap(pointer, order(with))
        }

        pub fn compare_exchange(
            &self,
            expected: *mut T,
            new: *mut T,
            success: Ordering,
            failure: Ordering,
        ) -> Result<*mut T, *mut T> {
            let (success, failure) = (order(success), order(failure));
            self.0.compare_exchange(expected, new, success, failure)
        }
    }
}

pub fn null_pointers<T>(count: usize) -> Box<[atomic::AtomicPtr<T>]> {
    (0..count)
        .map(|_| atomic::AtomicPtr::new(std::ptr::null_mut()))
        .collect()
}

/// Set once: the value, then the word that it is there.
pub struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    is_there: atomic::AtomicBool,
}

impl<T> OnceLock<T> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> OnceLock<T> {
        OnceLock {
            value: std::sync::OnceLock::new(),
            is_there: atomic::AtomicBool::new(false),
        }
    }

    pub fn get(&self) -> Option<&T> {
        let is_there = self.is_there.load(atomic::Ordering::Acquire);
        is_there.then(|| self.value.get().expect("said to be there"))
    }

    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let mut is_mine = false;
        let value = self.value.get_or_init(|| {
            is_mine = true;
            make()
        });
        if is_mine {
            self.is_there.store(true, atomic::Ordering::Release);
        }
        while !self.is_there.load(atomic::Ordering::Acquire) {
            yield_now();
        }
        value
    }

    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }
}

loom::thread_local! {
    static TICKS: Cell<u64> = Cell::new(0);
}

/// A thread's own clock, so that a run follows from its schedule: it goes on by looking at it and by waiting for the medium.
#[derive(Clone, Copy)]
pub struct Instant(u64);

impl Instant {
    pub fn now() -> Instant {
        Instant(TICKS.with(Cell::get))
    }

    pub fn elapsed(&self) -> Duration {
        pass_time(1);
        Duration::from_micros(Instant::now().0.saturating_sub(self.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0 + duration.as_micros() as u64)
    }
}

pub fn pass_time(ticks: u64) {
    TICKS.with(|passed| passed.set(passed.get() + ticks));
}

/// Frees what was given up as soon as none of those is pinned who were pinned then: as early as an epoch may.
pub mod epoch {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::atomic::{Ordering, fence};
    use super::{Fault, has};

    /// Who is to be done before what is done.
    type GivenUp = (BTreeSet<u64>, Box<dyn FnOnce()>);

    #[derive(Default)]
    struct State {
        pinned: BTreeSet<u64>,
        next: u64,
        given_up: Vec<GivenUp>,
    }

    thread_local! {
        static STATE: RefCell<State> = RefCell::default();
    }

    pub struct Guard(u64);

    pub fn pin() -> Guard {
        let guard = STATE.with_borrow_mut(|state| {
            state.next += 1;
            state.pinned.insert(state.next);
            Guard(state.next)
        });
        // As the original's: whoever is not counted among the pinned sees that a pointer is gone.
        fence(Ordering::SeqCst);
        guard
    }

    impl Guard {
        /// # Safety
        /// As the original's.
        pub unsafe fn defer_unchecked<F: FnOnce() -> R, R>(&self, free: F) {
            if has(Fault::FreesEarly) {
                free();
                return;
            }
            fence(Ordering::SeqCst);
            let free: Box<dyn FnOnce() + '_> = Box::new(|| drop(free()));
            // SAFETY: the caller's promise is that what it refers to lives long enough.
            let free: Box<dyn FnOnce()> = unsafe { std::mem::transmute(free) };
            STATE.with_borrow_mut(|state| {
                let waits_for = state.pinned.clone();
                state.given_up.push((waits_for, free));
            });
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            let free = STATE.with_borrow_mut(|state| {
                state.pinned.remove(&self.0);
                for (waits_for, _) in &mut state.given_up {
                    waits_for.remove(&self.0);
                }
                let is_due = |(waits_for, _): &mut GivenUp| waits_for.is_empty();
                state.given_up.extract_if(.., is_due).collect::<Vec<_>>()
            });
            free.into_iter().for_each(|(_, free)| free());
        }
    }

    /// Before a run: an earlier one may have failed.
    pub fn begin() {
        let before = STATE.take();
        drop(before);
    }

    /// Behind a run.
    pub fn end() {
        STATE.with_borrow(|state| {
            assert!(state.pinned.is_empty() && state.given_up.is_empty());
        });
    }
}
