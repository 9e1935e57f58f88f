//! The library itself: its version, its log, its strings.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};

use log::{Level, LevelFilter, Log, Metadata, Record};
use parking_lot::RwLock;

use super::guard::guard_quiet;
use super::handle;

/// Nothing is logged.
pub const IRONBASE_LOG_OFF: i32 = 0;
/// Failures that no function could return, such as one met while a handle was freed.
pub const IRONBASE_LOG_ERROR: i32 = 1;
/// What a careful operator would want to know, such as a log that was cut after a crash.
pub const IRONBASE_LOG_WARN: i32 = 2;
/// Opening, closing and recovery.
pub const IRONBASE_LOG_INFO: i32 = 3;
/// Background work.
pub const IRONBASE_LOG_DEBUG: i32 = 4;
/// Everything.
pub const IRONBASE_LOG_TRACE: i32 = 5;

/// Receives a line of the library's log.
///
/// Called on whichever thread has something to say, also on several at once. It must not call
/// functions of this library, and should be quick.
///
/// @param user The pointer given to ironbase_set_log_callback().
/// @param level One of `IRONBASE_LOG_ERROR` ... `IRONBASE_LOG_TRACE`.
/// @param message One line, NUL-terminated UTF-8, borrowed for the call.
/// @ingroup library
pub type ironbase_log_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, level: i32, message: *const c_char)>;

/// Returns the version of the library that is running, e.g. `"0.1.0"`; compare it with
/// #IRONBASE_VERSION_STRING, the version that the program was compiled with.
///
/// @return Text that lives as long as the program.
/// @ingroup library
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn ironbase_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Returns the version of the binary interface. Programs run with every library that has the
/// #IRONBASE_ABI_VERSION they were compiled with.
///
/// @return The number in the name of the shared library, `libironbase.so.<number>`.
/// @ingroup library
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn ironbase_abi_version() -> u32 {
    0
}

/// Sends the log of the whole library to a function; without one nothing is logged.
///
/// When this returns, the function set before is not running any more and will not be called again,
/// so what its `user` pointed to may go. Called out of a log function it does nothing.
///
/// @param callback NULL for none.
/// @param user Handed to the callback; may be NULL. Used from several threads.
/// @param level Lines above this level are left out: `IRONBASE_LOG_OFF` ... `IRONBASE_LOG_TRACE`.
/// @ingroup library
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_set_log_callback(
    callback: ironbase_log_fn,
    user: *mut c_void,
    level: i32,
) {
    guard_quiet(|| {
        if IN_CALLBACK.get() {
            return;
        }
        // Fails when a Rust program that holds this library has a logger already: that one goes on.
        let _ = log::set_logger(&SINK);
        *SINK.callback.write() = callback.map(|function| Callback { function, user });
        log::set_max_level(match callback {
            Some(_) => level_filter(level),
            None => LevelFilter::Off,
        });
    });
}

/// Counts the handles that were made and not freed yet, errors among them: 0 at the end of a program
/// that freed all it got. For tests that look for leaks.
///
/// @return The number of databases, collections, cursors, transactions and errors, of all threads.
/// @ingroup library
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn ironbase_live_handles() -> u64 {
    handle::live()
}

/// Frees a text that a function of this library returned through an `out` parameter.
///
/// @param text May be NULL.
/// @ingroup library
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ironbase_string_free(text: *mut c_char) {
    // SAFETY: texts are allocated with malloc, and the caller keeps the header's conventions.
    unsafe { libc::free(text.cast()) };
}

fn level_filter(level: i32) -> LevelFilter {
    match level {
        i32::MIN..=IRONBASE_LOG_OFF => LevelFilter::Off,
        IRONBASE_LOG_ERROR => LevelFilter::Error,
        IRONBASE_LOG_WARN => LevelFilter::Warn,
        IRONBASE_LOG_INFO => LevelFilter::Info,
        IRONBASE_LOG_DEBUG => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    }
}

fn level_number(level: Level) -> i32 {
    match level {
        Level::Error => IRONBASE_LOG_ERROR,
        Level::Warn => IRONBASE_LOG_WARN,
        Level::Info => IRONBASE_LOG_INFO,
        Level::Debug => IRONBASE_LOG_DEBUG,
        Level::Trace => IRONBASE_LOG_TRACE,
    }
}

thread_local! {
    /// Set while this thread runs the callback: what the callback causes is not logged, or it
    /// would be called without end.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

struct Callback {
    function: unsafe extern "C" fn(*mut c_void, i32, *const c_char),
    user: *mut c_void,
}

// SAFETY: the header says that the callback and what `user` points to are used by many threads.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

/// The logger of the whole library. The lock is held during the callback, so that replacing it
/// waits for the calls under way.
struct Sink {
    callback: RwLock<Option<Callback>>,
}

static SINK: Sink = Sink {
    callback: RwLock::new(None),
};

impl Log for Sink {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        if IN_CALLBACK.get() {
            return;
        }
        let callback = self.callback.read();
        let Some(Callback { function, user }) = &*callback else {
            return;
        };
        let line = record.args().to_string().replace(['\n', '\0'], " ");
        let line = CString::new(line).unwrap_or_default();
        IN_CALLBACK.set(true);
        // SAFETY: whoever set the callback promised that it may be called so.
        unsafe { function(*user, level_number(record.level()), line.as_ptr()) };
        IN_CALLBACK.set(false);
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;
    use std::sync::Mutex;

    unsafe extern "C" fn keep(user: *mut c_void, level: i32, message: *const c_char) {
        // SAFETY: the test below passes a mutex that outlives the callback.
        unsafe {
            let lines = &*user.cast::<Mutex<Vec<(i32, String)>>>();
            let message = CStr::from_ptr(message).to_str().unwrap();
            lines.lock().unwrap().push((level, message.to_string()));
            // Both must be without effect, or this would not end.
            log::error!("from within");
            ironbase_set_log_callback(None, user, IRONBASE_LOG_OFF);
        }
    }

    #[test]
    fn the_log_goes_to_the_callback_up_to_its_level() {
        let lines = Mutex::new(Vec::<(i32, String)>::new());
        let user = (&raw const lines).cast_mut().cast();
        // SAFETY: `lines` outlives the callback, which is removed before the end.
        unsafe {
            ironbase_set_log_callback(Some(keep), user, IRONBASE_LOG_WARN);
            log::warn!("the log test says\nso");
            log::info!("the log test says more");
            ironbase_set_log_callback(None, user, IRONBASE_LOG_TRACE);
        }
        log::error!("the log test says too much");
        let lines = lines.into_inner().unwrap();
        // Other tests of this process may log as well.
        let ours: Vec<_> = lines
            .iter()
            .filter(|(_, line)| line.contains("log test"))
            .collect();
        assert_eq!(
            ours,
            [&(IRONBASE_LOG_WARN, "the log test says so".to_string())]
        );
    }
}
