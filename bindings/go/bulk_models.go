package ironbase

// The models of BulkWrite that have a filter, named as in MongoDB's Go driver.

import (
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// UpdateOneModel updates the first document that matches a filter.
type UpdateOneModel struct {
	Filter       any
	Update       any
	ArrayFilters []any
	Collation    *options.Collation
	Hint         any
	Sort         any
	Upsert       *bool
}

// NewUpdateOneModel returns a model to be set up.
func NewUpdateOneModel() *UpdateOneModel { return &UpdateOneModel{} }

// SetFilter says which documents.
func (m *UpdateOneModel) SetFilter(value any) *UpdateOneModel {
	m.Filter = value
	return m
}

// SetUpdate sets the update operators, or the pipeline.
func (m *UpdateOneModel) SetUpdate(value any) *UpdateOneModel {
	m.Update = value
	return m
}

// SetArrayFilters says which elements each $[identifier] stands for.
func (m *UpdateOneModel) SetArrayFilters(value []any) *UpdateOneModel {
	m.ArrayFilters = value
	return m
}

// SetCollation says how strings compare.
func (m *UpdateOneModel) SetCollation(value *options.Collation) *UpdateOneModel {
	m.Collation = value
	return m
}

// SetHint sets the index to use.
func (m *UpdateOneModel) SetHint(value any) *UpdateOneModel {
	m.Hint = value
	return m
}

// SetSort says which document is the first.
func (m *UpdateOneModel) SetSort(value any) *UpdateOneModel {
	m.Sort = value
	return m
}

// SetUpsert says whether a document is inserted if none matches.
func (m *UpdateOneModel) SetUpsert(value bool) *UpdateOneModel {
	m.Upsert = &value
	return m
}

func (m *UpdateOneModel) write() (string, bson.D, error) {
	fields := modelFields{filter: m.Filter, update: m.Update, arrayFilters: m.ArrayFilters, collation: m.Collation, hint: m.Hint, sort: m.Sort, upsert: m.Upsert}
	document, err := fields.document()
	return "updateOne", document, err
}

// UpdateManyModel updates every document that matches a filter.
type UpdateManyModel struct {
	Filter       any
	Update       any
	ArrayFilters []any
	Collation    *options.Collation
	Hint         any
	Upsert       *bool
}

// NewUpdateManyModel returns a model to be set up.
func NewUpdateManyModel() *UpdateManyModel { return &UpdateManyModel{} }

// SetFilter says which documents.
func (m *UpdateManyModel) SetFilter(value any) *UpdateManyModel {
	m.Filter = value
	return m
}

// SetUpdate sets the update operators, or the pipeline.
func (m *UpdateManyModel) SetUpdate(value any) *UpdateManyModel {
	m.Update = value
	return m
}

// SetArrayFilters says which elements each $[identifier] stands for.
func (m *UpdateManyModel) SetArrayFilters(value []any) *UpdateManyModel {
	m.ArrayFilters = value
	return m
}

// SetCollation says how strings compare.
func (m *UpdateManyModel) SetCollation(value *options.Collation) *UpdateManyModel {
	m.Collation = value
	return m
}

// SetHint sets the index to use.
func (m *UpdateManyModel) SetHint(value any) *UpdateManyModel {
	m.Hint = value
	return m
}

// SetUpsert says whether a document is inserted if none matches.
func (m *UpdateManyModel) SetUpsert(value bool) *UpdateManyModel {
	m.Upsert = &value
	return m
}

func (m *UpdateManyModel) write() (string, bson.D, error) {
	fields := modelFields{filter: m.Filter, update: m.Update, arrayFilters: m.ArrayFilters, collation: m.Collation, hint: m.Hint, upsert: m.Upsert}
	document, err := fields.document()
	return "updateMany", document, err
}

// ReplaceOneModel replaces the first document that matches a filter.
type ReplaceOneModel struct {
	Filter      any
	Replacement any
	Collation   *options.Collation
	Hint        any
	Sort        any
	Upsert      *bool
}

// NewReplaceOneModel returns a model to be set up.
func NewReplaceOneModel() *ReplaceOneModel { return &ReplaceOneModel{} }

// SetFilter says which documents.
func (m *ReplaceOneModel) SetFilter(value any) *ReplaceOneModel {
	m.Filter = value
	return m
}

// SetReplacement sets the document to be there instead.
func (m *ReplaceOneModel) SetReplacement(value any) *ReplaceOneModel {
	m.Replacement = value
	return m
}

// SetCollation says how strings compare.
func (m *ReplaceOneModel) SetCollation(value *options.Collation) *ReplaceOneModel {
	m.Collation = value
	return m
}

// SetHint sets the index to use.
func (m *ReplaceOneModel) SetHint(value any) *ReplaceOneModel {
	m.Hint = value
	return m
}

// SetSort says which document is the first.
func (m *ReplaceOneModel) SetSort(value any) *ReplaceOneModel {
	m.Sort = value
	return m
}

// SetUpsert says whether a document is inserted if none matches.
func (m *ReplaceOneModel) SetUpsert(value bool) *ReplaceOneModel {
	m.Upsert = &value
	return m
}

func (m *ReplaceOneModel) write() (string, bson.D, error) {
	fields := modelFields{filter: m.Filter, replacement: m.Replacement, collation: m.Collation, hint: m.Hint, sort: m.Sort, upsert: m.Upsert}
	document, err := fields.document()
	return "replaceOne", document, err
}

// DeleteOneModel deletes the first document that matches a filter.
type DeleteOneModel struct {
	Filter    any
	Collation *options.Collation
	Hint      any
}

// NewDeleteOneModel returns a model to be set up.
func NewDeleteOneModel() *DeleteOneModel { return &DeleteOneModel{} }

// SetFilter says which documents.
func (m *DeleteOneModel) SetFilter(value any) *DeleteOneModel {
	m.Filter = value
	return m
}

// SetCollation says how strings compare.
func (m *DeleteOneModel) SetCollation(value *options.Collation) *DeleteOneModel {
	m.Collation = value
	return m
}

// SetHint sets the index to use.
func (m *DeleteOneModel) SetHint(value any) *DeleteOneModel {
	m.Hint = value
	return m
}

func (m *DeleteOneModel) write() (string, bson.D, error) {
	fields := modelFields{filter: m.Filter, collation: m.Collation, hint: m.Hint}
	document, err := fields.document()
	return "deleteOne", document, err
}

// DeleteManyModel deletes every document that matches a filter.
type DeleteManyModel struct {
	Filter    any
	Collation *options.Collation
	Hint      any
}

// NewDeleteManyModel returns a model to be set up.
func NewDeleteManyModel() *DeleteManyModel { return &DeleteManyModel{} }

// SetFilter says which documents.
func (m *DeleteManyModel) SetFilter(value any) *DeleteManyModel {
	m.Filter = value
	return m
}

// SetCollation says how strings compare.
func (m *DeleteManyModel) SetCollation(value *options.Collation) *DeleteManyModel {
	m.Collation = value
	return m
}

// SetHint sets the index to use.
func (m *DeleteManyModel) SetHint(value any) *DeleteManyModel {
	m.Hint = value
	return m
}

func (m *DeleteManyModel) write() (string, bson.D, error) {
	fields := modelFields{filter: m.Filter, collation: m.Collation, hint: m.Hint}
	document, err := fields.document()
	return "deleteMany", document, err
}

// modelFields is what models may have.
type modelFields struct {
	filter, update, replacement any
	arrayFilters                []any
	collation                   *options.Collation
	hint, sort                  any
	upsert                      *bool
}

// document is the fields as the engine takes them; only those that are set.
func (m modelFields) document() (bson.D, error) {
	filter, err := appendDocument(nil, "filter", m.filter)
	if err != nil {
		return nil, err
	}
	fields := bson.D{{Key: "filter", Value: bson.Raw(filter)}}
	for name, value := range map[string]any{"sort": m.sort, "hint": m.hint} {
		if err := ordered(name, value); err != nil {
			return nil, err
		}
	}
	switch {
	case m.replacement != nil:
		replacement, err := appendDocument(nil, "replacement", m.replacement)
		if err != nil {
			return nil, err
		}
		fields = append(fields, bson.E{Key: "replacement", Value: bson.Raw(replacement)})
	case isPipeline(m.update):
		fields = append(fields, bson.E{Key: "update", Value: m.update})
	case m.update != nil:
		update, err := appendDocument(nil, "update", m.update)
		if err != nil {
			return nil, err
		}
		fields = append(fields, bson.E{Key: "update", Value: bson.Raw(update)})
	}
	if m.arrayFilters != nil {
		fields = append(fields, bson.E{Key: "arrayFilters", Value: m.arrayFilters})
	}
	if m.collation != nil {
		fields = append(fields, bson.E{Key: "collation", Value: m.collation})
	}
	if m.hint != nil {
		fields = append(fields, bson.E{Key: "hint", Value: m.hint})
	}
	if m.sort != nil {
		fields = append(fields, bson.E{Key: "sort", Value: m.sort})
	}
	if m.upsert != nil {
		fields = append(fields, bson.E{Key: "upsert", Value: *m.upsert})
	}
	return fields, nil
}
