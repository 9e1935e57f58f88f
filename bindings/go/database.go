package ironbase

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Database is an open database, for any number of goroutines.
type Database struct {
	handle *databaseHandle
	path   string
}

// Open opens the database in a directory, which is made unless it exists. The path ":memory:" opens
// an empty database that lives in memory only.
//
// A database is open once: a second Open, here or in another process, returns ErrLocked.
func Open(path string, opts ...options.Lister[options.OpenOptions]) (*Database, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	document, err := appendOptions(nil, opts)
	if err != nil {
		return nil, err
	}
	canonical := bson.D{{Key: "jsonMode", Value: "canonical"}}
	document, err = appendWithExtras(nil, bson.Raw(document), []any{canonical})
	if err != nil {
		return nil, err
	}
	text, err := appendJSON(nil, bson.Raw(document))
	if err != nil {
		return nil, err
	}
	handle, err := openDatabase(path, text)
	if err != nil {
		return nil, err
	}
	return &Database{handle: handle, path: path}, nil
}

// checkPath refuses a path that the engine would see cut off.
func checkPath(path string) error {
	if strings.IndexByte(path, 0) < 0 {
		return nil
	}
	return CommandError{
		Code: 2, Name: "BadValue", Message: fmt.Sprintf("path %q has a NUL byte", path), Details: emptyDocument,
		status: -1,
	}
}

// Path returns the path that the database was opened with.
func (db *Database) Path() string { return db.path }

// Close waits for calls under way, makes everything durable and closes the database. Calls made later,
// also with its collections and cursors, return ErrClosed. Closing again does nothing and succeeds.
func (db *Database) Close() error {
	return db.handle.close()
}

// Collection returns a collection, which need not exist: the first document inserted makes it. A name
// that no collection can have is an error of the collection's methods.
func (db *Database) Collection(name string) *Collection {
	handle, err := db.handle.collection(name)
	return &Collection{database: db, name: name, handle: handle, err: err}
}

// RunCommand runs one of MongoDB's commands, whose first field names it, and returns its reply. What a
// write refuses is no failure of the command: it is in the reply's writeErrors.
func (db *Database) RunCommand(ctx context.Context, command any) *SingleResult {
	if err := ordered("command", command); err != nil {
		return &SingleResult{err: err}
	}
	reply, err := db.runCommand(ctx, command)
	return &SingleResult{document: reply, err: err}
}

// commandsWithID are those that can be stopped: they take an operation's id.
var commandsWithID = map[string]bool{
	"find": true, "count": true, "distinct": true, "insert": true, "update": true, "delete": true,
	"findAndModify": true, "findandmodify": true, "bulkWrite": true, "createIndexes": true, "create": true,
	"compact": true, "validate": true,
}

func (db *Database) runCommand(ctx context.Context, command any) (reply bson.Raw, err error) {
	op, err := db.handle.operate(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = op.end(err) }()
	transaction, err := db.transactionOf(ctx)
	if err != nil {
		return nil, err
	}
	f := newFrame()
	defer f.release()
	document, err := appendDocument(f.bson[:0], "command", command)
	if err != nil {
		return nil, err
	}
	if op.id != 0 && commandsWithID[firstKey(document)] {
		document = appendInt64(document, "opId", int64(op.id))
	}
	f.bson = document
	f.first = append(f.first[:0], document...)
	return f.runCommand(db.handle, transaction.handleOrNil())
}

func firstKey(document bson.Raw) string {
	first, err := document.IndexErr(0)
	if err != nil {
		return ""
	}
	return first.Key()
}

// CreateCollection makes an empty collection. One that exists already with the same options is fine.
func (db *Database) CreateCollection(ctx context.Context, name string, opts ...options.Lister[options.CreateCollectionOptions]) error {
	transaction, err := db.transactionOf(ctx)
	if err != nil {
		return err
	}
	if transaction != nil {
		document, err := appendOptions(nil, opts)
		if err != nil {
			return err
		}
		_, err = db.runCommand(ctx, namedFirst("create", name, document))
		return err
	}
	op, err := db.handle.operate(ctx)
	if err != nil {
		return err
	}
	f := newJSONFrame()
	defer f.release()
	if err := setOptions(f, op.id, opts); err != nil {
		return op.end(err)
	}
	return op.end(f.createCollection(db.handle, name))
}

// namedFirst is a document that begins with one field, such as a command with its name, and goes on
// with options.
func namedFirst(name string, value any, options bson.Raw) bson.D {
	return append(bson.D{{Key: name, Value: value}}, fieldsOf(options)...)
}

// fieldsOf is a document as a bson.D whose values are left as they are.
func fieldsOf(document bson.Raw) bson.D {
	elements, _ := document.Elements()
	fields := make(bson.D, len(elements))
	for i, element := range elements {
		fields[i] = bson.E{Key: element.Key(), Value: element.Value()}
	}
	return fields
}

// RenameCollection renames a collection, its indexes with it.
func (db *Database) RenameCollection(ctx context.Context, from, to string, opts ...options.Lister[options.RenameOptions]) error {
	if err := db.outside(ctx, "renameCollection"); err != nil {
		return err
	}
	f := newJSONFrame()
	defer f.release()
	if err := setOptions(f, 0, opts); err != nil {
		return err
	}
	return f.renameCollection(db.handle, from, to)
}

// ListCollections returns a cursor over documents that describe the collections; the filter is one on
// those documents.
func (db *Database) ListCollections(ctx context.Context, filter any) (*Cursor, error) {
	if err := db.outside(ctx, "listCollections"); err != nil {
		return nil, err
	}
	f := newJSONFrame()
	defer f.release()
	if err := f.setFirst("filter", filter); err != nil {
		return nil, err
	}
	listed, err := f.listCollections(db.handle)
	if err != nil {
		return nil, err
	}
	return cursorOver(listed), nil
}

// ListCollectionNames returns the names of the collections that a filter matches, such as
// bson.D{{"name", "users"}} or bson.D{}.
func (db *Database) ListCollectionNames(ctx context.Context, filter any) ([]string, error) {
	cursor, err := db.ListCollections(ctx, filter)
	if err != nil {
		return nil, err
	}
	var specifications []struct {
		Name string `bson:"name"`
	}
	if err := cursor.All(ctx, &specifications); err != nil {
		return nil, err
	}
	names := make([]string, len(specifications))
	for i, specification := range specifications {
		names[i] = specification.Name
	}
	return names, nil
}

// Checkpoint writes everything to its place in the page files and shortens the log, which otherwise
// happens in the background.
func (db *Database) Checkpoint(ctx context.Context) error {
	if err := ended(ctx); err != nil {
		return err
	}
	return db.handle.checkpoint()
}

// Stats reports figures of the database: sizes, counts, the state of log and cache.
func (db *Database) Stats(ctx context.Context) *SingleResult {
	if err := ended(ctx); err != nil {
		return &SingleResult{err: err}
	}
	f := newJSONFrame()
	defer f.release()
	document, err := f.callDatabase(databaseStats, db.handle)
	return &SingleResult{document: document, err: err}
}

// transactionOf is the transaction that the context is in; nil for none.
func (db *Database) transactionOf(ctx context.Context) (*Transaction, error) {
	transaction, _ := ctx.Value(transactionKey{}).(*Transaction)
	if transaction != nil && transaction.database.handle != db.handle {
		return nil, errors.New("ironbase: the context is in a transaction of another database")
	}
	return transaction, nil
}

// outside refuses what cannot be done in a transaction, and contexts that have ended.
func (db *Database) outside(ctx context.Context, command string) error {
	transaction, err := db.transactionOf(ctx)
	if err != nil {
		return err
	}
	if transaction != nil {
		return CommandError{
			Code: 263, Name: "OperationNotSupportedInTransaction", Details: emptyDocument, status: -3,
			Message: fmt.Sprintf("Cannot run '%s' in a multi-document transaction.", command),
		}
	}
	return ended(ctx)
}
