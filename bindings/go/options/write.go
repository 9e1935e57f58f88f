package options

// Options of writing. Each builder is made by the function of its name, each setter returns the builder.

// InsertOneOptions are the settings of inserting a document, each named and explained at its setter.
type InsertOneOptions struct {
	BypassDocumentValidation *bool       `bson:"bypassDocumentValidation,omitempty"`
	Comment                  any         `bson:"comment,omitempty"`
	Durability               *Durability `bson:"durability,omitempty"`
}

// InsertOneOptionsBuilder gathers settings of inserting a document.
type InsertOneOptionsBuilder struct {
	Opts []func(*InsertOneOptions) error
}

// InsertOne returns a builder without settings.
func InsertOne() *InsertOneOptionsBuilder {
	return &InsertOneOptionsBuilder{}
}

// List returns the settings gathered.
func (b *InsertOneOptionsBuilder) List() []func(*InsertOneOptions) error {
	return b.Opts
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *InsertOneOptionsBuilder) SetBypassDocumentValidation(value bool) *InsertOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *InsertOneOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *InsertOneOptionsBuilder) SetComment(value any) *InsertOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *InsertOneOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *InsertOneOptionsBuilder) SetDurability(value Durability) *InsertOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *InsertOneOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// InsertManyOptions are the settings of inserting documents, each named and explained at its setter.
type InsertManyOptions struct {
	BypassDocumentValidation *bool       `bson:"bypassDocumentValidation,omitempty"`
	Comment                  any         `bson:"comment,omitempty"`
	Durability               *Durability `bson:"durability,omitempty"`
	Ordered                  *bool       `bson:"ordered,omitempty"`
}

// InsertManyOptionsBuilder gathers settings of inserting documents.
type InsertManyOptionsBuilder struct {
	Opts []func(*InsertManyOptions) error
}

// InsertMany returns a builder without settings.
func InsertMany() *InsertManyOptionsBuilder {
	return &InsertManyOptionsBuilder{}
}

// List returns the settings gathered.
func (b *InsertManyOptionsBuilder) List() []func(*InsertManyOptions) error {
	return b.Opts
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *InsertManyOptionsBuilder) SetBypassDocumentValidation(value bool) *InsertManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *InsertManyOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *InsertManyOptionsBuilder) SetComment(value any) *InsertManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *InsertManyOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *InsertManyOptionsBuilder) SetDurability(value Durability) *InsertManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *InsertManyOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetOrdered says whether to stop at the first write that is refused (true, the default) or to
// make all others.
func (b *InsertManyOptionsBuilder) SetOrdered(value bool) *InsertManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *InsertManyOptions) error {
		o.Ordered = &value
		return nil
	})
	return b
}

// UpdateOneOptions are the settings of updating a document, each named and explained at its setter.
type UpdateOneOptions struct {
	ArrayFilters             []any       `bson:"arrayFilters,omitempty"`
	BypassDocumentValidation *bool       `bson:"bypassDocumentValidation,omitempty"`
	Collation                *Collation  `bson:"collation,omitempty"`
	Comment                  any         `bson:"comment,omitempty"`
	Durability               *Durability `bson:"durability,omitempty"`
	Hint                     any         `bson:"hint,omitempty"`
	Let                      any         `bson:"let,omitempty"`
	Sort                     any         `bson:"sort,omitempty"`
	Upsert                   *bool       `bson:"upsert,omitempty"`
}

// UpdateOneOptionsBuilder gathers settings of updating a document.
type UpdateOneOptionsBuilder struct {
	Opts []func(*UpdateOneOptions) error
}

// UpdateOne returns a builder without settings.
func UpdateOne() *UpdateOneOptionsBuilder {
	return &UpdateOneOptionsBuilder{}
}

// List returns the settings gathered.
func (b *UpdateOneOptionsBuilder) List() []func(*UpdateOneOptions) error {
	return b.Opts
}

// SetArrayFilters says which elements each $[identifier] of the update stands for.
func (b *UpdateOneOptionsBuilder) SetArrayFilters(value []any) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.ArrayFilters = value
		return nil
	})
	return b
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *UpdateOneOptionsBuilder) SetBypassDocumentValidation(value bool) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *UpdateOneOptionsBuilder) SetCollation(value *Collation) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *UpdateOneOptionsBuilder) SetComment(value any) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *UpdateOneOptionsBuilder) SetDurability(value Durability) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *UpdateOneOptionsBuilder) SetHint(value any) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *UpdateOneOptionsBuilder) SetLet(value any) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetSort sets the order of the documents; a document with several fields must keep their order
// (bson.D).
func (b *UpdateOneOptionsBuilder) SetSort(value any) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.Sort = value
		return nil
	})
	return b
}

// SetUpsert says whether a document is inserted if none matches.
func (b *UpdateOneOptionsBuilder) SetUpsert(value bool) *UpdateOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateOneOptions) error {
		o.Upsert = &value
		return nil
	})
	return b
}

// UpdateManyOptions are the settings of updating documents, each named and explained at its setter.
type UpdateManyOptions struct {
	ArrayFilters             []any       `bson:"arrayFilters,omitempty"`
	BypassDocumentValidation *bool       `bson:"bypassDocumentValidation,omitempty"`
	Collation                *Collation  `bson:"collation,omitempty"`
	Comment                  any         `bson:"comment,omitempty"`
	Durability               *Durability `bson:"durability,omitempty"`
	Hint                     any         `bson:"hint,omitempty"`
	Let                      any         `bson:"let,omitempty"`
	Upsert                   *bool       `bson:"upsert,omitempty"`
}

// UpdateManyOptionsBuilder gathers settings of updating documents.
type UpdateManyOptionsBuilder struct {
	Opts []func(*UpdateManyOptions) error
}

// UpdateMany returns a builder without settings.
func UpdateMany() *UpdateManyOptionsBuilder {
	return &UpdateManyOptionsBuilder{}
}

// List returns the settings gathered.
func (b *UpdateManyOptionsBuilder) List() []func(*UpdateManyOptions) error {
	return b.Opts
}

// SetArrayFilters says which elements each $[identifier] of the update stands for.
func (b *UpdateManyOptionsBuilder) SetArrayFilters(value []any) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.ArrayFilters = value
		return nil
	})
	return b
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *UpdateManyOptionsBuilder) SetBypassDocumentValidation(value bool) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *UpdateManyOptionsBuilder) SetCollation(value *Collation) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *UpdateManyOptionsBuilder) SetComment(value any) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *UpdateManyOptionsBuilder) SetDurability(value Durability) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *UpdateManyOptionsBuilder) SetHint(value any) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *UpdateManyOptionsBuilder) SetLet(value any) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetUpsert says whether a document is inserted if none matches.
func (b *UpdateManyOptionsBuilder) SetUpsert(value bool) *UpdateManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *UpdateManyOptions) error {
		o.Upsert = &value
		return nil
	})
	return b
}

// ReplaceOptions are the settings of replacing a document, each named and explained at its setter.
type ReplaceOptions struct {
	BypassDocumentValidation *bool       `bson:"bypassDocumentValidation,omitempty"`
	Collation                *Collation  `bson:"collation,omitempty"`
	Comment                  any         `bson:"comment,omitempty"`
	Durability               *Durability `bson:"durability,omitempty"`
	Hint                     any         `bson:"hint,omitempty"`
	Let                      any         `bson:"let,omitempty"`
	Sort                     any         `bson:"sort,omitempty"`
	Upsert                   *bool       `bson:"upsert,omitempty"`
}

// ReplaceOptionsBuilder gathers settings of replacing a document.
type ReplaceOptionsBuilder struct {
	Opts []func(*ReplaceOptions) error
}

// Replace returns a builder without settings.
func Replace() *ReplaceOptionsBuilder {
	return &ReplaceOptionsBuilder{}
}

// List returns the settings gathered.
func (b *ReplaceOptionsBuilder) List() []func(*ReplaceOptions) error {
	return b.Opts
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *ReplaceOptionsBuilder) SetBypassDocumentValidation(value bool) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *ReplaceOptionsBuilder) SetCollation(value *Collation) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *ReplaceOptionsBuilder) SetComment(value any) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *ReplaceOptionsBuilder) SetDurability(value Durability) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *ReplaceOptionsBuilder) SetHint(value any) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *ReplaceOptionsBuilder) SetLet(value any) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetSort sets the order of the documents; a document with several fields must keep their order
// (bson.D).
func (b *ReplaceOptionsBuilder) SetSort(value any) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.Sort = value
		return nil
	})
	return b
}

// SetUpsert says whether a document is inserted if none matches.
func (b *ReplaceOptionsBuilder) SetUpsert(value bool) *ReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *ReplaceOptions) error {
		o.Upsert = &value
		return nil
	})
	return b
}

// DeleteOneOptions are the settings of deleting a document, each named and explained at its setter.
type DeleteOneOptions struct {
	Collation  *Collation  `bson:"collation,omitempty"`
	Comment    any         `bson:"comment,omitempty"`
	Durability *Durability `bson:"durability,omitempty"`
	Hint       any         `bson:"hint,omitempty"`
	Let        any         `bson:"let,omitempty"`
}

// DeleteOneOptionsBuilder gathers settings of deleting a document.
type DeleteOneOptionsBuilder struct {
	Opts []func(*DeleteOneOptions) error
}

// DeleteOne returns a builder without settings.
func DeleteOne() *DeleteOneOptionsBuilder {
	return &DeleteOneOptionsBuilder{}
}

// List returns the settings gathered.
func (b *DeleteOneOptionsBuilder) List() []func(*DeleteOneOptions) error {
	return b.Opts
}

// SetCollation says how strings compare.
func (b *DeleteOneOptionsBuilder) SetCollation(value *Collation) *DeleteOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteOneOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *DeleteOneOptionsBuilder) SetComment(value any) *DeleteOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteOneOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *DeleteOneOptionsBuilder) SetDurability(value Durability) *DeleteOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteOneOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *DeleteOneOptionsBuilder) SetHint(value any) *DeleteOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteOneOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *DeleteOneOptionsBuilder) SetLet(value any) *DeleteOneOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteOneOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// DeleteManyOptions are the settings of deleting documents, each named and explained at its setter.
type DeleteManyOptions struct {
	Collation  *Collation  `bson:"collation,omitempty"`
	Comment    any         `bson:"comment,omitempty"`
	Durability *Durability `bson:"durability,omitempty"`
	Hint       any         `bson:"hint,omitempty"`
	Let        any         `bson:"let,omitempty"`
}

// DeleteManyOptionsBuilder gathers settings of deleting documents.
type DeleteManyOptionsBuilder struct {
	Opts []func(*DeleteManyOptions) error
}

// DeleteMany returns a builder without settings.
func DeleteMany() *DeleteManyOptionsBuilder {
	return &DeleteManyOptionsBuilder{}
}

// List returns the settings gathered.
func (b *DeleteManyOptionsBuilder) List() []func(*DeleteManyOptions) error {
	return b.Opts
}

// SetCollation says how strings compare.
func (b *DeleteManyOptionsBuilder) SetCollation(value *Collation) *DeleteManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteManyOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *DeleteManyOptionsBuilder) SetComment(value any) *DeleteManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteManyOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *DeleteManyOptionsBuilder) SetDurability(value Durability) *DeleteManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteManyOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *DeleteManyOptionsBuilder) SetHint(value any) *DeleteManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteManyOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *DeleteManyOptionsBuilder) SetLet(value any) *DeleteManyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *DeleteManyOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// BulkWriteOptions are the settings of writing in bulk, each named and explained at its setter.
type BulkWriteOptions struct {
	BypassDocumentValidation *bool       `bson:"bypassDocumentValidation,omitempty"`
	Comment                  any         `bson:"comment,omitempty"`
	Durability               *Durability `bson:"durability,omitempty"`
	Let                      any         `bson:"let,omitempty"`
	Ordered                  *bool       `bson:"ordered,omitempty"`
}

// BulkWriteOptionsBuilder gathers settings of writing in bulk.
type BulkWriteOptionsBuilder struct {
	Opts []func(*BulkWriteOptions) error
}

// BulkWrite returns a builder without settings.
func BulkWrite() *BulkWriteOptionsBuilder {
	return &BulkWriteOptionsBuilder{}
}

// List returns the settings gathered.
func (b *BulkWriteOptionsBuilder) List() []func(*BulkWriteOptions) error {
	return b.Opts
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *BulkWriteOptionsBuilder) SetBypassDocumentValidation(value bool) *BulkWriteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BulkWriteOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *BulkWriteOptionsBuilder) SetComment(value any) *BulkWriteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BulkWriteOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *BulkWriteOptionsBuilder) SetDurability(value Durability) *BulkWriteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BulkWriteOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *BulkWriteOptionsBuilder) SetLet(value any) *BulkWriteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BulkWriteOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetOrdered says whether to stop at the first write that is refused (true, the default) or to
// make all others.
func (b *BulkWriteOptionsBuilder) SetOrdered(value bool) *BulkWriteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BulkWriteOptions) error {
		o.Ordered = &value
		return nil
	})
	return b
}
