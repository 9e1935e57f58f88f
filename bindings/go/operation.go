package ironbase

// Contexts that stop the engine: while a call runs whose context can end, it has an operation id by
// which the end of the context kills it. So has one whose context wants to know its progress.
//
// An id serves one call after another; one that was killed refuses all later calls and is given back.

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime"
)

// keptOps is the number of idle ids that a database keeps.
const keptOps = 64

// operation is what a context may stop; the zero value is one that nothing stops.
type operation struct {
	database *databaseHandle
	ctx      context.Context
	id       uint64
	stop     func() bool
	killed   chan struct{}
	watcher  *watcher
}

// operate begins an operation. A context that has ended already lets none begin.
func (d *databaseHandle) operate(ctx context.Context) (operation, error) {
	if ctx.Done() == nil && progressOf(ctx) == nil {
		return operation{}, nil
	}
	if err := ended(ctx); err != nil {
		return operation{}, err
	}
	op := operation{database: d, id: d.takeOp()}
	op.watch(ctx)
	return op, nil
}

// ended is the error of a context that has ended.
func ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return CommandError{
		Code: 11601, Name: "Interrupted", Message: "operation was not begun", Wrapped: reason(ctx),
		Details: emptyDocument, status: C.IRONBASE_ERROR_INTERRUPTED,
	}
}

// watch lets the end of the context kill the operation, and tells the context's function its progress.
func (op *operation) watch(ctx context.Context) {
	if op.id == 0 {
		return
	}
	op.ctx = ctx
	if op.watcher = watch(ctx, false); op.watcher != nil {
		op.database.setProgress(op.id, op.watcher)
	}
	if ctx.Done() == nil {
		return
	}
	database, id, killed := op.database, op.id, make(chan struct{})
	op.killed = killed
	op.stop = context.AfterFunc(ctx, func() {
		database.killOp(id)
		close(killed)
	})
}

// unwatch ends the watch, and tells whether the operation was killed. What the progress function has
// panicked with is left to the watcher that it returns.
func (op *operation) unwatch() (*watcher, bool) {
	killed := false
	w := op.watcher
	if w != nil {
		op.watcher = nil
		op.database.setProgress(op.id, nil)
		w.end()
		killed = w.stopped
	}
	if stop := op.stop; stop != nil {
		op.stop = nil
		if !stop() {
			<-op.killed
			killed = true
		}
	}
	return w, killed
}

// end gives the operation's id back, and says of an error if the context was its reason.
func (op *operation) end(err error) error {
	if op.id == 0 {
		return err
	}
	w, killed := op.unwatch()
	if killed {
		op.database.freeOp(op.id)
	} else {
		op.database.giveBackOp(op.id)
	}
	w.rethrow()
	if err != nil && op.ctx != nil {
		return stopped(op.ctx, err)
	}
	return err
}

// takeOp is an id that nothing else uses; 0 if the database has none to give.
func (d *databaseHandle) takeOp() uint64 {
	d.mutex.Lock()
	if last := len(d.idleOps) - 1; last >= 0 {
		id := d.idleOps[last]
		d.idleOps = d.idleOps[:last]
		d.mutex.Unlock()
		return id
	}
	d.mutex.Unlock()
	id := uint64(C.ironbase_db_op_new(d.pointer))
	runtime.KeepAlive(d)
	return id
}

// giveBackOp keeps an id that was not killed for another operation.
func (d *databaseHandle) giveBackOp(id uint64) {
	d.mutex.Lock()
	if len(d.idleOps) < keptOps {
		d.idleOps = append(d.idleOps, id)
		d.mutex.Unlock()
		return
	}
	d.mutex.Unlock()
	d.freeOp(id)
}

func (d *databaseHandle) freeOp(id uint64) {
	C.ironbase_db_op_free(d.pointer, C.uint64_t(id), nil)
	runtime.KeepAlive(d)
}

func (d *databaseHandle) killOp(id uint64) {
	C.ironbase_db_op_kill(d.pointer, C.uint64_t(id), nil)
	runtime.KeepAlive(d)
}

// setProgress has a watcher told of what runs under an id; nil ends that.
func (d *databaseHandle) setProgress(id uint64, w *watcher) {
	C.bridge_set_progress(d.pointer, C.uint64_t(id), C.uintptr_t(w.number()))
	runtime.KeepAlive(d)
}
