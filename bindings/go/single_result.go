package ironbase

import "go.mongodb.org/mongo-driver/v2/bson"

// SingleResult is a document, or why there is none.
type SingleResult struct {
	document bson.Raw
	err      error
}

// Err returns the operation's error; ErrNoDocuments if nothing matched.
func (r *SingleResult) Err() error {
	if r.err == nil && r.document == nil {
		return ErrNoDocuments
	}
	return r.err
}

// Raw returns the document as BSON.
func (r *SingleResult) Raw() (bson.Raw, error) {
	return r.document, r.Err()
}

// Decode reads the document into what v points to.
func (r *SingleResult) Decode(v any) error {
	if err := r.Err(); err != nil {
		return err
	}
	return decode(r.document, v)
}
