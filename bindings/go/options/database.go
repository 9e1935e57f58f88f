package options

import "time"

// Options of databases, collections and transactions. Each builder is made by the function of its name, each setter returns the builder.

// OpenOptions are the settings of opening a database, each named and explained at its setter.
type OpenOptions struct {
	Create                   *bool       `bson:"create,omitempty"`
	ReadOnly                 *bool       `bson:"readOnly,omitempty"`
	Durability               *Durability `bson:"durability,omitempty"`
	SyncInterval             *int64      `bson:"syncIntervalMs,omitempty"`
	CacheSize                *int64      `bson:"cacheSize,omitempty"`
	PageSize                 *int32      `bson:"pageSize,omitempty"`
	ReadMode                 *string     `bson:"readMode,omitempty"`
	StrictCollections        *bool       `bson:"strictCollections,omitempty"`
	TransactionLifetimeLimit *int64      `bson:"transactionLifetimeLimitSeconds,omitempty"`
	MaxOpenFiles             *int32      `bson:"maxOpenFiles,omitempty"`
	Background               *bool       `bson:"background,omitempty"`
	QueryCacheSize           *int32      `bson:"queryCacheSize,omitempty"`
	LogRetentionBytes        *int64      `bson:"logRetentionBytes,omitempty"`
}

// OpenOptionsBuilder gathers settings of opening a database.
type OpenOptionsBuilder struct {
	Opts []func(*OpenOptions) error
}

// Open returns a builder without settings.
func Open() *OpenOptionsBuilder {
	return &OpenOptionsBuilder{}
}

// List returns the settings gathered.
func (b *OpenOptionsBuilder) List() []func(*OpenOptions) error {
	return b.Opts
}

// SetCreate says whether a database is made if there is none (true, the default).
func (b *OpenOptionsBuilder) SetCreate(value bool) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.Create = &value
		return nil
	})
	return b
}

// SetReadOnly says whether all writes are refused.
func (b *OpenOptionsBuilder) SetReadOnly(value bool) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.ReadOnly = &value
		return nil
	})
	return b
}

// SetDurability says what a power cut can take.
func (b *OpenOptionsBuilder) SetDurability(value Durability) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.Durability = &value
		return nil
	})
	return b
}

// SetSyncInterval sets the interval of DurabilityInterval.
func (b *OpenOptionsBuilder) SetSyncInterval(value time.Duration) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		n := inMilliseconds(value)
		o.SyncInterval = &n
		return nil
	})
	return b
}

// SetCacheSize sets the bytes of memory for pages.
func (b *OpenOptionsBuilder) SetCacheSize(value int64) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.CacheSize = &value
		return nil
	})
	return b
}

// SetPageSize sets the page size of files made from now on: 4096, 8192, 16384 or 32768.
func (b *OpenOptionsBuilder) SetPageSize(value int32) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.PageSize = &value
		return nil
	})
	return b
}

// SetReadMode says how files are read: "mmap" (the default) or "pread".
func (b *OpenOptionsBuilder) SetReadMode(value string) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.ReadMode = &value
		return nil
	})
	return b
}

// SetStrictCollections says whether reading a collection that does not exist is an error.
func (b *OpenOptionsBuilder) SetStrictCollections(value bool) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.StrictCollections = &value
		return nil
	})
	return b
}

// SetTransactionLifetimeLimit says how long a transaction may be open.
func (b *OpenOptionsBuilder) SetTransactionLifetimeLimit(value time.Duration) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		n := inSeconds(value)
		o.TransactionLifetimeLimit = &n
		return nil
	})
	return b
}

// SetMaxOpenFiles says how many files are kept open at once.
func (b *OpenOptionsBuilder) SetMaxOpenFiles(value int32) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.MaxOpenFiles = &value
		return nil
	})
	return b
}

// SetBackground says whether checkpoints and other upkeep run by themselves (true, the default).
func (b *OpenOptionsBuilder) SetBackground(value bool) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.Background = &value
		return nil
	})
	return b
}

// SetQueryCacheSize says for how many shapes of queries a plan is remembered.
func (b *OpenOptionsBuilder) SetQueryCacheSize(value int32) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.QueryCacheSize = &value
		return nil
	})
	return b
}

// SetLogRetentionBytes says how much of the log that checkpoints have made superfluous is kept for incremental backups.
func (b *OpenOptionsBuilder) SetLogRetentionBytes(value int64) *OpenOptionsBuilder {
	b.Opts = append(b.Opts, func(o *OpenOptions) error {
		o.LogRetentionBytes = &value
		return nil
	})
	return b
}

// CreateCollectionOptions are the settings of making a collection, each named and explained at its setter.
type CreateCollectionOptions struct {
	Capped           *bool      `bson:"capped,omitempty"`
	Collation        *Collation `bson:"collation,omitempty"`
	ClusteredIndex   any        `bson:"clusteredIndex,omitempty"`
	MaxDocuments     *int64     `bson:"max,omitempty"`
	SizeInBytes      *int64     `bson:"size,omitempty"`
	ValidationAction *string    `bson:"validationAction,omitempty"`
	ValidationLevel  *string    `bson:"validationLevel,omitempty"`
	Validator        any        `bson:"validator,omitempty"`
}

// CreateCollectionOptionsBuilder gathers settings of making a collection.
type CreateCollectionOptionsBuilder struct {
	Opts []func(*CreateCollectionOptions) error
}

// CreateCollection returns a builder without settings.
func CreateCollection() *CreateCollectionOptionsBuilder {
	return &CreateCollectionOptionsBuilder{}
}

// List returns the settings gathered.
func (b *CreateCollectionOptionsBuilder) List() []func(*CreateCollectionOptions) error {
	return b.Opts
}

// SetCapped says whether the oldest documents make room for new ones.
func (b *CreateCollectionOptionsBuilder) SetCapped(value bool) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.Capped = &value
		return nil
	})
	return b
}

// SetCollation says how strings compare.
func (b *CreateCollectionOptionsBuilder) SetCollation(value *Collation) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.Collation = value
		return nil
	})
	return b
}

// SetClusteredIndex sets the clustered index, which every collection has: {"key": {"_id": 1},
// "unique": true}.
func (b *CreateCollectionOptionsBuilder) SetClusteredIndex(value any) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.ClusteredIndex = value
		return nil
	})
	return b
}

// SetMaxDocuments sets the most documents of a capped collection.
func (b *CreateCollectionOptionsBuilder) SetMaxDocuments(value int64) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.MaxDocuments = &value
		return nil
	})
	return b
}

// SetSizeInBytes sets the most bytes of documents of a capped collection.
func (b *CreateCollectionOptionsBuilder) SetSizeInBytes(value int64) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.SizeInBytes = &value
		return nil
	})
	return b
}

// SetValidationAction says what becomes of invalid documents: "error", "warn" or "errorAndLog".
func (b *CreateCollectionOptionsBuilder) SetValidationAction(value string) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.ValidationAction = &value
		return nil
	})
	return b
}

// SetValidationLevel says which documents are validated: "off", "strict" or "moderate".
func (b *CreateCollectionOptionsBuilder) SetValidationLevel(value string) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.ValidationLevel = &value
		return nil
	})
	return b
}

// SetValidator sets a filter that documents must match.
func (b *CreateCollectionOptionsBuilder) SetValidator(value any) *CreateCollectionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CreateCollectionOptions) error {
		o.Validator = value
		return nil
	})
	return b
}

// RenameOptions are the settings of renaming a collection, each named and explained at its setter.
type RenameOptions struct {
	DropTarget *bool `bson:"dropTarget,omitempty"`
}

// RenameOptionsBuilder gathers settings of renaming a collection.
type RenameOptionsBuilder struct {
	Opts []func(*RenameOptions) error
}

// Rename returns a builder without settings.
func Rename() *RenameOptionsBuilder {
	return &RenameOptionsBuilder{}
}

// List returns the settings gathered.
func (b *RenameOptionsBuilder) List() []func(*RenameOptions) error {
	return b.Opts
}

// SetDropTarget says whether a collection that has the new name is dropped.
func (b *RenameOptionsBuilder) SetDropTarget(value bool) *RenameOptionsBuilder {
	b.Opts = append(b.Opts, func(o *RenameOptions) error {
		o.DropTarget = &value
		return nil
	})
	return b
}

// TransactionOptions are the settings of a transaction, each named and explained at its setter.
type TransactionOptions struct {
	LifetimeLimit *int64 `bson:"transactionLifetimeLimitSeconds,omitempty"`
}

// TransactionOptionsBuilder gathers settings of a transaction.
type TransactionOptionsBuilder struct {
	Opts []func(*TransactionOptions) error
}

// Transaction returns a builder without settings.
func Transaction() *TransactionOptionsBuilder {
	return &TransactionOptionsBuilder{}
}

// List returns the settings gathered.
func (b *TransactionOptionsBuilder) List() []func(*TransactionOptions) error {
	return b.Opts
}

// SetLifetimeLimit says how long the transaction may be open before it is aborted.
func (b *TransactionOptionsBuilder) SetLifetimeLimit(value time.Duration) *TransactionOptionsBuilder {
	b.Opts = append(b.Opts, func(o *TransactionOptions) error {
		n := inSeconds(value)
		o.LifetimeLimit = &n
		return nil
	})
	return b
}
