package ironbase

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ironbase/ironbase-go/options"
)

// Transaction is several writes, in one collection or many, that happen all or not at all, seeing the
// database as it was when the transaction began.
//
// Calls are in it when their context is: see Context. One that fails aborts it.
type Transaction struct {
	database *Database
	handle   *transactionHandle

	mutex       sync.Mutex
	collections map[string]*collectionHandle
}

type transactionKey struct{}

// StartTransaction begins a transaction. It must be ended with Commit or Abort; WithTransaction does
// that, and tries again what lost against another transaction.
func (db *Database) StartTransaction(ctx context.Context, opts ...options.Lister[options.TransactionOptions]) (*Transaction, error) {
	transaction, err := db.transactionOf(ctx)
	switch {
	case err != nil:
		return nil, err
	case transaction != nil:
		return nil, ErrInTransaction
	}
	if err := ended(ctx); err != nil {
		return nil, err
	}
	f := newJSONFrame()
	defer f.release()
	if err := setOptions(f, 0, opts); err != nil {
		return nil, err
	}
	handle, err := f.begin(db.handle)
	if err != nil {
		return nil, err
	}
	return &Transaction{database: db, handle: handle, collections: map[string]*collectionHandle{}}, nil
}

// Context returns a context whose calls are in the transaction.
func (t *Transaction) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, transactionKey{}, t)
}

// Commit makes the transaction's changes visible and durable: all or none. Committing again what was
// committed does nothing and succeeds.
func (t *Transaction) Commit(ctx context.Context) error {
	if err := ended(ctx); err != nil {
		return err
	}
	return t.handle.commit()
}

// Abort undoes what the transaction has done. Aborting again does nothing and succeeds.
func (t *Transaction) Abort() error {
	return t.handle.abort()
}

// handleOrNil is the transaction's handle; nil for no transaction.
func (t *Transaction) handleOrNil() *transactionHandle {
	if t == nil {
		return nil
	}
	return t.handle
}

// collection is a collection within the transaction.
func (t *Transaction) collection(name string) (*collectionHandle, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if handle := t.collections[name]; handle != nil {
		return handle, nil
	}
	handle, err := t.handle.collection(name)
	if err == nil {
		t.collections[name] = handle
	}
	return handle, err
}

const (
	// transactionTime is how long WithTransaction goes on trying, as in MongoDB's drivers.
	transactionTime = 120 * time.Second
	firstPause      = time.Millisecond
	longestPause    = 500 * time.Millisecond
)

// WithTransaction calls fn with a context that is in a transaction, commits it, and returns what fn
// returned. If fn returns an error, the transaction is aborted and the error returned.
//
// An error with the label "TransientTransactionError", of fn or of the commit, has the whole tried
// again, after a pause that grows, for up to two minutes or until the context ends: fn must bear being
// called several times, and should return errors of calls as they are or wrapped.
func (db *Database) WithTransaction(ctx context.Context, fn func(ctx context.Context) (any, error),
	opts ...options.Lister[options.TransactionOptions]) (any, error) {
	deadline := time.Now().Add(transactionTime)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		result, err := db.tryTransaction(ctx, fn, opts)
		if err == nil || !hasLabel(err, transientTransactionError) || time.Now().After(deadline) {
			return result, err
		}
		// Half of it is chance, so that two that lost against each other do not meet again.
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
			return nil, errors.Join(ended(ctx), err)
		}
	}
}

func (db *Database) tryTransaction(ctx context.Context, fn func(ctx context.Context) (any, error),
	opts []options.Lister[options.TransactionOptions]) (any, error) {
	transaction, err := db.StartTransaction(ctx, opts...)
	if err != nil {
		return nil, err
	}
	committed := false
	defer func() {
		// Also if fn panics.
		if !committed {
			_ = transaction.Abort()
		}
	}()
	result, err := fn(transaction.Context(ctx))
	if err != nil {
		return nil, err
	}
	if err := transaction.Commit(ctx); err != nil {
		return nil, err
	}
	committed = true
	return result, nil
}
