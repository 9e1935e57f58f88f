package ironbase

// Progress: a function in the context that is told how far a call is.

import (
	"context"
	"runtime"
	"runtime/cgo"
)

type progressKey struct{}

// WithProgress returns a context whose calls tell a function how far they are: documents, index entries
// or pages that are done, and how many there will be, 0 if that is not known.
//
// It is called at the beginning of what may be long, some ten times a second, and at the end, by one
// goroutine at a time for each call, which waits for it. It may use the database, but an index is built
// with writers kept out, so that a write from within it would wait for ever. What it panics with, the call
// panics with.
//
// Of a Cursor the contexts count that Next and All are called with, not Find's.
func WithProgress(ctx context.Context, function func(done, total uint64)) context.Context {
	return context.WithValue(ctx, progressKey{}, function)
}

func progressOf(ctx context.Context) func(done, total uint64) {
	function, _ := ctx.Value(progressKey{}).(func(done, total uint64))
	return function
}

// watcher is what the engine tells of one call.
type watcher struct {
	ctx      context.Context
	function func(done, total uint64)
	handle   cgo.Handle

	// stopped: the engine was told to stop.
	stopped bool
	failed  bool
	thrown  any // with failed: the panic, nil for a Goexit
}

// watch is a watcher for a context; nil if there is nobody to tell and nothing to look at.
func watch(ctx context.Context, looks bool) *watcher {
	function := progressOf(ctx)
	if function == nil && !looks {
		return nil
	}
	w := &watcher{ctx: ctx, function: function}
	w.handle = cgo.NewHandle(w)
	return w
}

// tell is called by the engine, on the call's thread; false stops the call.
func (w *watcher) tell(done, total uint64) bool {
	if w.function != nil && !w.failed {
		// In a goroutine of its own: neither a panic nor a Goexit may pass through the engine.
		told := make(chan struct{})
		go func() {
			returned := false
			defer func() {
				if !returned {
					w.failed, w.thrown = true, recover()
				}
				close(told)
			}()
			w.function(done, total)
			returned = true
		}()
		<-told
	}
	if w.failed || w.ctx.Err() != nil {
		w.stopped = true
	}
	return !w.stopped
}

// number is the watcher as C knows it.
func (w *watcher) number() uintptr {
	if w == nil {
		return 0
	}
	return uintptr(w.handle)
}

// end lets the watcher go, when the engine cannot call it any more.
func (w *watcher) end() {
	if w != nil {
		w.handle.Delete()
	}
}

// rethrow goes on with what the function panicked with.
func (w *watcher) rethrow() {
	switch {
	case w == nil || !w.failed:
	case w.thrown == nil:
		runtime.Goexit()
	default:
		panic(w.thrown)
	}
}
