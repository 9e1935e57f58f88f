package ironbase

// Values to BSON and back: one encoder and one decoder for all that callers pass and receive, both of
// which read a struct's json tags where it has no bson tags.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// emptyDocument is the BSON of {}.
var emptyDocument = bson.Raw{5, 0, 0, 0, 0}

// registry is the wrapper's own, because a registry remembers of a struct how its tags were read first.
var registry = bson.NewRegistry()

// encoder appends documents to a slice; it is kept for its memory.
type encoder struct {
	target []byte
	bson   *bson.Encoder
}

// Write makes encoder the io.Writer that its bson.Encoder writes to.
func (e *encoder) Write(p []byte) (int, error) {
	e.target = append(e.target, p...)
	return len(p), nil
}

var encoders = sync.Pool{New: func() any {
	e := new(encoder)
	e.bson = bson.NewEncoder(bson.NewDocumentWriter(e))
	e.bson.SetRegistry(registry)
	e.bson.UseJSONStructTags()
	return e
}}

// appendDocument appends the BSON of a document; what names it in errors.
func appendDocument(target []byte, what string, value any) ([]byte, error) {
	switch document := value.(type) {
	case nil:
		return target, fmt.Errorf("%s: %w", what, ErrNilDocument)
	case bson.Raw:
		return appendRaw(target, what, document)
	case []byte:
		return appendRaw(target, what, document)
	}
	if isNil(value) {
		return target, fmt.Errorf("%s: %w", what, ErrNilDocument)
	}
	if quick, ok := appendQuickly(target, value, 0); ok {
		return quick, nil
	}
	e := encoders.Get().(*encoder)
	e.target = target
	err := e.bson.Encode(value)
	encoded := e.target
	e.target = nil
	if err != nil {
		// The writer may be in the middle of a document: it is not used again.
		return target, MarshalError{What: what, Value: value, Err: err}
	}
	encoders.Put(e)
	if err := checkDocument(encoded[len(target):]); err != nil {
		return target, MarshalError{What: what, Value: value, Err: err}
	}
	return encoded, nil
}

func appendRaw(target []byte, what string, document bson.Raw) ([]byte, error) {
	if len(document) == 0 {
		return target, fmt.Errorf("%s: %w", what, ErrNilDocument)
	}
	if err := document.Validate(); err != nil {
		return target, MarshalError{What: what, Value: document, Err: err}
	}
	return append(target, document...), nil
}

// checkDocument refuses what an encoder made that is no document, such as the nothing of a nil map.
func checkDocument(document []byte) error {
	if len(document) < len(emptyDocument) || int(binary.LittleEndian.Uint32(document)) != len(document) {
		return errors.New("its encoder wrote no whole document")
	}
	return nil
}

// isNil tells whether a value is a nil of some type. A nil bson.D is no document either: a filter that
// was forgotten must not match everything.
func isNil(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return v.IsNil()
	}
	return false
}

// eachOf is the slice that values are, which has something in it.
func eachOf(what string, values any) (reflect.Value, error) {
	v := reflect.ValueOf(values)
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return v, fmt.Errorf("%s: %w, found %T", what, ErrNotSlice, values)
	}
	if v.Len() == 0 {
		return v, fmt.Errorf("%s: %w", what, ErrEmptySlice)
	}
	return v, nil
}

// decode reads a document into what v points to.
func decode(document bson.Raw, v any) error {
	switch target := v.(type) {
	case nil:
		return errors.New("cannot decode into nil: a pointer is needed")
	case *bson.Raw:
		*target = document
		return nil
	}
	// The bson package decodes from memory in half the time, but without json tags.
	if !needsJSONTags(v) {
		return bson.Unmarshal(document, v)
	}
	decoder := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(document)))
	decoder.SetRegistry(registry)
	decoder.UseJSONStructTags()
	return decoder.Decode(v)
}

// tagged remembers by type what needsJSONTags found.
var tagged sync.Map

// needsJSONTags tells whether there are structs among what v points to with fields that have a json tag
// and no bson tag.
func needsJSONTags(v any) bool {
	kind := reflect.TypeOf(v)
	if needs, known := tagged.Load(kind); known {
		return needs.(bool)
	}
	needs := findJSONTags(kind, map[reflect.Type]bool{})
	tagged.Store(kind, needs)
	return needs
}

func findJSONTags(kind reflect.Type, seen map[reflect.Type]bool) bool {
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice || kind.Kind() == reflect.Array || kind.Kind() == reflect.Map {
		kind = kind.Elem()
	}
	if kind.Kind() != reflect.Struct || seen[kind] {
		return false
	}
	seen[kind] = true
	for i := range kind.NumField() {
		field := kind.Field(i)
		_, hasBSON := field.Tag.Lookup("bson")
		_, hasJSON := field.Tag.Lookup("json")
		if hasJSON && !hasBSON || findJSONTags(field.Type, seen) {
			return true
		}
	}
	return false
}

// decodeValue reads any value into what v points to, by way of a document that has it as its field.
func decodeValue(value bson.RawValue, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fmt.Errorf("cannot decode into %T: a pointer is needed", v)
	}
	document, err := bson.Marshal(bson.D{{Key: "v", Value: value}})
	if err != nil {
		return err
	}
	// A struct with the one field, of the type asked for.
	field := reflect.StructField{Name: "V", Type: target.Type().Elem(), Tag: `bson:"v"`}
	whole := reflect.New(reflect.StructOf([]reflect.StructField{field}))
	if err := decode(document, whole.Interface()); err != nil {
		return err
	}
	target.Elem().Set(whole.Elem().Field(0))
	return nil
}

// lookup reads a field that may not be there.
func lookup[T any](document bson.Raw, field string) T {
	var value T
	raw, err := document.LookupErr(field)
	if err != nil || raw.Unmarshal(&value) != nil {
		var zero T
		return zero
	}
	return value
}

// number reads a count, whatever numeric type it has.
func number(document bson.Raw, field string) int64 {
	n, _ := document.Lookup(field).AsInt64OK()
	return n
}

// anyOf returns a value as the bson package decodes it by itself; nil for none.
func anyOf(value bson.RawValue) any {
	if value.IsZero() {
		return nil
	}
	var decoded any
	if value.Unmarshal(&decoded) != nil {
		return value
	}
	return decoded
}
