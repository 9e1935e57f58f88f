//! The one error type above storage: what a caller of the database sees.
//!
//! An error carries a status (the C ABI's few categories), MongoDB's numeric code and code name
//! where MongoDB has one, a one-line message, details as JSON, labels, and the chain of its
//! causes. Lower layers keep their own typed errors; they become a cause here.

use std::fmt;

/// The C ABI's status values. Never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// Success.
    Ok = 0,
    /// No more documents.
    Done = 1,
    /// A wait ended without an event.
    Timeout = 2,
    /// A wrong argument: null, bad length, bad UTF-8, unknown option.
    Argument = -1,
    /// Text that is not valid (Extended) JSON, or BSON that is not valid.
    Json = -2,
    /// A filter, update, projection or sort that MongoDB would refuse.
    Query = -3,
    /// A unique index already holds the key.
    DuplicateKey = -4,
    /// A collection, index or file that does not exist.
    NotFound = -5,
    /// Another transaction changed the same document first.
    Conflict = -6,
    /// A document that a validator refuses.
    Validation = -7,
    /// Another process has the database open.
    Locked = -8,
    /// The handle, or the database behind it, is closed.
    Closed = -9,
    /// The operation was cancelled or ran out of time.
    Interrupted = -10,
    /// A write to a database opened for reading.
    ReadOnly = -11,
    /// The operating system refused a file operation.
    Io = -12,
    /// The disk or a size limit is full.
    Full = -13,
    /// The database's files are damaged.
    Corrupt = -14,
    /// A file format or feature that this version does not know.
    Unsupported = -15,
    /// Memory could not be had.
    NoMemory = -16,
    /// A bug in IronBase.
    Internal = -17,
}

/// A MongoDB error code. Codes without a name of their own are called `Location<number>`, as the
/// server does ([manual: Error Codes](https://www.mongodb.com/docs/manual/reference/error-codes/)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub i32);

macro_rules! codes {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        #[allow(missing_docs)]
        impl Code {
            $(pub const $name: Code = Code($number);)*
        }

        impl Code {
            /// MongoDB's name of the code; empty for `Code::NONE`.
            pub fn name(self) -> String {
                match self.0 {
                    0 => String::new(),
                    $($number => $text.to_string(),)*
                    other => format!("Location{other}"),
                }
            }
        }
    };
}

impl Code {
    /// No MongoDB code applies.
    pub const NONE: Code = Code(0);
}

codes! {
    INTERNAL_ERROR = 1, "InternalError";
    BAD_VALUE = 2, "BadValue";
    FAILED_TO_PARSE = 9, "FailedToParse";
    UNAUTHORIZED = 13, "Unauthorized";
    TYPE_MISMATCH = 14, "TypeMismatch";
    OVERFLOW = 15, "Overflow";
    INVALID_LENGTH = 16, "InvalidLength";
    ILLEGAL_OPERATION = 20, "IllegalOperation";
    INVALID_BSON = 22, "InvalidBSON";
    NAMESPACE_NOT_FOUND = 26, "NamespaceNotFound";
    INDEX_NOT_FOUND = 27, "IndexNotFound";
    PATH_NOT_VIABLE = 28, "PathNotViable";
    CANNOT_BACKFILL_ARRAY = 34, "CannotBackfillArray";
    CONFLICTING_UPDATE_OPERATORS = 40, "ConflictingUpdateOperators";
    CURSOR_NOT_FOUND = 43, "CursorNotFound";
    NAMESPACE_EXISTS = 48, "NamespaceExists";
    MAX_TIME_MS_EXPIRED = 50, "MaxTimeMSExpired";
    DOLLAR_PREFIXED_FIELD_NAME = 52, "DollarPrefixedFieldName";
    INVALID_ID_FIELD = 53, "InvalidIdField";
    NOT_SINGLE_VALUE_FIELD = 54, "NotSingleValueField";
    EMPTY_FIELD_NAME = 56, "EmptyFieldName";
    DOTTED_FIELD_NAME = 57, "DottedFieldName";
    COMMAND_NOT_FOUND = 59, "CommandNotFound";
    IMMUTABLE_FIELD = 66, "ImmutableField";
    CANNOT_CREATE_INDEX = 67, "CannotCreateIndex";
    INDEX_ALREADY_EXISTS = 68, "IndexAlreadyExists";
    INVALID_OPTIONS = 72, "InvalidOptions";
    INVALID_NAMESPACE = 73, "InvalidNamespace";
    UNKNOWN_REPL_WRITE_CONCERN = 79, "UnknownReplWriteConcern";
    INDEX_OPTIONS_CONFLICT = 85, "IndexOptionsConflict";
    INDEX_KEY_SPECS_CONFLICT = 86, "IndexKeySpecsConflict";
    OPERATION_FAILED = 96, "OperationFailed";
    WRITE_CONFLICT = 112, "WriteConflict";
    COMMAND_NOT_SUPPORTED = 115, "CommandNotSupported";
    COMMAND_FAILED = 125, "CommandFailed";
    DURATION_OVERFLOW = 159, "DurationOverflow";
    UNSATISFIABLE_WRITE_CONCERN = 100, "UnsatisfiableWriteConcern";
    DOCUMENT_VALIDATION_FAILURE = 121, "DocumentValidationFailure";
    CAPPED_POSITION_LOST = 136, "CappedPositionLost";
    INVALID_PIPELINE_OPERATOR = 168, "InvalidPipelineOperator";
    CANNOT_INDEX_PARALLEL_ARRAYS = 171, "CannotIndexParallelArrays";
    QUERY_PLAN_KILLED = 175, "QueryPlanKilled";
    INVALID_INDEX_SPECIFICATION_OPTION = 197, "InvalidIndexSpecificationOption";
    TRANSACTION_TOO_OLD = 225, "TransactionTooOld";
    CONVERSION_FAILURE = 241, "ConversionFailure";
    NO_SUCH_TRANSACTION = 251, "NoSuchTransaction";
    TRANSACTION_COMMITTED = 256, "TransactionCommitted";
    TOO_MANY_LOGICAL_SESSIONS = 261, "TooManyLogicalSessions";
    OPERATION_NOT_SUPPORTED_IN_TRANSACTION = 263, "OperationNotSupportedInTransaction";
    INDEX_BUILD_ABORTED = 276, "IndexBuildAborted";
    NO_QUERY_EXECUTION_PLANS = 291, "NoQueryExecutionPlans";
    BSON_OBJECT_TOO_LARGE = 10334, "BSONObjectTooLarge";
    DUPLICATE_KEY = 11000, "DuplicateKey";
    INTERRUPTED = 11601, "Interrupted";
    CURSOR_IN_USE = 12051, "CursorInUse";
    IDL_UNKNOWN_FIELD = 40415, "IDLUnknownField";
}

/// What every fallible operation above storage returns.
pub type Result<T> = std::result::Result<T, Error>;

/// An error with everything a caller may want to know of it. Boxed: the happy path stays small.
pub struct Error(Box<Inner>);

struct Inner {
    status: Status,
    code: Code,
    message: String,
    details: serde_json::Map<String, serde_json::Value>,
    labels: Vec<&'static str>,
    source: Option<anyhow::Error>,
}

impl Error {
    /// An error with no details and no cause yet.
    pub fn new(status: Status, code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            status,
            code,
            message: message.into(),
            details: serde_json::Map::new(),
            labels: Vec::new(),
            source: None,
        }))
    }

    /// A query, update, projection or sort that MongoDB would refuse with `code`.
    pub fn query(code: Code, message: impl Into<String>) -> Error {
        Error::new(Status::Query, code, message)
    }

    /// A caller's mistake that MongoDB has no code for.
    pub fn argument(message: impl Into<String>) -> Error {
        Error::new(Status::Argument, Code::NONE, message)
    }

    /// Adds one field to the details document.
    pub fn with_detail(mut self, key: &str, value: impl Into<serde_json::Value>) -> Error {
        self.0.details.insert(key.to_string(), value.into());
        self
    }

    /// Adds a label such as `TransientTransactionError`.
    pub fn with_label(mut self, label: &'static str) -> Error {
        self.0.labels.push(label);
        self
    }

    /// Sets the cause; its own chain is kept.
    pub fn with_source(mut self, source: impl Into<anyhow::Error>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// Says what was being done: the error becomes the cause of one with the same status, code,
    /// details and labels, and the message `context: message`.
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// The category.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// MongoDB's code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// One line, without the code.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The details given by [`Error::with_detail`].
    pub fn details(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.0.details
    }

    /// The labels given by [`Error::with_label`].
    pub fn labels(&self) -> &[&'static str] {
        &self.0.labels
    }

    /// The messages of the causes, the nearest first.
    pub fn causes(&self) -> Vec<String> {
        match &self.0.source {
            None => Vec::new(),
            Some(source) => source.chain().map(|cause| cause.to_string()).collect(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code() != Code::NONE {
            write!(f, "{} ({}): ", self.code().name(), self.code().0)?;
        }
        f.write_str(self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}] {self}", self.status())?;
        for cause in self.causes() {
            write!(f, "\n  caused by: {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|e| e as &(dyn std::error::Error + 'static))
    }
}
