package main

// #cgo CFLAGS: -O2 -std=c99
// #cgo pkg-config: ironbase
// #include <stdlib.h>
// #include "calls.h"
import "C"

import (
	"errors"
	"unsafe"
)

// fromC is a database whose calls are made by C, in loops that Go starts once.
type fromC struct {
	db        *C.ironbase_db_t
	documents *C.ironbase_collection_t
}

var errC = errors.New("a call from C failed")

func openFromC(path, durability string) (*fromC, error) {
	cPath, cDurability := C.CString(path), C.CString(durability)
	defer C.free(unsafe.Pointer(cPath))
	defer C.free(unsafe.Pointer(cDurability))
	c := new(fromC)
	var db *C.ironbase_db_t
	var documents *C.ironbase_collection_t
	if C.calls_open(cPath, cDurability, &db, &documents) != 0 {
		return nil, errC
	}
	c.db, c.documents = db, documents
	return c, nil
}

func (c *fromC) close() {
	C.ironbase_collection_free(c.documents)
	C.ironbase_db_free(c.db)
}

func (c *fromC) get(ids []int32, bson bool) error {
	first, count := (*C.int32_t)(&ids[0]), C.int(len(ids))
	failed := C.int(0)
	if bson {
		failed = C.calls_get_bson(c.documents, first, count)
	} else {
		failed = C.calls_get(c.documents, first, count)
	}
	return failure(failed)
}

func (c *fromC) read(first, count int, bson bool) error {
	if bson {
		return failure(C.calls_read_bson(c.documents, C.int32_t(first), C.int(count)))
	}
	return failure(C.calls_read(c.documents, C.int32_t(first), C.int(count)))
}

func failure(failed C.int) error {
	if failed != 0 {
		return errC
	}
	return nil
}
