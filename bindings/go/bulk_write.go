package ironbase

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// WriteModel is one write of BulkWrite: *InsertOneModel, *UpdateOneModel, *UpdateManyModel,
// *ReplaceOneModel, *DeleteOneModel or *DeleteManyModel.
type WriteModel interface {
	// write is the model's name and fields as the engine takes them.
	write() (name string, fields bson.D, err error)
}

// InsertOneModel inserts a document.
type InsertOneModel struct {
	Document any
}

// NewInsertOneModel returns a model to be set up.
func NewInsertOneModel() *InsertOneModel { return &InsertOneModel{} }

// SetDocument says what to insert.
func (m *InsertOneModel) SetDocument(document any) *InsertOneModel {
	m.Document = document
	return m
}

func (m *InsertOneModel) write() (string, bson.D, error) {
	document, err := appendDocument(nil, "document", m.Document)
	if err != nil {
		return "", nil, err
	}
	whole, _ := ensureID(document)
	return "insertOne", bson.D{{Key: "document", Value: whole}}, nil
}

// BulkWrite makes many writes of different kinds, in order, which is faster than one by one: they become
// durable together. The result has what was written also beside an error, which is a
// BulkWriteException if writes were refused.
func (c *Collection) BulkWrite(ctx context.Context, models []WriteModel, opts ...options.Lister[options.BulkWriteOptions]) (*BulkWriteResult, error) {
	if len(models) == 0 {
		return nil, fmt.Errorf("models: %w", ErrEmptySlice)
	}
	document, err := run(ctx, c, bulkWrite, opts, func(f *frame) error {
		for i, model := range models {
			if isNil(model) || model == nil {
				return fmt.Errorf("models[%d]: %w", i, ErrNilDocument)
			}
			name, fields, err := model.write()
			if err != nil {
				return fmt.Errorf("models[%d]: %w", i, err)
			}
			if f.bson, err = appendDocument(f.bson[:0], name, bson.D{{Key: name, Value: fields}}); err != nil {
				return fmt.Errorf("models[%d]: %w", i, err)
			}
			if f.first, err = f.passAnother(f.first, f.bson); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return bulkWriteResult(document), nil
	}
	err = asBulkWrite(err, models)
	if refused, ok := err.(BulkWriteException); ok {
		return bulkWriteResult(lookup[bson.Raw](refused.Cause.Details, "result")), err
	}
	return nil, err
}

func bulkWriteResult(document bson.Raw) *BulkWriteResult {
	return &BulkWriteResult{
		InsertedCount: number(document, "insertedCount"),
		MatchedCount:  number(document, "matchedCount"),
		ModifiedCount: number(document, "modifiedCount"),
		DeletedCount:  number(document, "deletedCount"),
		UpsertedCount: number(document, "upsertedCount"),
		InsertedIDs:   byPosition(lookup[bson.Raw](document, "insertedIds")),
		UpsertedIDs:   byPosition(lookup[bson.Raw](document, "upsertedIds")),
		Acknowledged:  true,
	}
}

func byPosition(ids bson.Raw) map[int64]any {
	byPosition := map[int64]any{}
	elements, _ := ids.Elements()
	for _, element := range elements {
		if position, err := strconv.ParseInt(element.Key(), 10, 64); err == nil {
			byPosition[position] = anyOf(element.Value())
		}
	}
	return byPosition
}
