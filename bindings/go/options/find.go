package options

import "time"

// Options of reading. Each builder is made by the function of its name, each setter returns the builder.

// FindOptions are the settings of a find, each named and explained at its setter.
type FindOptions struct {
	AllowDiskUse    *bool       `bson:"allowDiskUse,omitempty"`
	BatchSize       *int32      `bson:"batchSize,omitempty"`
	Collation       *Collation  `bson:"collation,omitempty"`
	Comment         any         `bson:"comment,omitempty"`
	CursorType      *CursorType `bson:"-"`
	Hint            any         `bson:"hint,omitempty"`
	Let             any         `bson:"let,omitempty"`
	Limit           *int64      `bson:"limit,omitempty"`
	Max             any         `bson:"max,omitempty"`
	MaxAwaitTime    *int64      `bson:"maxAwaitTimeMS,omitempty"`
	Min             any         `bson:"min,omitempty"`
	NoCursorTimeout *bool       `bson:"noCursorTimeout,omitempty"`
	Projection      any         `bson:"projection,omitempty"`
	ReturnKey       *bool       `bson:"returnKey,omitempty"`
	ShowRecordID    *bool       `bson:"showRecordId,omitempty"`
	Skip            *int64      `bson:"skip,omitempty"`
	Sort            any         `bson:"sort,omitempty"`
}

// FindOptionsBuilder gathers settings of a find.
type FindOptionsBuilder struct {
	Opts []func(*FindOptions) error
}

// Find returns a builder without settings.
func Find() *FindOptionsBuilder {
	return &FindOptionsBuilder{}
}

// List returns the settings gathered.
func (b *FindOptionsBuilder) List() []func(*FindOptions) error {
	return b.Opts
}

// SetAllowDiskUse says whether a sort beyond 100 MiB may use a temporary file (true, the default).
func (b *FindOptionsBuilder) SetAllowDiskUse(value bool) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.AllowDiskUse = &value
		return nil
	})
	return b
}

// SetBatchSize says how many documents cross from the engine at once.
func (b *FindOptionsBuilder) SetBatchSize(value int32) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.BatchSize = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *FindOptionsBuilder) SetCollation(value *Collation) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *FindOptionsBuilder) SetComment(value any) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetCursorType says whether the cursor waits for documents at the end of a capped collection.
func (b *FindOptionsBuilder) SetCursorType(value CursorType) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.CursorType = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *FindOptionsBuilder) SetHint(value any) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *FindOptionsBuilder) SetLet(value any) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetLimit sets the most documents to return; 0 for no limit.
func (b *FindOptionsBuilder) SetLimit(value int64) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Limit = &value
		return nil
	})
	return b
}

// SetMax sets the exclusive upper bound of the index named by the hint.
func (b *FindOptionsBuilder) SetMax(value any) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Max = value
		return nil
	})
	return b
}

// SetMaxAwaitTime says how long a TailableAwait cursor waits for a document.
func (b *FindOptionsBuilder) SetMaxAwaitTime(value time.Duration) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		n := inMilliseconds(value)
		o.MaxAwaitTime = &n
		return nil
	})
	return b
}

// SetMin sets the inclusive lower bound of the index named by the hint.
func (b *FindOptionsBuilder) SetMin(value any) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Min = value
		return nil
	})
	return b
}

// SetNoCursorTimeout is for programs that have it: cursors here have no timeout.
func (b *FindOptionsBuilder) SetNoCursorTimeout(value bool) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.NoCursorTimeout = &value
		return nil
	})
	return b
}

// SetProjection says which fields to return.
func (b *FindOptionsBuilder) SetProjection(value any) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Projection = value
		return nil
	})
	return b
}

// SetReturnKey says whether only the index's keys are returned.
func (b *FindOptionsBuilder) SetReturnKey(value bool) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.ReturnKey = &value
		return nil
	})
	return b
}

// SetShowRecordID says whether documents get the field $recordId.
func (b *FindOptionsBuilder) SetShowRecordID(value bool) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.ShowRecordID = &value
		return nil
	})
	return b
}

// SetSkip says how many documents to leave out at the beginning.
func (b *FindOptionsBuilder) SetSkip(value int64) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Skip = &value
		return nil
	})
	return b
}

// SetSort sets the order of the documents; a document with several fields must keep their order
// (bson.D).
func (b *FindOptionsBuilder) SetSort(value any) *FindOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOptions) error {
		o.Sort = value
		return nil
	})
	return b
}

// FindOneOptions are the settings of a find for one document, each named and explained at its setter.
type FindOneOptions struct {
	AllowDiskUse *bool      `bson:"allowDiskUse,omitempty"`
	Collation    *Collation `bson:"collation,omitempty"`
	Comment      any        `bson:"comment,omitempty"`
	Hint         any        `bson:"hint,omitempty"`
	Let          any        `bson:"let,omitempty"`
	Max          any        `bson:"max,omitempty"`
	Min          any        `bson:"min,omitempty"`
	Projection   any        `bson:"projection,omitempty"`
	ReturnKey    *bool      `bson:"returnKey,omitempty"`
	ShowRecordID *bool      `bson:"showRecordId,omitempty"`
	Skip         *int64     `bson:"skip,omitempty"`
	Sort         any        `bson:"sort,omitempty"`
}

// FindOneOptionsBuilder gathers settings of a find for one document.
type FindOneOptionsBuilder struct {
	Opts []func(*FindOneOptions) error
}

// FindOne returns a builder without settings.
func FindOne() *FindOneOptionsBuilder {
	return &FindOneOptionsBuilder{}
}

// List returns the settings gathered.
func (b *FindOneOptionsBuilder) List() []func(*FindOneOptions) error {
	return b.Opts
}

// SetAllowDiskUse says whether a sort beyond 100 MiB may use a temporary file (true, the default).
func (b *FindOneOptionsBuilder) SetAllowDiskUse(value bool) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.AllowDiskUse = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *FindOneOptionsBuilder) SetCollation(value *Collation) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *FindOneOptionsBuilder) SetComment(value any) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *FindOneOptionsBuilder) SetHint(value any) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *FindOneOptionsBuilder) SetLet(value any) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetMax sets the exclusive upper bound of the index named by the hint.
func (b *FindOneOptionsBuilder) SetMax(value any) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Max = value
		return nil
	})
	return b
}

// SetMin sets the inclusive lower bound of the index named by the hint.
func (b *FindOneOptionsBuilder) SetMin(value any) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Min = value
		return nil
	})
	return b
}

// SetProjection says which fields to return.
func (b *FindOneOptionsBuilder) SetProjection(value any) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Projection = value
		return nil
	})
	return b
}

// SetReturnKey says whether only the index's keys are returned.
func (b *FindOneOptionsBuilder) SetReturnKey(value bool) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.ReturnKey = &value
		return nil
	})
	return b
}

// SetShowRecordID says whether documents get the field $recordId.
func (b *FindOneOptionsBuilder) SetShowRecordID(value bool) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.ShowRecordID = &value
		return nil
	})
	return b
}

// SetSkip says how many documents to leave out at the beginning.
func (b *FindOneOptionsBuilder) SetSkip(value int64) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Skip = &value
		return nil
	})
	return b
}

// SetSort sets the order of the documents; a document with several fields must keep their order
// (bson.D).
func (b *FindOneOptionsBuilder) SetSort(value any) *FindOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneOptions) error {
		o.Sort = value
		return nil
	})
	return b
}

// CountOptions are the settings of counting documents, each named and explained at its setter.
type CountOptions struct {
	Collation *Collation `bson:"collation,omitempty"`
	Comment   any        `bson:"comment,omitempty"`
	Hint      any        `bson:"hint,omitempty"`
	Limit     *int64     `bson:"limit,omitempty"`
	Skip      *int64     `bson:"skip,omitempty"`
}

// CountOptionsBuilder gathers settings of counting documents.
type CountOptionsBuilder struct {
	Opts []func(*CountOptions) error
}

// Count returns a builder without settings.
func Count() *CountOptionsBuilder {
	return &CountOptionsBuilder{}
}

// List returns the settings gathered.
func (b *CountOptionsBuilder) List() []func(*CountOptions) error {
	return b.Opts
}

// SetCollation says how strings compare.
func (b *CountOptionsBuilder) SetCollation(value *Collation) *CountOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CountOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *CountOptionsBuilder) SetComment(value any) *CountOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CountOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *CountOptionsBuilder) SetHint(value any) *CountOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CountOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLimit sets the most documents to count; 0 for no limit.
func (b *CountOptionsBuilder) SetLimit(value int64) *CountOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CountOptions) error {
		o.Limit = &value
		return nil
	})
	return b
}

// SetSkip says how many documents to leave out at the beginning.
func (b *CountOptionsBuilder) SetSkip(value int64) *CountOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CountOptions) error {
		o.Skip = &value
		return nil
	})
	return b
}

// EstimatedDocumentCountOptions are the settings of estimating the number of documents, each named and explained at its setter.
type EstimatedDocumentCountOptions struct {
	Comment any `bson:"comment,omitempty"`
}

// EstimatedDocumentCountOptionsBuilder gathers settings of estimating the number of documents.
type EstimatedDocumentCountOptionsBuilder struct {
	Opts []func(*EstimatedDocumentCountOptions) error
}

// EstimatedDocumentCount returns a builder without settings.
func EstimatedDocumentCount() *EstimatedDocumentCountOptionsBuilder {
	return &EstimatedDocumentCountOptionsBuilder{}
}

// List returns the settings gathered.
func (b *EstimatedDocumentCountOptionsBuilder) List() []func(*EstimatedDocumentCountOptions) error {
	return b.Opts
}

// SetComment sets a note for people; the engine does not keep it.
func (b *EstimatedDocumentCountOptionsBuilder) SetComment(value any) *EstimatedDocumentCountOptionsBuilder {
	b.Opts = append(b.Opts, func(o *EstimatedDocumentCountOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// DistinctOptions are the settings of collecting distinct values, each named and explained at its setter.
type DistinctOptions struct {
	Collation *Collation `bson:"collation,omitempty"`
	Comment   any        `bson:"comment,omitempty"`
	Hint      any        `bson:"hint,omitempty"`
}

// DistinctOptionsBuilder gathers settings of collecting distinct values.
type DistinctOptionsBuilder struct {
	Opts []func(*DistinctOptions) error
}

// Distinct returns a builder without settings.
func Distinct() *DistinctOptionsBuilder {
	return &DistinctOptionsBuilder{}
}

// List returns the settings gathered.
func (b *DistinctOptionsBuilder) List() []func(*DistinctOptions) error {
	return b.Opts
}

// SetCollation says how strings compare.
func (b *DistinctOptionsBuilder) SetCollation(value *Collation) *DistinctOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DistinctOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *DistinctOptionsBuilder) SetComment(value any) *DistinctOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DistinctOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *DistinctOptionsBuilder) SetHint(value any) *DistinctOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DistinctOptions) error {
		o.Hint = value
		return nil
	})
	return b
}
