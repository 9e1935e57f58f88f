package ironbase

// The form in which documents cross to the engine and back: BSON, or Extended JSON for the functions of
// the C API that have none for BSON.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// pass appends a document in the form that the call takes.
func (f *frame) pass(target []byte, document bson.Raw) ([]byte, error) {
	if f.json {
		return appendJSON(target, document)
	}
	return append(target, document...), nil
}

// passAnother appends a document to those that are there already.
func (f *frame) passAnother(target []byte, document bson.Raw) ([]byte, error) {
	if f.json && len(target) > 0 {
		target = append(target, '\n')
	}
	return f.pass(target, document)
}

// appendJSON appends the Extended JSON of a document.
func appendJSON(target []byte, document any) ([]byte, error) {
	text, err := bson.MarshalExtJSON(document, true, false)
	if err != nil {
		return target, err
	}
	if hasReplaced(text) {
		return target, errors.New("a string is not UTF-8")
	}
	return append(target, text...), nil
}

// hasReplaced tells whether the encoder replaced what is not UTF-8, which it says by an escape that it
// writes for nothing else.
func hasReplaced(text []byte) bool {
	for rest := text; ; {
		at := bytes.Index(rest, []byte(`\ufffd`))
		if at < 0 {
			return false
		}
		before := rest[:at]
		backslashes := len(before) - len(bytes.TrimRight(before, `\`))
		if backslashes%2 == 0 {
			return true
		}
		rest = rest[at+1:]
	}
}

// appendJSONArray appends the Extended JSON of an array.
func appendJSONArray(target []byte, array bson.RawArray) ([]byte, error) {
	text, err := appendJSON(nil, bson.D{{Key: "a", Value: bson.RawValue{Type: bson.TypeArray, Value: array}}})
	if err != nil {
		return target, err
	}
	return append(target, text[len(`{"a":`):len(text)-1]...), nil
}

// fromJSON reads a document that the engine returned; nil stays nil.
func fromJSON(text []byte) (bson.Raw, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var document bson.Raw
	if err := bson.UnmarshalExtJSON(text, true, &document); err != nil {
		return nil, fmt.Errorf("the engine's result cannot be read: %w", err)
	}
	return document, nil
}

// arrayFromJSON reads an array that the engine returned.
func arrayFromJSON(text []byte) (bson.RawArray, error) {
	whole := make([]byte, 0, len(text)+len(`{"a":}`))
	whole = append(append(append(whole, `{"a":`...), text...), '}')
	document, err := fromJSON(whole)
	if err != nil {
		return nil, err
	}
	return document.Lookup("a").Array(), nil
}

// splitBatch cuts a batch into its documents, which share its memory.
func splitBatch(batch []byte, count int) ([]bson.Raw, error) {
	documents := make([]bson.Raw, 0, count)
	for len(batch) > 0 {
		if len(batch) < len(emptyDocument) {
			return nil, errors.New("the engine's batch cannot be read")
		}
		length := int(binary.LittleEndian.Uint32(batch))
		if length < len(emptyDocument) || length > len(batch) {
			return nil, errors.New("the engine's batch cannot be read")
		}
		documents = append(documents, batch[:length:length])
		batch = batch[length:]
	}
	return documents, nil
}
