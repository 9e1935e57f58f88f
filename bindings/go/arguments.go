package ironbase

// Arguments put into a frame: documents, updates, arrays of documents, options.

import (
	"encoding/binary"
	"fmt"
	"reflect"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Pipeline is an aggregation pipeline, or an update with one.
type Pipeline []bson.D

// document appends a document in the engine's form.
func (f *frame) document(target []byte, what string, value any) ([]byte, error) {
	document, err := appendDocument(f.bson[:0], what, value)
	if err != nil {
		return target, err
	}
	f.bson = document
	return f.pass(target, document)
}

// setFirst passes a document, a filter for one.
func (f *frame) setFirst(what string, value any) (err error) {
	f.first, err = f.document(f.first[:0], what, value)
	return err
}

// setReplacement passes a replacement.
func (f *frame) setReplacement(value any) (err error) {
	f.second, err = f.document(f.second[:0], "replacement", value)
	return err
}

// setUpdate passes a document of update operators, or a pipeline.
func (f *frame) setUpdate(value any) (err error) {
	if !isPipeline(value) {
		f.second, err = f.document(f.second[:0], "update", value)
		return err
	}
	f.second, err = f.array(f.second[:0], "update", value)
	return err
}

// array appends an array in the engine's form. It has no form of its own among documents: it is
// written as a field and cut out.
func (f *frame) array(target []byte, what string, value any) ([]byte, error) {
	if raw, ok := value.(bson.RawArray); ok {
		value = bson.RawValue{Type: bson.TypeArray, Value: raw}
	}
	document, err := appendDocument(f.bson[:0], what, bson.D{{Key: "a", Value: value}})
	if err != nil {
		return target, err
	}
	f.bson = document
	return appendJSONArray(target, bson.Raw(document).Lookup("a").Array())
}

// isPipeline tells an array from a document: a slice that is neither bson.D nor bytes.
func isPipeline(value any) bool {
	switch value.(type) {
	case nil, bson.D, bson.Raw, []byte, bson.Marshaler:
		return false
	case Pipeline, bson.A, bson.RawArray:
		return true
	}
	kind := reflect.TypeOf(value)
	return (kind.Kind() == reflect.Slice || kind.Kind() == reflect.Array) &&
		!kind.ConvertibleTo(reflect.TypeFor[bson.D]()) && kind.Elem().Kind() != reflect.Uint8
}

// setOptions passes the options of listers, and the operation's id.
func setOptions[T any](f *frame, op uint64, listers []options.Lister[T]) error {
	f.options = f.options[:0]
	if len(listers) == 0 && op == 0 {
		return nil
	}
	document, err := appendOptions(f.bson[:0], listers)
	if err != nil {
		return err
	}
	if op != 0 {
		document = appendInt64(document, "opId", int64(op))
	}
	f.bson = document
	f.options, err = f.pass(f.options, document)
	return err
}

// appendOptions appends the BSON of what listers set.
func appendOptions[T any](target []byte, listers []options.Lister[T]) ([]byte, error) {
	if len(listers) == 0 {
		return append(target, emptyDocument...), nil
	}
	merged, err := options.Merge(listers...)
	if err != nil {
		return target, fmt.Errorf("options: %w", err)
	}
	if err := checkOrdered(merged); err != nil {
		return target, err
	}
	if find, ok := any(merged).(*options.FindOptions); ok {
		return appendFindOptions(target, find, extras(listers))
	}
	return appendWithExtras(target, merged, extras(listers))
}

// appendFindOptions writes the cursor's type as the engine's two options.
func appendFindOptions(target []byte, find *options.FindOptions, extra []any) ([]byte, error) {
	switch kind := find.CursorType; {
	case kind == nil || *kind == options.NonTailable:
	case *kind == options.Tailable:
		extra = append([]any{bson.D{{Key: "tailable", Value: true}}}, extra...)
	case *kind == options.TailableAwait:
		extra = append([]any{bson.D{{Key: "tailable", Value: true}, {Key: "awaitData", Value: true}}}, extra...)
	default:
		return target, fmt.Errorf("options: CursorType is NonTailable, Tailable or TailableAwait, found %d", *kind)
	}
	return appendWithExtras(target, find, extra)
}

func extras[T any](listers []options.Lister[T]) []any {
	var found []any
	for _, lister := range listers {
		if extra, ok := lister.(*options.Extra[T]); ok && extra != nil {
			found = append(found, extra.Document)
		}
	}
	return found
}

// appendWithExtras appends options, with the fields of further documents instead of those of the same name.
func appendWithExtras(target []byte, merged any, extra []any) ([]byte, error) {
	if len(extra) == 0 {
		return appendDocument(target, "options", merged)
	}
	all := bson.D{}
	for _, part := range append([]any{merged}, extra...) {
		raw, err := appendDocument(nil, "options", part)
		if err != nil {
			return target, err
		}
		elements, err := bson.Raw(raw).Elements()
		if err != nil {
			return target, err
		}
		for _, element := range elements {
			all = setField(all, element.Key(), element.Value())
		}
	}
	return appendDocument(target, "options", all)
}

func setField(document bson.D, key string, value any) bson.D {
	for i := range document {
		if document[i].Key == key {
			document[i].Value = value
			return document
		}
	}
	return append(document, bson.E{Key: key, Value: value})
}

// checkOrdered refuses maps of several keys as sort or hint: their order is chance.
func checkOrdered(merged any) error {
	fields := reflect.ValueOf(merged).Elem()
	for _, name := range []string{"Sort", "Hint"} {
		field := fields.FieldByName(name)
		if !field.IsValid() || field.Kind() != reflect.Interface || field.IsNil() {
			continue
		}
		if err := ordered(name, field.Interface()); err != nil {
			return err
		}
	}
	return nil
}

func ordered(what string, value any) error {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Map && v.Len() > 1 {
		return fmt.Errorf("%s: %w: use bson.D", what, ErrMapForOrderedArgument)
	}
	return nil
}

// appendInt64 adds a field to the BSON document that ends the slice and began at its start.
func appendInt64(document []byte, key string, value int64) []byte {
	document = append(document[:len(document)-1], byte(bson.TypeInt64))
	document = append(document, key...)
	document = append(document, 0)
	document = binary.LittleEndian.AppendUint64(document, uint64(value))
	document = append(document, 0)
	binary.LittleEndian.PutUint32(document, uint32(len(document)))
	return document
}

// ensureID is the document with an _id, which is put in front if it is not there, and that _id.
func ensureID(document bson.Raw) (bson.Raw, any) {
	id, err := document.LookupErr("_id")
	if err == nil {
		return document, anyOf(id)
	}
	made := bson.NewObjectID()
	const added = 1 + len("_id\x00") + len(made)
	whole := make([]byte, 0, len(document)+added)
	whole = binary.LittleEndian.AppendUint32(whole, uint32(len(document)+added))
	whole = append(whole, byte(bson.TypeObjectID))
	whole = append(whole, "_id\x00"...)
	whole = append(whole, made[:]...)
	return append(whole, document[4:]...), made
}
