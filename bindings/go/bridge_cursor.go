package ironbase

// The calls of the C API that collections and cursors make beside those of one shape.

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const statusClosed = C.IRONBASE_ERROR_CLOSED

// cursorHandle is a cursor of the engine, with the operation by which it can be stopped.
type cursorHandle struct {
	pointer *C.ironbase_cursor_t
	op      operation
	// tailable: the end is only the present one. awaits: the engine waits there for documents.
	tailable, awaits bool
	cleanup          runtime.Cleanup

	mutex  sync.Mutex
	killed bool
	freed  bool
}

// cursorMemory is what a forgotten cursor leaves behind.
type cursorMemory struct {
	pointer  *C.ironbase_cursor_t
	database *databaseHandle
	op       uint64
}

func (f *frame) find(collection *collectionHandle, op operation) (*cursorHandle, error) {
	var pointer *C.ironbase_cursor_t
	status := C.ironbase_collection_find_bson(collection.pointer, octets(f.first), size(f.first), octets(f.options), size(f.options),
		&pointer, &f.reply.error)
	runtime.KeepAlive(collection)
	if status < statusOK {
		return nil, newError(status, f.reply.error)
	}
	handle := &cursorHandle{pointer: pointer, op: op}
	handle.cleanup = runtime.AddCleanup(handle, func(memory cursorMemory) {
		C.ironbase_cursor_free(memory.pointer)
		memory.database.freeOp(memory.op)
	}, cursorMemory{pointer, op.database, op.id})
	return handle, nil
}

// nextBatch fetches documents; `more` tells whether the cursor can be asked again.
func (c *cursorHandle) nextBatch(ctx context.Context, batchSize int32) (batch []bson.Raw, more bool, err error) {
	c.op.watch(ctx)
	f := newFrame()
	defer f.release()
	status := C.ironbase_cursor_next_batch(c.pointer, C.uint32_t(batchSize), 0, C.IRONBASE_FORMAT_BSON,
		&f.reply.text, &f.reply.len, &f.reply.count, &f.reply.error)
	runtime.KeepAlive(c)
	w, killed := c.op.unwatch()
	if killed {
		c.mutex.Lock()
		c.killed = true
		c.mutex.Unlock()
	}
	if w != nil && w.failed {
		C.bridge_free(&f.reply)
		C.ironbase_error_free(f.reply.error)
		w.rethrow()
	}
	if status < statusOK {
		return nil, false, stopped(ctx, newError(status, f.reply.error))
	}
	batch, err = splitBatch(f.text(), int(f.reply.count))
	return batch, err == nil && (status != statusDone || c.tailable), err
}

// kill stops the call that is under way, and all later ones.
func (c *cursorHandle) kill() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.freed && c.op.id != 0 {
		c.op.database.killOp(c.op.id)
		c.killed = true
	}
}

// free gives the engine's cursor back. No call may be under way.
func (c *cursorHandle) free() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.freed {
		return
	}
	c.freed = true
	c.cleanup.Stop()
	C.ironbase_cursor_free(c.pointer)
	switch {
	case c.op.id == 0:
	case c.killed:
		c.op.database.freeOp(c.op.id)
	default:
		c.op.database.giveBackOp(c.op.id)
	}
	runtime.KeepAlive(c)
}

func (f *frame) countDocuments(collection *collectionHandle) (int64, error) {
	var count C.int64_t
	status := C.ironbase_collection_count_documents(collection.pointer, chars(f.first), size(f.first), chars(f.options),
		size(f.options), &count, &f.reply.error)
	runtime.KeepAlive(collection)
	if status < statusOK {
		return 0, newError(status, f.reply.error)
	}
	return int64(count), nil
}

// callForArray is call for functions that return an array.
func (f *frame) callForArray(function function, collection *collectionHandle) (bson.RawArray, error) {
	status := f.cross(function, collection)
	runtime.KeepAlive(collection)
	return f.arrayResult(status)
}

func (d *databaseHandle) drop(collection *collectionHandle) error {
	defer runtime.KeepAlive(collection)
	return d.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_collection_drop(collection.pointer, failure)
	})
}

func (d *databaseHandle) dropIndex(collection *collectionHandle, name string) error {
	defer runtime.KeepAlive(collection)
	return d.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_collection_drop_index(collection.pointer, nameStart(name), C.size_t(len(name)), failure)
	})
}
