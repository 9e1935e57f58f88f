package ironbase

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Cursor reads the documents of a query, for one goroutine at a time. Close it, or read it to its end;
// another goroutine may Close it, which stops a call that waits in it.
//
// Documents cross from the engine in batches.
type Cursor struct {
	// Current is the document that Next or TryNext moved to.
	Current bson.Raw

	batch     []bson.Raw
	batchSize int32
	err       error

	// handle is nil for a cursor over documents that are there already.
	handle *cursorHandle
	mutex  sync.Mutex // held during calls of the handle
	ended  bool       // the handle was freed; guarded by mutex
	closed atomic.Bool
}

// cursorOver is a cursor over documents that are there already.
func cursorOver(documents []bson.Raw) *Cursor {
	return &Cursor{batch: documents}
}

// Next moves to the next document, which is then Current; false at the end and on an error, which Err
// returns. A tailable cursor waits for documents until the context ends.
func (c *Cursor) Next(ctx context.Context) bool { return c.next(ctx, true) }

// TryNext is Next but for a tailable cursor at the end of what is there: it returns false, and may be
// called again.
func (c *Cursor) TryNext(ctx context.Context) bool { return c.next(ctx, false) }

func (c *Cursor) next(ctx context.Context, wait bool) bool {
	if c == nil || c.err != nil {
		return false
	}
	if c.closed.Load() {
		c.err = errCursorClosed
		return false
	}
	for len(c.batch) == 0 {
		if !c.fill(ctx) {
			return false
		}
		if len(c.batch) == 0 && (!wait || !c.pause(ctx)) {
			return false
		}
	}
	c.Current, c.batch = c.batch[0], c.batch[1:]
	return true
}

// tailPause is between two looks of a tailable cursor that does not await data.
const tailPause = 10 * time.Millisecond

// pause lets a moment pass before a tailable cursor is asked again.
func (c *Cursor) pause(ctx context.Context) bool {
	if c.handle == nil {
		return false
	}
	if c.handle.awaits {
		return true
	}
	select {
	case <-time.After(tailPause):
		return true
	case <-ctx.Done():
		c.err = ended(ctx)
		return false
	}
}

// fill fetches a batch. An empty one is the present end of a tailable cursor; false is the end, or an
// error.
func (c *Cursor) fill(ctx context.Context) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.handle == nil || c.ended {
		return false
	}
	if c.err = ended(ctx); c.err != nil {
		return false
	}
	var more bool
	c.batch, more, c.err = c.handle.nextBatch(ctx, c.batchSize)
	switch {
	case more:
		return true
	case c.closed.Load():
		c.err = errCursorClosed
	}
	c.release()
	return false
}

// release frees the engine's cursor; the mutex is held.
func (c *Cursor) release() {
	if c.handle != nil && !c.ended {
		c.handle.free()
	}
	c.ended = true
}

// Close frees the cursor, and stops a call in it that another goroutine has under way. Closing again
// does nothing.
func (c *Cursor) Close(context.Context) error {
	if c == nil {
		return ErrNilCursor
	}
	c.closed.Store(true)
	if !c.mutex.TryLock() {
		if c.handle != nil {
			c.handle.kill()
		}
		c.mutex.Lock()
	}
	defer c.mutex.Unlock()
	c.release()
	return nil
}

var errCursorClosed error = CommandError{Message: "the cursor is closed", Details: emptyDocument, status: statusClosed}

// Decode reads Current into what v points to.
func (c *Cursor) Decode(v any) error {
	if c == nil {
		return ErrNilCursor
	}
	if c.Current == nil {
		return errors.New("there is no current document: call Next first")
	}
	return decode(c.Current, v)
}

// Err returns the error that ended the cursor, if one did.
func (c *Cursor) Err() error {
	if c == nil {
		return ErrNilCursor
	}
	return c.err
}

// All reads all documents that are left into the slice that results points to, and closes the cursor.
func (c *Cursor) All(ctx context.Context, results any) error {
	if c == nil {
		return ErrNilCursor
	}
	defer c.Close(ctx)
	target := reflect.ValueOf(results)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Slice {
		return fmt.Errorf("results: needs a pointer to a slice, found %T", results)
	}
	slice := target.Elem()
	// An empty result is an empty slice, not nil.
	decoded := reflect.MakeSlice(slice.Type(), 0, len(c.batch))
	none := reflect.Zero(slice.Type().Elem())
	for n := 0; c.TryNext(ctx); n++ {
		decoded = reflect.Append(decoded, none)
		if err := decode(c.Current, decoded.Index(n).Addr().Interface()); err != nil {
			return err
		}
	}
	if c.err != nil {
		return c.err
	}
	slice.Set(decoded)
	return nil
}

// RemainingBatchLength returns how many documents have crossed from the engine and were not moved to.
func (c *Cursor) RemainingBatchLength() int { return len(c.batch) }

// SetBatchSize sets how many documents cross at once from now on; 0 for as many as fit into 1 MiB.
func (c *Cursor) SetBatchSize(size int32) { c.batchSize = max(size, 0) }

// Documents ranges over the documents that are left, as BSON, and closes the cursor:
//
//	for document, err := range cursor.Documents(ctx) { ... }
//
// An error is the last pair.
func (c *Cursor) Documents(ctx context.Context) iter.Seq2[bson.Raw, error] {
	return Decoded[bson.Raw](ctx, c)
}

// Decoded ranges over the documents that are left of a cursor, each decoded into a T, and closes it:
//
//	for person, err := range ironbase.Decoded[Person](ctx, cursor) { ... }
//
// An error is the last pair.
func Decoded[T any](ctx context.Context, c *Cursor) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if c == nil {
			yield(zero, ErrNilCursor)
			return
		}
		defer c.Close(ctx)
		for c.Next(ctx) {
			var value T
			err := decode(c.Current, &value)
			if !yield(value, err) || err != nil {
				return
			}
		}
		if c.err != nil {
			yield(zero, c.err)
		}
	}
}
