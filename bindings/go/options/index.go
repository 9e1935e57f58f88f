package options

// Options of indexes. Each builder is made by the function of its name, each setter returns the builder.

// IndexOptions are the settings of one index of an IndexModel, each named and explained at its setter.
type IndexOptions struct {
	Collation               *Collation `bson:"collation,omitempty"`
	ExpireAfterSeconds      *int32     `bson:"expireAfterSeconds,omitempty"`
	Hidden                  *bool      `bson:"hidden,omitempty"`
	Name                    *string    `bson:"name,omitempty"`
	PartialFilterExpression any        `bson:"partialFilterExpression,omitempty"`
	Sparse                  *bool      `bson:"sparse,omitempty"`
	Unique                  *bool      `bson:"unique,omitempty"`
	Version                 *int32     `bson:"v,omitempty"`
	WildcardProjection      any        `bson:"wildcardProjection,omitempty"`
}

// IndexOptionsBuilder gathers settings of one index of an IndexModel.
type IndexOptionsBuilder struct {
	Opts []func(*IndexOptions) error
}

// Index returns a builder without settings.
func Index() *IndexOptionsBuilder {
	return &IndexOptionsBuilder{}
}

// List returns the settings gathered.
func (b *IndexOptionsBuilder) List() []func(*IndexOptions) error {
	return b.Opts
}

// SetCollation says how strings compare.
func (b *IndexOptionsBuilder) SetCollation(value *Collation) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetExpireAfterSeconds says how many seconds after the time in the field a document is deleted.
func (b *IndexOptionsBuilder) SetExpireAfterSeconds(value int32) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.ExpireAfterSeconds = &value
		return nil
	})
	return b
}

// SetHidden says whether queries do not see the index.
func (b *IndexOptionsBuilder) SetHidden(value bool) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.Hidden = &value
		return nil
	})
	return b
}

// SetName sets the index's name; by default made of its keys.
func (b *IndexOptionsBuilder) SetName(value string) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.Name = &value
		return nil
	})
	return b
}

// SetPartialFilterExpression says which documents are in the index.
func (b *IndexOptionsBuilder) SetPartialFilterExpression(value any) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.PartialFilterExpression = value
		return nil
	})
	return b
}

// SetSparse says whether documents without the field are left out.
func (b *IndexOptionsBuilder) SetSparse(value bool) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.Sparse = &value
		return nil
	})
	return b
}

// SetUnique says whether no two documents may have the same key.
func (b *IndexOptionsBuilder) SetUnique(value bool) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.Unique = &value
		return nil
	})
	return b
}

// SetVersion sets the index's version.
func (b *IndexOptionsBuilder) SetVersion(value int32) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.Version = &value
		return nil
	})
	return b
}

// SetWildcardProjection says which fields a wildcard index has.
func (b *IndexOptionsBuilder) SetWildcardProjection(value any) *IndexOptionsBuilder {
	b.Opts = append(b.Opts, func(o *IndexOptions) error {
		o.WildcardProjection = value
		return nil
	})
	return b
}

// CreateIndexesOptions are the settings of making indexes, each named and explained at its setter.
type CreateIndexesOptions struct {
	Comment any `bson:"comment,omitempty"`
}

// CreateIndexesOptionsBuilder gathers settings of making indexes.
type CreateIndexesOptionsBuilder struct {
	Opts []func(*CreateIndexesOptions) error
}

// CreateIndexes returns a builder without settings.
func CreateIndexes() *CreateIndexesOptionsBuilder {
	return &CreateIndexesOptionsBuilder{}
}

// List returns the settings gathered.
func (b *CreateIndexesOptionsBuilder) List() []func(*CreateIndexesOptions) error {
	return b.Opts
}

// SetComment sets a note for people; the engine does not keep it.
func (b *CreateIndexesOptionsBuilder) SetComment(value any) *CreateIndexesOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateIndexesOptions) error {
		o.Comment = value
		return nil
	})
	return b
}
