package ironbase

import (
	"context"
	"fmt"
	"math"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Collection is a collection of a database, for any number of goroutines. Get one with
// Database.Collection; there is nothing to close.
type Collection struct {
	database *Database
	name     string
	handle   *collectionHandle
	err      error
}

// Name returns the collection's name.
func (c *Collection) Name() string { return c.name }

// Database returns the database that the collection is in.
func (c *Collection) Database() *Database { return c.database }

// in is the collection as the context sees it: within its transaction if it has one.
func (c *Collection) in(ctx context.Context) (*collectionHandle, error) {
	if c.err != nil {
		return nil, c.err
	}
	transaction, err := c.database.transactionOf(ctx)
	switch {
	case err != nil:
		return nil, err
	case transaction != nil:
		return transaction.collection(c.name)
	}
	return c.handle, nil
}

// arguments puts what a call passes into its frame.
type arguments func(f *frame) error

// run makes a call: begins the operation, passes arguments and options, and calls.
func run[T any](ctx context.Context, c *Collection, function function, opts []options.Lister[T], pass arguments) (bson.Raw, error) {
	var document bson.Raw
	err := prepare(ctx, c, function.shape != shapeBSON, opts, pass, func(f *frame, handle *collectionHandle) (err error) {
		document, err = f.call(function, handle)
		return err
	})
	return document, err
}

// prepare is run for any call.
func prepare[T any](ctx context.Context, c *Collection, json bool, opts []options.Lister[T], pass arguments,
	call func(*frame, *collectionHandle) error) error {
	handle, err := c.in(ctx)
	if err != nil {
		return err
	}
	op, err := c.database.handle.operate(ctx)
	if err != nil {
		return err
	}
	f := newFrame()
	defer f.release()
	f.json = json
	if err := pass(f); err != nil {
		return op.end(err)
	}
	if err := setOptions(f, op.id, opts); err != nil {
		return op.end(err)
	}
	return op.end(call(f, handle))
}

// FindOne returns the first document that matches a filter.
func (c *Collection) FindOne(ctx context.Context, filter any, opts ...options.Lister[options.FindOneOptions]) *SingleResult {
	document, err := c.findOne(ctx, filter, opts)
	return &SingleResult{document: document, err: err}
}

// findOne is run for the call that is made most, without what its closures would allocate.
func (c *Collection) findOne(ctx context.Context, filter any, opts []options.Lister[options.FindOneOptions]) (bson.Raw, error) {
	handle, err := c.in(ctx)
	if err != nil {
		return nil, err
	}
	op, err := c.database.handle.operate(ctx)
	if err != nil {
		return nil, err
	}
	f := newFrame()
	defer f.release()
	if err := f.setFirst("filter", filter); err != nil {
		return nil, op.end(err)
	}
	if err := setOptions(f, op.id, opts); err != nil {
		return nil, op.end(err)
	}
	document, err := f.call(findOne, handle)
	return document, op.end(err)
}

// Find returns a cursor over the documents that match a filter. It sees the database as it is now; no
// document is read before it is asked for.
func (c *Collection) Find(ctx context.Context, filter any, opts ...options.Lister[options.FindOptions]) (*Cursor, error) {
	handle, err := c.in(ctx)
	if err != nil {
		return nil, err
	}
	if err := ended(ctx); err != nil {
		return nil, err
	}
	f := newFrame()
	defer f.release()
	if err := f.setFirst("filter", filter); err != nil {
		return nil, err
	}
	// A cursor always has an id: contexts of later calls may end.
	op := operation{database: c.database.handle, id: c.database.handle.takeOp()}
	if err := setOptions(f, op.id, opts); err != nil {
		return nil, op.end(err)
	}
	cursor, err := f.find(handle, op)
	if err != nil {
		return nil, op.end(err)
	}
	cursor.tailable, cursor.awaits = tails(opts)
	return &Cursor{handle: cursor}, nil
}

// tails tells what the options make of the end of a capped collection.
func tails(opts []options.Lister[options.FindOptions]) (tailable, awaits bool) {
	merged, err := options.Merge(opts...)
	if err != nil || merged.CursorType == nil {
		return false, false
	}
	return *merged.CursorType != options.NonTailable, *merged.CursorType == options.TailableAwait
}

// CountDocuments counts the documents that match a filter.
func (c *Collection) CountDocuments(ctx context.Context, filter any, opts ...options.Lister[options.CountOptions]) (int64, error) {
	var count int64
	err := prepare(ctx, c, true, opts, filtering(filter), func(f *frame, handle *collectionHandle) (err error) {
		count, err = f.countDocuments(handle)
		return err
	})
	return count, err
}

// EstimatedDocumentCount is the number of documents in the collection, from what is known of it
// without reading them.
func (c *Collection) EstimatedDocumentCount(ctx context.Context, opts ...options.Lister[options.EstimatedDocumentCountOptions]) (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	if err := c.database.outside(ctx, "count"); err != nil {
		return 0, err
	}
	document, err := appendOptions(nil, opts)
	if err != nil {
		return 0, err
	}
	reply, err := c.database.runCommand(ctx, namedFirst("count", c.name, document))
	if err != nil {
		return 0, err
	}
	return number(reply, "n"), nil
}

// Drop deletes the collection with its documents and indexes. One that does not exist is fine.
func (c *Collection) Drop(ctx context.Context) error {
	handle, err := c.in(ctx)
	if err != nil {
		return err
	}
	if err := ended(ctx); err != nil {
		return err
	}
	return c.database.handle.drop(handle)
}

// Explain tells how an operation would be, or was, carried out: a command such as
// bson.D{{"find", ""}, {"filter", filter}}, whose collection is not looked at.
func (c *Collection) Explain(ctx context.Context, command any) *SingleResult {
	var none []options.Lister[struct{}]
	document, err := run(ctx, c, explain, none, func(f *frame) error { return f.setFirst("command", command) })
	return &SingleResult{document: document, err: err}
}

// Indexes returns the view of the collection's indexes.
func (c *Collection) Indexes() IndexView { return IndexView{collection: c} }

// checkCount refuses more documents than a position can number.
func checkCount(what string, n int) error {
	if n > math.MaxInt32 {
		return fmt.Errorf("%s: %d are too many for one call", what, n)
	}
	return nil
}
