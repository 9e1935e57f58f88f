package options

// Options of changing or deleting a document and getting it back. Each builder is made by the function of its name, each setter returns the builder.

// FindOneAndUpdateOptions are the settings of updating a document and returning it, each named and explained at its setter.
type FindOneAndUpdateOptions struct {
	ArrayFilters             []any           `bson:"arrayFilters,omitempty"`
	BypassDocumentValidation *bool           `bson:"bypassDocumentValidation,omitempty"`
	Collation                *Collation      `bson:"collation,omitempty"`
	Comment                  any             `bson:"comment,omitempty"`
	Durability               *Durability     `bson:"durability,omitempty"`
	Hint                     any             `bson:"hint,omitempty"`
	Let                      any             `bson:"let,omitempty"`
	Projection               any             `bson:"projection,omitempty"`
	ReturnDocument           *ReturnDocument `bson:"returnDocument,omitempty"`
	Sort                     any             `bson:"sort,omitempty"`
	Upsert                   *bool           `bson:"upsert,omitempty"`
}

// FindOneAndUpdateOptionsBuilder gathers settings of updating a document and returning it.
type FindOneAndUpdateOptionsBuilder struct {
	Opts []func(*FindOneAndUpdateOptions) error
}

// FindOneAndUpdate returns a builder without settings.
func FindOneAndUpdate() *FindOneAndUpdateOptionsBuilder {
	return &FindOneAndUpdateOptionsBuilder{}
}

// List returns the settings gathered.
func (b *FindOneAndUpdateOptionsBuilder) List() []func(*FindOneAndUpdateOptions) error {
	return b.Opts
}

// SetArrayFilters says which elements each $[identifier] of the update stands for.
func (b *FindOneAndUpdateOptionsBuilder) SetArrayFilters(value []any) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.ArrayFilters = value
		return nil
	})
	return b
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *FindOneAndUpdateOptionsBuilder) SetBypassDocumentValidation(value bool) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *FindOneAndUpdateOptionsBuilder) SetCollation(value *Collation) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *FindOneAndUpdateOptionsBuilder) SetComment(value any) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *FindOneAndUpdateOptionsBuilder) SetDurability(value Durability) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *FindOneAndUpdateOptionsBuilder) SetHint(value any) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *FindOneAndUpdateOptionsBuilder) SetLet(value any) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetProjection says which fields to return.
func (b *FindOneAndUpdateOptionsBuilder) SetProjection(value any) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Projection = value
		return nil
	})
	return b
}

// SetReturnDocument says whether the document is returned as it was before or as it is after.
func (b *FindOneAndUpdateOptionsBuilder) SetReturnDocument(value ReturnDocument) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.ReturnDocument = &value
		return nil
	})
	return b
}

// SetSort sets the order of the documents; a document with several fields must keep their order
// (bson.D).
func (b *FindOneAndUpdateOptionsBuilder) SetSort(value any) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Sort = value
		return nil
	})
	return b
}

// SetUpsert says whether a document is inserted if none matches.
func (b *FindOneAndUpdateOptionsBuilder) SetUpsert(value bool) *FindOneAndUpdateOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndUpdateOptions) error {
		o.Upsert = &value
		return nil
	})
	return b
}

// FindOneAndReplaceOptions are the settings of replacing a document and returning it, each named and explained at its setter.
type FindOneAndReplaceOptions struct {
	BypassDocumentValidation *bool           `bson:"bypassDocumentValidation,omitempty"`
	Collation                *Collation      `bson:"collation,omitempty"`
	Comment                  any             `bson:"comment,omitempty"`
	Durability               *Durability     `bson:"durability,omitempty"`
	Hint                     any             `bson:"hint,omitempty"`
	Let                      any             `bson:"let,omitempty"`
	Projection               any             `bson:"projection,omitempty"`
	ReturnDocument           *ReturnDocument `bson:"returnDocument,omitempty"`
	Sort                     any             `bson:"sort,omitempty"`
	Upsert                   *bool           `bson:"upsert,omitempty"`
}

// FindOneAndReplaceOptionsBuilder gathers settings of replacing a document and returning it.
type FindOneAndReplaceOptionsBuilder struct {
	Opts []func(*FindOneAndReplaceOptions) error
}

// FindOneAndReplace returns a builder without settings.
func FindOneAndReplace() *FindOneAndReplaceOptionsBuilder {
	return &FindOneAndReplaceOptionsBuilder{}
}

// List returns the settings gathered.
func (b *FindOneAndReplaceOptionsBuilder) List() []func(*FindOneAndReplaceOptions) error {
	return b.Opts
}

// SetBypassDocumentValidation says whether the collection's validator is not asked.
func (b *FindOneAndReplaceOptionsBuilder) SetBypassDocumentValidation(value bool) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.BypassDocumentValidation = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *FindOneAndReplaceOptionsBuilder) SetCollation(value *Collation) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *FindOneAndReplaceOptionsBuilder) SetComment(value any) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *FindOneAndReplaceOptionsBuilder) SetDurability(value Durability) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *FindOneAndReplaceOptionsBuilder) SetHint(value any) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *FindOneAndReplaceOptionsBuilder) SetLet(value any) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetProjection says which fields to return.
func (b *FindOneAndReplaceOptionsBuilder) SetProjection(value any) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Projection = value
		return nil
	})
	return b
}

// SetReturnDocument says whether the document is returned as it was before or as it is after.
func (b *FindOneAndReplaceOptionsBuilder) SetReturnDocument(value ReturnDocument) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.ReturnDocument = &value
		return nil
	})
	return b
}

// SetSort sets the order of the documents; a document with several fields must keep their order
// (bson.D).
func (b *FindOneAndReplaceOptionsBuilder) SetSort(value any) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Sort = value
		return nil
	})
	return b
}

// SetUpsert says whether a document is inserted if none matches.
func (b *FindOneAndReplaceOptionsBuilder) SetUpsert(value bool) *FindOneAndReplaceOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndReplaceOptions) error {
		o.Upsert = &value
		return nil
	})
	return b
}

// FindOneAndDeleteOptions are the settings of deleting a document and returning it, each named and explained at its setter.
type FindOneAndDeleteOptions struct {
	Collation  *Collation  `bson:"collation,omitempty"`
	Comment    any         `bson:"comment,omitempty"`
	Durability *Durability `bson:"durability,omitempty"`
	Hint       any         `bson:"hint,omitempty"`
	Let        any         `bson:"let,omitempty"`
	Projection any         `bson:"projection,omitempty"`
	Sort       any         `bson:"sort,omitempty"`
}

// FindOneAndDeleteOptionsBuilder gathers settings of deleting a document and returning it.
type FindOneAndDeleteOptionsBuilder struct {
	Opts []func(*FindOneAndDeleteOptions) error
}

// FindOneAndDelete returns a builder without settings.
func FindOneAndDelete() *FindOneAndDeleteOptionsBuilder {
	return &FindOneAndDeleteOptionsBuilder{}
}

// List returns the settings gathered.
func (b *FindOneAndDeleteOptionsBuilder) List() []func(*FindOneAndDeleteOptions) error {
	return b.Opts
}

// SetCollation says how strings compare.
func (b *FindOneAndDeleteOptionsBuilder) SetCollation(value *Collation) *FindOneAndDeleteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndDeleteOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetComment sets a note for people; the engine does not keep it.
func (b *FindOneAndDeleteOptionsBuilder) SetComment(value any) *FindOneAndDeleteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndDeleteOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SetDurability says how safe the write is when it returns, if not as the database was opened.
func (b *FindOneAndDeleteOptionsBuilder) SetDurability(value Durability) *FindOneAndDeleteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndDeleteOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetHint sets the index to use, by its name or its key pattern.
func (b *FindOneAndDeleteOptionsBuilder) SetHint(value any) *FindOneAndDeleteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndDeleteOptions) error {
		o.Hint = value
		return nil
	})
	return b
}

// SetLet sets variables for expressions in the filter, as a document.
func (b *FindOneAndDeleteOptionsBuilder) SetLet(value any) *FindOneAndDeleteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndDeleteOptions) error {
		o.Let = value
		return nil
	})
	return b
}

// SetProjection says which fields to return.
func (b *FindOneAndDeleteOptionsBuilder) SetProjection(value any) *FindOneAndDeleteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndDeleteOptions) error {
		o.Projection = value
		return nil
	})
	return b
}

// SetSort sets the order of the documents; a document with several fields must keep their order
// (bson.D).
func (b *FindOneAndDeleteOptionsBuilder) SetSort(value any) *FindOneAndDeleteOptionsBuilder {
	b.Opts = append(b.Opts, func(o *FindOneAndDeleteOptions) error {
		o.Sort = value
		return nil
	})
	return b
}
