package ironbase

// Crossing to C: the frame of a call, the numbers of the functions in bridge.h, errors fetched from
// the engine.
//
// A frame has the memory of one call: what is passed, and a buffer for a small result. Frames are
// kept, so that a point read allocates nothing but its result. Their memory is on the heap because C
// may call back into Go while it holds pointers to it.

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Statuses that are no errors.
const (
	statusOK      = C.IRONBASE_OK
	statusDone    = C.IRONBASE_DONE
	statusTimeout = C.IRONBASE_TIMEOUT
)

// function is a function of the C API for documents. Those that have a form for BSON take it; the
// others take Extended JSON, in the canonical form that keeps all types.
type function struct {
	shape shape
	index C.int
}

type shape int

const (
	shapeBSON shape = iota // bridge_bson
	shapeOne               // bridge_one
	shapeTwo               // bridge_two
)

var (
	findOne    = function{shapeBSON, C.BRIDGE_FIND_ONE}
	insertOne  = function{shapeBSON, C.BRIDGE_INSERT_ONE}
	insertMany = function{shapeBSON, C.BRIDGE_INSERT_MANY}

	// In the order of the table in bridge_one.
	deleteOne        = function{shapeOne, 0}
	deleteMany       = function{shapeOne, 1}
	findOneAndDelete = function{shapeOne, 2}
	bulkWrite        = function{shapeOne, 3}
	createIndexes    = function{shapeOne, 4}
	explain          = function{shapeOne, 5}

	// In the order of the table in bridge_two.
	updateOne         = function{shapeTwo, 0}
	updateMany        = function{shapeTwo, 1}
	replaceOne        = function{shapeTwo, 2}
	findOneAndUpdate  = function{shapeTwo, 3}
	findOneAndReplace = function{shapeTwo, 4}
)

const (
	// smallResult is what fits into a frame.
	smallResult = 4096
	// keptArgument is the memory of an argument that a frame keeps.
	keptArgument = 64 << 10
)

type frame struct {
	json    bool // documents cross as Extended JSON
	reply   C.bridge_reply
	first   []byte // document, filter ...
	second  []byte // update, replacement
	options []byte // none if empty
	bson    []byte // a document on its way to the others
	buffer  [smallResult]byte
}

var frames = sync.Pool{New: func() any { return new(frame) }}

// newFrame is a frame for calls that take BSON.
func newFrame() *frame {
	f := frames.Get().(*frame)
	f.json = false
	return f
}

// newJSONFrame is a frame for calls that take Extended JSON.
func newJSONFrame() *frame {
	f := frames.Get().(*frame)
	f.json = true
	return f
}

func (f *frame) release() {
	f.reply = C.bridge_reply{}
	for _, argument := range []*[]byte{&f.first, &f.second, &f.options, &f.bson} {
		if cap(*argument) > keptArgument {
			*argument = nil
		}
		*argument = (*argument)[:0]
	}
	frames.Put(f)
}

// call calls a function and returns its result, which is nil if there is none.
func (f *frame) call(function function, collection *collectionHandle) (bson.Raw, error) {
	status := f.cross(function, collection)
	runtime.KeepAlive(collection)
	return f.result(status)
}

func (f *frame) cross(function function, collection *collectionHandle) C.ironbase_status_t {
	switch function.shape {
	case shapeBSON:
		return C.bridge_bson(function.index, collection.pointer, octets(f.first), size(f.first), octets(f.options),
			size(f.options), f.bufferStart(), smallResult, &f.reply)
	case shapeOne:
		return C.bridge_one(function.index, collection.pointer, chars(f.first), size(f.first), chars(f.options),
			size(f.options), f.bufferStart(), smallResult, &f.reply)
	}
	return C.bridge_two(function.index, collection.pointer, chars(f.first), size(f.first), chars(f.second), size(f.second),
		chars(f.options), size(f.options), f.bufferStart(), smallResult, &f.reply)
}

func (f *frame) bufferStart() *C.char { return (*C.char)(unsafe.Pointer(&f.buffer)) }

// result is the document that the call returned; nil if there is none.
func (f *frame) result(status C.ironbase_status_t) (bson.Raw, error) {
	if status < statusOK {
		return nil, newError(status, f.reply.error)
	}
	if f.json {
		return fromJSON(f.text())
	}
	return f.text(), nil
}

// text is the memory of what the call returned, which belongs to the caller.
func (f *frame) text() []byte {
	length := int(f.reply.len)
	switch {
	case f.reply.text != nil:
		defer C.bridge_free(&f.reply)
		// C.GoBytes cannot copy 2 GiB and more.
		return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(f.reply.text)), length)...)
	case length == 0:
		return nil
	}
	return append([]byte(nil), f.buffer[:length]...)
}

// chars is the beginning of a text; nil for an empty one, which stands for "not given".
func chars(text []byte) *C.char {
	if len(text) == 0 {
		return nil
	}
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(text)))
}

// octets is chars for BSON.
func octets(document []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(chars(document))) }

func size(text []byte) C.size_t { return C.size_t(len(text)) }

// nameStart is the beginning of a name, which is given even if it is empty.
func nameStart(name string) *C.char {
	if name == "" {
		name = "\x00"
	}
	return (*C.char)(unsafe.Pointer(unsafe.StringData(name)))
}

// newError fetches and frees the engine's error.
func newError(status C.ironbase_status_t, failure *C.ironbase_error_t) error {
	if failure == nil {
		return CommandError{Message: statusName(int32(status)), status: int32(status)}
	}
	defer C.ironbase_error_free(failure)
	err := CommandError{
		Code:    int32(C.ironbase_error_code(failure)),
		Name:    C.GoString(C.ironbase_error_code_name(failure)),
		Message: C.GoString(C.ironbase_error_message(failure)),
		status:  int32(status),
	}
	details := C.GoString(C.ironbase_error_details(failure))
	if parseErr := bson.UnmarshalExtJSON([]byte(details), false, &err.Details); parseErr != nil {
		err.Message = fmt.Sprintf("%s (details that cannot be read: %v)", err.Message, parseErr)
		err.Details = emptyDocument
	}
	err.Labels = lookup[[]string](err.Details, "labels")
	return err
}

func statusName(status int32) string {
	return C.GoString(C.ironbase_status_name(C.ironbase_status_t(status)))
}

// Version returns the version of the library that is linked.
func Version() string { return C.GoString(C.ironbase_version()) }

// LiveHandles returns how many handles of the engine there are in this process: 0 when everything was
// freed, which the garbage collector does for what was not closed. For tests that look for leaks.
func LiveHandles() uint64 { return uint64(C.ironbase_live_handles()) }

// databaseHandle is an open database. Its memory is freed when nothing refers to it any more; Close
// only closes it, so that no call can meet freed memory.
type databaseHandle struct {
	pointer *C.ironbase_db_t

	mutex   sync.Mutex
	idleOps []uint64
}

// collectionHandle is a collection, of a database or within a transaction.
type collectionHandle struct {
	pointer *C.ironbase_collection_t
}

func openDatabase(path string, options []byte) (*databaseHandle, error) {
	cPath := C.CString(path)
	defer C.free(unsafe.Pointer(cPath))
	f := newFrame()
	defer f.release()
	var pointer *C.ironbase_db_t
	status := C.ironbase_open(cPath, chars(options), size(options), &pointer, &f.reply.error)
	if status < statusOK {
		return nil, newError(status, f.reply.error)
	}
	handle := &databaseHandle{pointer: pointer}
	runtime.AddCleanup(handle, func(pointer *C.ironbase_db_t) { C.ironbase_db_free(pointer) }, pointer)
	return handle, nil
}

func (d *databaseHandle) close() error {
	return d.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_db_close(d.pointer, failure)
	})
}

// call makes a call that returns nothing.
func (d *databaseHandle) call(function func(failure **C.ironbase_error_t) C.ironbase_status_t) error {
	var failure *C.ironbase_error_t
	status := function(&failure)
	runtime.KeepAlive(d)
	if status < statusOK {
		return newError(status, failure)
	}
	return nil
}

func newCollection(pointer *C.ironbase_collection_t) *collectionHandle {
	handle := &collectionHandle{pointer: pointer}
	runtime.AddCleanup(handle, func(pointer *C.ironbase_collection_t) { C.ironbase_collection_free(pointer) }, pointer)
	return handle
}

func (d *databaseHandle) collection(name string) (*collectionHandle, error) {
	var pointer *C.ironbase_collection_t
	err := d.call(func(failure **C.ironbase_error_t) C.ironbase_status_t {
		return C.ironbase_db_collection(d.pointer, nameStart(name), C.size_t(len(name)), &pointer, failure)
	})
	if err != nil {
		return nil, err
	}
	return newCollection(pointer), nil
}

// stopped adds the context's error to that of an operation which the context has stopped.
func stopped(ctx context.Context, err error) error {
	var failure CommandError
	if ctx.Err() != nil && errors.As(err, &failure) && errors.Is(failure, ErrInterrupted) {
		failure.Wrapped = reason(ctx)
		return failure
	}
	return err
}

// reason is why a context has ended: its error, and the cause if that is another.
func reason(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
