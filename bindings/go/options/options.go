// Package options holds the settings of the methods of package ironbase, named as in MongoDB's Go
// driver: a builder for each method, handed to it as its last argument.
//
//	cursor, err := people.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{"age", -1}}).SetLimit(10))
//
// A builder may be kept and used again; settings of a later one replace those of an earlier one.
package options

import (
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Lister is what methods take: settings that can be applied to options of type T.
type Lister[T any] interface {
	List() []func(*T) error
}

// Merge applies the settings of all listers to new options, in order. Listers that are nil have none.
func Merge[T any](listers ...Lister[T]) (*T, error) {
	merged := new(T)
	for _, lister := range listers {
		if lister == nil {
			continue
		}
		for _, set := range lister.List() {
			if set == nil {
				continue
			}
			if err := set(merged); err != nil {
				return nil, err
			}
		}
	}
	return merged, nil
}

// Durability says what a power cut can take of a write that was acknowledged.
type Durability string

const (
	// DurabilityFull loses nothing.
	DurabilityFull Durability = "full"
	// DurabilityInterval loses at most the last interval.
	DurabilityInterval Durability = "interval"
	// DurabilityNone loses what the operating system has not written yet.
	DurabilityNone Durability = "none"
)

// ReturnDocument says which form of a changed document is returned.
type ReturnDocument int8

const (
	// Before returns the document as it was.
	Before ReturnDocument = iota
	// After returns the document as it is now.
	After
)

// MarshalBSONValue writes the engine's word for it.
func (r ReturnDocument) MarshalBSONValue() (byte, []byte, error) {
	var word string
	switch r {
	case Before:
		word = "before"
	case After:
		word = "after"
	default:
		return 0, nil, fmt.Errorf("ReturnDocument is Before or After, found %d", int8(r))
	}
	kind, value, err := bson.MarshalValue(word)
	return byte(kind), value, err
}

// CursorType says what a cursor does at the end of a capped collection.
type CursorType int8

const (
	// NonTailable ends there.
	NonTailable CursorType = iota
	// Tailable may be asked again later.
	Tailable
	// TailableAwait waits for a document when asked, and may be asked again.
	TailableAwait
)

// Collation says how strings compare; see
// https://www.mongodb.com/docs/manual/reference/collation/ for its fields.
type Collation struct {
	Locale          string `bson:"locale,omitempty"`
	CaseLevel       bool   `bson:"caseLevel,omitempty"`
	CaseFirst       string `bson:"caseFirst,omitempty"`
	Strength        int    `bson:"strength,omitempty"`
	NumericOrdering bool   `bson:"numericOrdering,omitempty"`
	Alternate       string `bson:"alternate,omitempty"`
	MaxVariable     string `bson:"maxVariable,omitempty"`
	Normalization   bool   `bson:"normalization,omitempty"`
	Backwards       bool   `bson:"backwards,omitempty"`
}

// inMilliseconds rounds up, so that a short time is not none.
func inMilliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// inSeconds rounds up, so that a short time is not none.
func inSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}

// Extra is a lister of options by the engine's own names, for those that no setter has yet:
//
//	options.Extra[options.FindOptions](bson.D{{"maxTimeMS", 100}})
//
// They replace what setters said of the same name.
type Extra[T any] struct {
	// Document has the options: a document, as bson.D, bson.M, bson.Raw or a struct.
	Document any
}

// WithExtra returns the options of a document as a lister.
func WithExtra[T any](document any) *Extra[T] {
	return &Extra[T]{Document: document}
}

// List has no setters: methods take the document itself.
func (e *Extra[T]) List() []func(*T) error {
	return nil
}

// ExtraDocument returns the options.
func (e *Extra[T]) ExtraDocument() any {
	return e.Document
}
