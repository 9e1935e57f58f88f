package ironbase

import (
	"context"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// DistinctResult is the values of Distinct.
type DistinctResult struct {
	values bson.RawArray
	err    error
}

// Distinct returns the different values that a field has in the documents that match a filter.
func (c *Collection) Distinct(ctx context.Context, field string, filter any, opts ...options.Lister[options.DistinctOptions]) *DistinctResult {
	if c.err != nil {
		return &DistinctResult{err: c.err}
	}
	query, err := appendDocument(nil, "filter", filter)
	if err != nil {
		return &DistinctResult{err: err}
	}
	further, err := appendOptions(nil, opts)
	if err != nil {
		return &DistinctResult{err: err}
	}
	command := append(bson.D{
		{Key: "distinct", Value: c.name}, {Key: "key", Value: field}, {Key: "query", Value: bson.Raw(query)},
	}, fieldsOf(further)...)
	reply, err := c.database.runCommand(ctx, command)
	if err != nil {
		return &DistinctResult{err: err}
	}
	return &DistinctResult{values: reply.Lookup("values").Array()}
}

// Err returns the operation's error.
func (r *DistinctResult) Err() error { return r.err }

// Raw returns the values as a BSON array.
func (r *DistinctResult) Raw() (bson.RawArray, error) { return r.values, r.err }

// Decode reads the values into the slice that v points to.
func (r *DistinctResult) Decode(v any) error {
	if r.err != nil {
		return r.err
	}
	return decodeValue(bson.RawValue{Type: bson.TypeArray, Value: r.values}, v)
}
