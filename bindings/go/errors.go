package ironbase

// What can go wrong: the kinds that errors.Is knows, and the types that errors.As finds, named and
// shaped as in MongoDB's Go driver.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Errors of the wrapper itself.
var (
	// ErrNoDocuments is returned by Decode, Raw and Err of a SingleResult when nothing matched.
	ErrNoDocuments = errors.New("ironbase: no documents in result")
	// ErrNilDocument is returned when a document, filter or update is nil.
	ErrNilDocument = errors.New("document is nil")
	// ErrNilCursor is returned by the methods of a nil Cursor.
	ErrNilCursor = errors.New("cursor is nil")
	// ErrEmptySlice is returned when there is nothing in a slice that must have something.
	ErrEmptySlice = errors.New("must provide at least one element in input slice")
	// ErrNotSlice is returned when a slice is needed.
	ErrNotSlice = errors.New("must provide a slice")
	// ErrMapForOrderedArgument is returned for a map of several keys where the order of fields counts.
	ErrMapForOrderedArgument = errors.New("multi-key map passed in for ordered parameter")
	// ErrInTransaction is returned when a transaction is begun with the context of another.
	ErrInTransaction = errors.New("ironbase: the context is in a transaction already")
)

// Kinds of errors of the engine, for errors.Is; each is one of the C API's statuses.
var (
	// ErrArgument is a wrong argument or option.
	ErrArgument error = &kind{-1, "IRONBASE_ERROR_ARGUMENT"}
	// ErrJSON is a text that is not valid JSON.
	ErrJSON error = &kind{-2, "IRONBASE_ERROR_JSON"}
	// ErrQuery is a filter, update, projection, sort or index that MongoDB would refuse too.
	ErrQuery error = &kind{-3, "IRONBASE_ERROR_QUERY"}
	// ErrDuplicateKey is a key that a unique index, or _id, has already.
	ErrDuplicateKey error = &kind{-4, "IRONBASE_ERROR_DUPLICATE_KEY"}
	// ErrNotFound is a collection, index or directory that does not exist.
	ErrNotFound error = &kind{-5, "IRONBASE_ERROR_NOT_FOUND"}
	// ErrConflict is a document that another transaction changed first.
	ErrConflict error = &kind{-6, "IRONBASE_ERROR_CONFLICT"}
	// ErrValidation is a document that the collection's validator refuses.
	ErrValidation error = &kind{-7, "IRONBASE_ERROR_VALIDATION"}
	// ErrLocked is a database that someone else has open, in this process or another.
	ErrLocked error = &kind{-8, "IRONBASE_ERROR_LOCKED"}
	// ErrClosed is a handle that was closed, or whose database was.
	ErrClosed error = &kind{-9, "IRONBASE_ERROR_CLOSED"}
	// ErrInterrupted is an operation that was stopped; the error then wraps the context's too.
	ErrInterrupted error = &kind{-10, "IRONBASE_ERROR_INTERRUPTED"}
	// ErrReadOnly is a write to a database that was opened for reading.
	ErrReadOnly error = &kind{-11, "IRONBASE_ERROR_READ_ONLY"}
	// ErrIO is a file operation that the system refused; Details give its errno.
	ErrIO error = &kind{-12, "IRONBASE_ERROR_IO"}
	// ErrFull is a disk, or a size limit, that is full.
	ErrFull error = &kind{-13, "IRONBASE_ERROR_FULL"}
	// ErrCorrupt is a database whose files are damaged.
	ErrCorrupt error = &kind{-14, "IRONBASE_ERROR_CORRUPT"}
	// ErrUnsupported is a file format or a feature that this version does not know.
	ErrUnsupported error = &kind{-15, "IRONBASE_ERROR_UNSUPPORTED"}
	// ErrNoMemory is memory that could not be had.
	ErrNoMemory error = &kind{-16, "IRONBASE_ERROR_NO_MEMORY"}
	// ErrInternal is a bug in IronBase.
	ErrInternal error = &kind{-17, "IRONBASE_ERROR_INTERNAL"}
)

// kind is a status of the C API as an error to compare with.
type kind struct {
	status int32
	name   string
}

// Error returns the status's name.
func (k *kind) Error() string { return k.name }

// The labels of errors.
const transientTransactionError = "TransientTransactionError"

// ServerError is what all errors of the engine have in common.
type ServerError interface {
	error
	// HasErrorCode tells whether the error, or one of the write errors in it, has MongoDB's code.
	HasErrorCode(code int) bool
	// HasErrorLabel tells whether the error has a label, such as "TransientTransactionError".
	HasErrorLabel(label string) bool
	// HasErrorMessage tells whether the message, or that of a write error in it, contains a text.
	HasErrorMessage(message string) bool
}

var (
	_ ServerError = CommandError{}
	_ ServerError = WriteException{}
	_ ServerError = BulkWriteException{}
	_ ServerError = WriteError{}
)

// CommandError is an error of the engine.
type CommandError struct {
	// Code is MongoDB's number, such as 112 (WriteConflict); 0 where MongoDB has none.
	Code int32
	// Name is MongoDB's name of the code, such as "WriteConflict".
	Name string
	// Message is one line for people.
	Message string
	// Labels tell what may be done about it, such as "TransientTransactionError".
	Labels []string
	// Details is everything else that is known: causes, keyPattern and keyValue, errno ...
	Details bson.Raw
	// Wrapped is the context's error if that stopped the operation.
	Wrapped error

	status int32
}

// Error returns the message, with the code's name and number before it.
func (e CommandError) Error() string {
	var text strings.Builder
	switch {
	case e.Name != "":
		fmt.Fprintf(&text, "%s (%d): ", e.Name, e.Code)
	case e.Code != 0:
		fmt.Fprintf(&text, "(%d) ", e.Code)
	}
	text.WriteString(e.Message)
	if e.Wrapped != nil {
		fmt.Fprintf(&text, ": %v", e.Wrapped)
	}
	return text.String()
}

// Unwrap returns the context's error if that stopped the operation.
func (e CommandError) Unwrap() error { return e.Wrapped }

// Is tells whether the error is of a kind, such as ErrLocked.
func (e CommandError) Is(target error) bool {
	k, ok := target.(*kind)
	return ok && k.status == e.status
}

// Status returns the name of the C API's status, such as "IRONBASE_ERROR_LOCKED".
func (e CommandError) Status() string { return statusName(e.status) }

// HasErrorCode tells whether this is the error's code.
func (e CommandError) HasErrorCode(code int) bool { return int(e.Code) == code }

// HasErrorLabel tells whether the error has the label.
func (e CommandError) HasErrorLabel(label string) bool { return slices.Contains(e.Labels, label) }

// HasErrorMessage tells whether the message contains the text.
func (e CommandError) HasErrorMessage(message string) bool {
	return strings.Contains(e.Message, message)
}

// WriteError is a write that was refused.
type WriteError struct {
	// Index is the position of the document or model in the call.
	Index int
	// Code is MongoDB's number, such as 11000 (DuplicateKey).
	Code int
	// Message is one line for people.
	Message string
	// KeyPattern is the index whose key was taken already, for a duplicate key.
	KeyPattern bson.Raw
	// KeyValue is the key that was taken already.
	KeyValue bson.Raw
	// Details says why a validator refused the document.
	Details bson.Raw
	// Raw is the error as the engine reports it.
	Raw bson.Raw
}

// Error returns the message.
func (e WriteError) Error() string { return e.Message }

// HasErrorCode tells whether this is the error's code.
func (e WriteError) HasErrorCode(code int) bool { return e.Code == code }

// HasErrorLabel is false: labels are those of the whole call.
func (e WriteError) HasErrorLabel(string) bool { return false }

// HasErrorMessage tells whether the message contains the text.
func (e WriteError) HasErrorMessage(message string) bool {
	return strings.Contains(e.Message, message)
}

// WriteErrors are the writes that were refused.
type WriteErrors []WriteError

// Error returns all messages.
func (e WriteErrors) Error() string {
	messages := make([]string, len(e))
	for i, refused := range e {
		messages[i] = refused.Message
	}
	return "write errors: [" + strings.Join(messages, ", ") + "]"
}

// WriteException is the refusal of a single write: by a unique index, by a validator, or because
// filter, update and document do not go together. It wraps a CommandError.
type WriteException struct {
	// WriteErrors has what was refused.
	WriteErrors WriteErrors
	// Labels tell what may be done about it.
	Labels []string
	// Cause is the engine's error.
	Cause CommandError
}

// Error returns the messages of what was refused.
func (e WriteException) Error() string { return "write exception: " + e.WriteErrors.Error() }

// Unwrap returns the engine's error.
func (e WriteException) Unwrap() error { return e.Cause }

// HasErrorCode tells whether a write error has the code.
func (e WriteException) HasErrorCode(code int) bool {
	return slices.ContainsFunc(e.WriteErrors, func(w WriteError) bool { return w.HasErrorCode(code) })
}

// HasErrorLabel tells whether the error has the label.
func (e WriteException) HasErrorLabel(label string) bool { return slices.Contains(e.Labels, label) }

// HasErrorMessage tells whether a write error's message contains the text.
func (e WriteException) HasErrorMessage(message string) bool {
	return slices.ContainsFunc(e.WriteErrors, func(w WriteError) bool { return w.HasErrorMessage(message) })
}

// BulkWriteError is one refused write of InsertMany or BulkWrite.
type BulkWriteError struct {
	WriteError
	// Request is the model that was refused; nil for InsertMany.
	Request WriteModel
}

// BulkWriteException is the refusal of writes of InsertMany or BulkWrite. It wraps a CommandError.
type BulkWriteException struct {
	// WriteErrors has what was refused.
	WriteErrors []BulkWriteError
	// Labels tell what may be done about it.
	Labels []string
	// Cause is the engine's error.
	Cause CommandError
}

// Error returns the messages of what was refused.
func (e BulkWriteException) Error() string {
	plain := make(WriteErrors, len(e.WriteErrors))
	for i, refused := range e.WriteErrors {
		plain[i] = refused.WriteError
	}
	return "bulk write exception: " + plain.Error()
}

// Unwrap returns the engine's error.
func (e BulkWriteException) Unwrap() error { return e.Cause }

// HasErrorCode tells whether a write error has the code.
func (e BulkWriteException) HasErrorCode(code int) bool {
	return slices.ContainsFunc(e.WriteErrors, func(w BulkWriteError) bool { return w.HasErrorCode(code) })
}

// HasErrorLabel tells whether the error has the label.
func (e BulkWriteException) HasErrorLabel(label string) bool {
	return slices.Contains(e.Labels, label)
}

// HasErrorMessage tells whether a write error's message contains the text.
func (e BulkWriteException) HasErrorMessage(message string) bool {
	return slices.ContainsFunc(e.WriteErrors, func(w BulkWriteError) bool { return w.HasErrorMessage(message) })
}

// MarshalError is a value that cannot be made a BSON document.
type MarshalError struct {
	// What names the argument: "document", "filter", "update" ...
	What string
	// Value is what was passed.
	Value any
	// Err is the encoder's error.
	Err error
}

// Error names the argument, its type and the encoder's error.
func (e MarshalError) Error() string {
	return fmt.Sprintf("cannot marshal %s of type %T to a BSON document: %v", e.What, e.Value, e.Err)
}

// Unwrap returns the encoder's error.
func (e MarshalError) Unwrap() error { return e.Err }

// IsDuplicateKeyError tells whether a write was refused because a unique index, or _id, has its key.
func IsDuplicateKeyError(err error) bool { return hasCode(err, 11000) }

// IsTimeout tells whether an operation ended because its time was up.
func IsTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || hasCode(err, 50)
}

func hasCode(err error, code int) bool {
	var server ServerError
	return errors.As(err, &server) && server.HasErrorCode(code)
}

func hasLabel(err error, label string) bool {
	var server ServerError
	return errors.As(err, &server) && server.HasErrorLabel(label)
}

// asWrite turns the engine's refusal of a write into the driver's type. Failures of the system, of
// the arguments and of the transaction stay what they are.
func asWrite(err error) error {
	cause, ok := err.(CommandError)
	if !ok || !isRefusal(cause) {
		return err
	}
	refused := WriteError{
		Code: int(cause.Code), Message: cause.Message, Raw: cause.Details,
		KeyPattern: lookup[bson.Raw](cause.Details, "keyPattern"),
		KeyValue:   lookup[bson.Raw](cause.Details, "keyValue"),
		Details:    lookup[bson.Raw](cause.Details, "errInfo"),
	}
	return WriteException{WriteErrors: WriteErrors{refused}, Labels: cause.Labels, Cause: cause}
}

// asBulkWrite is asWrite for calls of many writes; models is nil for InsertMany.
func asBulkWrite(err error, models []WriteModel) error {
	cause, ok := err.(CommandError)
	if !ok {
		return err
	}
	listed, found := cause.Details.Lookup("writeErrors").ArrayOK()
	if !found {
		return err
	}
	exception := BulkWriteException{Labels: cause.Labels, Cause: cause}
	values, _ := listed.Values()
	for _, value := range values {
		raw, ok := value.DocumentOK()
		if !ok {
			continue
		}
		refused := BulkWriteError{WriteError: WriteError{
			Index: int(number(raw, "index")), Code: int(number(raw, "code")),
			Message:    lookup[string](raw, "errmsg"),
			KeyPattern: lookup[bson.Raw](raw, "keyPattern"),
			KeyValue:   lookup[bson.Raw](raw, "keyValue"),
			Details:    lookup[bson.Raw](raw, "errInfo"),
			Raw:        raw,
		}}
		if refused.Index < len(models) {
			refused.Request = models[refused.Index]
		}
		exception.WriteErrors = append(exception.WriteErrors, refused)
	}
	return exception
}

func isRefusal(err CommandError) bool {
	return errors.Is(err, ErrDuplicateKey) || errors.Is(err, ErrQuery) || errors.Is(err, ErrValidation)
}
