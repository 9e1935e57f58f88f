package ironbase

// The calls of the C API that databases and transactions make.

// #include "bridge.h"
//
// static ironbase_status_t bridge_run_command(ironbase_db_t *db, ironbase_txn_t *txn, const uint8_t *command,
//                                             size_t command_len, char *buffer, size_t capacity, bridge_reply *reply) {
//     uint8_t *document = NULL;
//     ironbase_status_t status =
//         ironbase_db_run_command_bson(db, txn, command, command_len, &document, &reply->len, &reply->error);
//     reply->text = (char *)document;
//     reply->bson = true;
//     bridge_take(reply, buffer, capacity);
//     return status;
// }
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func (f *frame) runCommand(database *databaseHandle, transaction *transactionHandle) (bson.Raw, error) {
	var pointer *C.ironbase_txn_t
	if transaction != nil {
		pointer = transaction.pointer
	}
	status := C.bridge_run_command(database.pointer, pointer, octets(f.first), size(f.first), f.bufferStart(), smallResult, &f.reply)
	runtime.KeepAlive(database)
	runtime.KeepAlive(transaction)
	return f.result(status)
}

func (f *frame) createCollection(database *databaseHandle, name string) error {
	return database.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_db_create_collection(database.pointer, nameStart(name), C.size_t(len(name)),
			chars(f.options), size(f.options), failure)
	})
}

func (f *frame) renameCollection(database *databaseHandle, from, to string) error {
	return database.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_db_rename_collection(database.pointer, nameStart(from), C.size_t(len(from)),
			nameStart(to), C.size_t(len(to)), chars(f.options), size(f.options), failure)
	})
}

func (f *frame) listCollections(database *databaseHandle) ([]bson.Raw, error) {
	status := C.ironbase_db_list_collections(database.pointer, chars(f.first), size(f.first), &f.reply.text, &f.reply.len,
		&f.reply.error)
	runtime.KeepAlive(database)
	return f.documents(status)
}

func (f *frame) listIndexes(collection *collectionHandle) ([]bson.Raw, error) {
	status := C.ironbase_collection_list_indexes(collection.pointer, &f.reply.text, &f.reply.len, &f.reply.error)
	runtime.KeepAlive(collection)
	return f.documents(status)
}

// In the order of the table in bridge_db.
const (
	databaseStats = iota
	databaseCompact
	databaseVerify
)

// callDatabase calls a function that takes options and returns a document.
func (f *frame) callDatabase(function int32, database *databaseHandle) (bson.Raw, error) {
	status := C.bridge_db(C.int(function), database.pointer, chars(f.options), size(f.options), &f.reply)
	runtime.KeepAlive(database)
	return f.result(status)
}

// verify looks at the database in a directory.
func (f *frame) verify(path string, w *watcher) (bson.Raw, error) {
	cPath := C.CString(path)
	defer C.free(unsafe.Pointer(cPath))
	return f.relaxedResult(C.bridge_verify(cPath, chars(f.options), size(f.options), C.uintptr_t(w.number()), &f.reply))
}

func (f *frame) backup(database *databaseHandle, destination string) (bson.Raw, error) {
	cDestination := C.CString(destination)
	defer C.free(unsafe.Pointer(cDestination))
	status := C.bridge_backup(database.pointer, cDestination, chars(f.options), size(f.options), &f.reply)
	runtime.KeepAlive(database)
	return f.result(status)
}

func (f *frame) restore(backup, destination string, w *watcher) (bson.Raw, error) {
	cBackup, cDestination := C.CString(backup), C.CString(destination)
	defer C.free(unsafe.Pointer(cBackup))
	defer C.free(unsafe.Pointer(cDestination))
	return f.relaxedResult(C.bridge_restore(cBackup, cDestination, chars(f.options), size(f.options), C.uintptr_t(w.number()), &f.reply))
}

func (f *frame) salvage(damaged, into string, w *watcher) (bson.Raw, error) {
	cDamaged, cInto := C.CString(damaged), C.CString(into)
	defer C.free(unsafe.Pointer(cDamaged))
	defer C.free(unsafe.Pointer(cInto))
	return f.relaxedResult(C.bridge_salvage(cDamaged, cInto, chars(f.options), size(f.options), C.uintptr_t(w.number()), &f.reply))
}

// relaxedResult is result for functions of directories, which have no database that says how to write JSON.
func (f *frame) relaxedResult(status C.ironbase_status_t) (bson.Raw, error) {
	if status < statusOK {
		return nil, newError(status, f.reply.error)
	}
	var document bson.Raw
	if err := bson.UnmarshalExtJSON(f.text(), false, &document); err != nil {
		return nil, fmt.Errorf("the engine's result cannot be read: %w", err)
	}
	return document, nil
}

// documents is the array of documents that a call returned.
func (f *frame) documents(status C.ironbase_status_t) ([]bson.Raw, error) {
	array, err := f.arrayResult(status)
	if err != nil {
		return nil, err
	}
	values, err := array.Values()
	if err != nil {
		return nil, err
	}
	documents := make([]bson.Raw, len(values))
	for i, value := range values {
		documents[i] = value.Document()
	}
	return documents, nil
}

// arrayResult is the array that a call returned.
func (f *frame) arrayResult(status C.ironbase_status_t) (bson.RawArray, error) {
	if status < statusOK {
		return nil, newError(status, f.reply.error)
	}
	return arrayFromJSON(f.text())
}

func (d *databaseHandle) checkpoint() error {
	return d.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_db_checkpoint(d.pointer, failure)
	})
}

// transactionHandle is a transaction; its memory is freed when nothing refers to it any more.
type transactionHandle struct {
	pointer *C.ironbase_txn_t
}

func (f *frame) begin(database *databaseHandle) (*transactionHandle, error) {
	var pointer *C.ironbase_txn_t
	err := database.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_txn_begin(database.pointer, chars(f.options), size(f.options), &pointer, failure)
	})
	if err != nil {
		return nil, err
	}
	handle := &transactionHandle{pointer: pointer}
	runtime.AddCleanup(handle, func(pointer *C.ironbase_txn_t) { C.ironbase_txn_free(pointer) }, pointer)
	return handle, nil
}

func (t *transactionHandle) collection(name string) (*collectionHandle, error) {
	var pointer *C.ironbase_collection_t
	err := t.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_txn_collection(t.pointer, nameStart(name), C.size_t(len(name)), &pointer, failure)
	})
	if err != nil {
		return nil, err
	}
	return newCollection(pointer), nil
}

func (t *transactionHandle) commit() error {
	return t.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_txn_commit(t.pointer, failure)
	})
}

func (t *transactionHandle) abort() error {
	return t.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_txn_abort(t.pointer, failure)
	})
}

func (t *transactionHandle) call(function func(failure **C.ironbase_error_t) C.ironbase_status_t) error {
	var failure *C.ironbase_error_t
	status := function(&failure)
	runtime.KeepAlive(t)
	if status < statusOK {
		return newError(status, failure)
	}
	return nil
}
