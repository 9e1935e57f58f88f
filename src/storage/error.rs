//! Storage's error: what failed, in which file and page, and the system's own reason.

use std::fmt;
use std::io;

/// What kind of failure it was; decides the status that the C ABI returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The operating system refused a call.
    Io,
    /// The disk is full.
    Full,
    /// Bytes on disk are not what was written.
    Corrupt,
    /// Another holder has the database open.
    Locked,
    /// Writing to a database opened for reading.
    ReadOnly,
    /// The database is closed.
    Closed,
    /// An earlier write or sync failed; writes are refused until the database is opened anew.
    Poisoned,
    /// A format or feature that this version does not know.
    Unsupported,
    /// The database, collection or index does not exist.
    NotFound,
    /// A collection or index of that name exists.
    Exists,
    /// A key or value is larger than the format allows.
    TooLarge,
    /// The layer above could not derive index keys from a document.
    Derive,
    /// The layer above wants the work stopped; the cause is its own error.
    Interrupted,
    /// Another operation wrote first what an open transaction writes.
    Conflict,
    /// The transaction was aborted.
    NoTransaction,
    /// The transaction was aborted because its time was over.
    TransactionExpired,
    /// The transaction was committed.
    TransactionCommitted,
    /// What an index is being built for is gone.
    BuildAborted,
    /// A wrong option.
    Argument,
}

/// A failure in storage.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<anyhow::Error>,
}

/// What storage's fallible functions return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure with no cause below it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// A system call that failed while doing `what`.
    pub fn io(what: impl Into<String>, source: io::Error) -> Error {
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
            io::ErrorKind::WouldBlock => ErrorKind::Locked,
            _ => ErrorKind::Io,
        };
        Error {
            kind,
            message: what.into(),
            source: Some(source.into()),
        }
    }

    /// Damage found in `file` at `page`.
    pub fn corrupt(file: &str, page: u32, reason: impl fmt::Display) -> Error {
        Error::new(
            ErrorKind::Corrupt,
            format!("{file}: page {page} is damaged: {reason}"),
        )
    }

    /// Damage that is not in a page.
    pub fn corrupt_file(file: &str, reason: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Corrupt, format!("{file} is damaged: {reason}"))
    }

    /// Adds the cause.
    pub fn with_source(mut self, source: impl Into<anyhow::Error>) -> Error {
        self.source = Some(source.into());
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// One line, without the causes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The operating system's error number, when the cause is one.
    pub fn errno(&self) -> Option<i32> {
        let source = self.source.as_ref()?;
        source
            .chain()
            .find_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error())
    }

    /// The cause, given away; for the layer above, which builds its own error around it.
    pub fn into_source(self) -> Option<anyhow::Error> {
        self.source
    }

    /// The same failure told to a second waiter.
    pub fn again(&self) -> Error {
        let cause = self
            .source
            .as_ref()
            .map(|source| anyhow::anyhow!("{source:#}"));
        Error {
            kind: self.kind,
            message: self.message.clone(),
            source: cause,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|e| e as &(dyn std::error::Error + 'static))
    }
}
