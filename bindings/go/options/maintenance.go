package options

import "time"

// Options of compacting, verifying and salvaging. Each builder is made by the function of its name, each setter returns the builder.

// CompactOptions are the settings of compacting, each named and explained at its setter.
type CompactOptions struct {
	Collection        *string `bson:"collection,omitempty"`
	DryRun            *bool   `bson:"dryRun,omitempty"`
	FreeSpaceTargetMB *int64  `bson:"freeSpaceTargetMB,omitempty"`
	MaxTime           *int64  `bson:"maxTimeMS,omitempty"`
	Comment           any     `bson:"comment,omitempty"`
}

// CompactOptionsBuilder gathers settings of compacting.
type CompactOptionsBuilder struct {
	Opts []func(*CompactOptions) error
}

// Compact returns a builder without settings.
func Compact() *CompactOptionsBuilder {
	return &CompactOptionsBuilder{}
}

// List returns the settings gathered.
func (b *CompactOptionsBuilder) List() []func(*CompactOptions) error {
	return b.Opts
}

// SetCollection names the one collection to compact; without it all are.
func (b *CompactOptionsBuilder) SetCollection(value string) *CompactOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CompactOptions) error {
		o.Collection = &value
		return nil
	})
	return b
}

// SetDryRun says whether only to estimate what would be given back.
func (b *CompactOptionsBuilder) SetDryRun(value bool) *CompactOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CompactOptions) error {
		o.DryRun = &value
		return nil
	})
	return b
}

// SetFreeSpaceTargetMB leaves alone what would give back less.
func (b *CompactOptionsBuilder) SetFreeSpaceTargetMB(value int64) *CompactOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CompactOptions) error {
		o.FreeSpaceTargetMB = &value
		return nil
	})
	return b
}

// SetMaxTime limits the time that it may work.
func (b *CompactOptionsBuilder) SetMaxTime(value time.Duration) *CompactOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CompactOptions) error {
		n := inMilliseconds(value)
		o.MaxTime = &n
		return nil
	})
	return b
}

// SetComment sets a comment, which changes nothing.
func (b *CompactOptionsBuilder) SetComment(value any) *CompactOptionsBuilder {
	b.Opts = append(b.Opts, func(o *CompactOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// VerifyOptions are the settings of looking for damage, each named and explained at its setter.
type VerifyOptions struct {
	MaxErrors *int64 `bson:"maxErrors,omitempty"`
	MaxTime   *int64 `bson:"maxTimeMS,omitempty"`
	Comment   any    `bson:"comment,omitempty"`
}

// VerifyOptionsBuilder gathers settings of looking for damage.
type VerifyOptionsBuilder struct {
	Opts []func(*VerifyOptions) error
}

// Verify returns a builder without settings.
func Verify() *VerifyOptionsBuilder {
	return &VerifyOptionsBuilder{}
}

// List returns the settings gathered.
func (b *VerifyOptionsBuilder) List() []func(*VerifyOptions) error {
	return b.Opts
}

// SetMaxErrors says how many problems are named (100); the others are only counted.
func (b *VerifyOptionsBuilder) SetMaxErrors(value int64) *VerifyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *VerifyOptions) error {
		o.MaxErrors = &value
		return nil
	})
	return b
}

// SetMaxTime limits the time that it may work.
func (b *VerifyOptionsBuilder) SetMaxTime(value time.Duration) *VerifyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *VerifyOptions) error {
		n := inMilliseconds(value)
		o.MaxTime = &n
		return nil
	})
	return b
}

// SetComment sets a comment, which changes nothing.
func (b *VerifyOptionsBuilder) SetComment(value any) *VerifyOptionsBuilder {
	b.Opts = append(b.Opts, func(o *VerifyOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// SalvageOptions are the settings of saving what is left, each named and explained at its setter.
type SalvageOptions struct {
	PageSize *int32 `bson:"pageSize,omitempty"`
	MaxTime  *int64 `bson:"maxTimeMS,omitempty"`
	Comment  any    `bson:"comment,omitempty"`
}

// SalvageOptionsBuilder gathers settings of saving what is left.
type SalvageOptionsBuilder struct {
	Opts []func(*SalvageOptions) error
}

// Salvage returns a builder without settings.
func Salvage() *SalvageOptionsBuilder {
	return &SalvageOptionsBuilder{}
}

// List returns the settings gathered.
func (b *SalvageOptionsBuilder) List() []func(*SalvageOptions) error {
	return b.Opts
}

// SetPageSize sets the page size of the new database (8192).
func (b *SalvageOptionsBuilder) SetPageSize(value int32) *SalvageOptionsBuilder {
	b.Opts = append(b.Opts, func(o *SalvageOptions) error {
		o.PageSize = &value
		return nil
	})
	return b
}

// SetMaxTime limits the time that it may work.
func (b *SalvageOptionsBuilder) SetMaxTime(value time.Duration) *SalvageOptionsBuilder {
	b.Opts = append(b.Opts, func(o *SalvageOptions) error {
		n := inMilliseconds(value)
		o.MaxTime = &n
		return nil
	})
	return b
}

// SetComment sets a comment, which changes nothing.
func (b *SalvageOptionsBuilder) SetComment(value any) *SalvageOptionsBuilder {
	b.Opts = append(b.Opts, func(o *SalvageOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// BackupOptions are the settings of making a backup, each named and explained at its setter.
type BackupOptions struct {
	Incremental *bool  `bson:"incremental,omitempty"`
	SinceLSN    *int64 `bson:"sinceLsn,omitempty"`
	MaxTime     *int64 `bson:"maxTimeMS,omitempty"`
	Comment     any    `bson:"comment,omitempty"`
}

// BackupOptionsBuilder gathers settings of making a backup.
type BackupOptionsBuilder struct {
	Opts []func(*BackupOptions) error
}

// Backup returns a builder without settings.
func Backup() *BackupOptionsBuilder {
	return &BackupOptionsBuilder{}
}

// List returns the settings gathered.
func (b *BackupOptionsBuilder) List() []func(*BackupOptions) error {
	return b.Opts
}

// SetIncremental says whether to continue the backup that is there.
func (b *BackupOptionsBuilder) SetIncremental(value bool) *BackupOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BackupOptions) error {
		o.Incremental = &value
		return nil
	})
	return b
}

// SetSinceLSN continues the backup that is there, which must end with this commit.
func (b *BackupOptionsBuilder) SetSinceLSN(value int64) *BackupOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BackupOptions) error {
		o.SinceLSN = &value
		return nil
	})
	return b
}

// SetMaxTime limits the time that it may work.
func (b *BackupOptionsBuilder) SetMaxTime(value time.Duration) *BackupOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BackupOptions) error {
		n := inMilliseconds(value)
		o.MaxTime = &n
		return nil
	})
	return b
}

// SetComment sets a comment, which changes nothing.
func (b *BackupOptionsBuilder) SetComment(value any) *BackupOptionsBuilder {
	b.Opts = append(b.Opts, func(o *BackupOptions) error {
		o.Comment = value
		return nil
	})
	return b
}

// RestoreOptions are the settings of restoring a backup, each named and explained at its setter.
type RestoreOptions struct {
	ToLSN   *int64     `bson:"toLsn,omitempty"`
	ToTime  *time.Time `bson:"toTime,omitempty"`
	MaxTime *int64     `bson:"maxTimeMS,omitempty"`
	Comment any        `bson:"comment,omitempty"`
}

// RestoreOptionsBuilder gathers settings of restoring a backup.
type RestoreOptionsBuilder struct {
	Opts []func(*RestoreOptions) error
}

// Restore returns a builder without settings.
func Restore() *RestoreOptionsBuilder {
	return &RestoreOptionsBuilder{}
}

// List returns the settings gathered.
func (b *RestoreOptionsBuilder) List() []func(*RestoreOptions) error {
	return b.Opts
}

// SetToLSN restores the database as it was after this commit.
func (b *RestoreOptionsBuilder) SetToLSN(value int64) *RestoreOptionsBuilder {
	b.Opts = append(b.Opts, func(o *RestoreOptions) error {
		o.ToLSN = &value
		return nil
	})
	return b
}

// SetToTime restores the database as it was at this time.
func (b *RestoreOptionsBuilder) SetToTime(value time.Time) *RestoreOptionsBuilder {
	b.Opts = append(b.Opts, func(o *RestoreOptions) error {
		o.ToTime = &value
		return nil
	})
	return b
}

// SetMaxTime limits the time that it may work.
func (b *RestoreOptionsBuilder) SetMaxTime(value time.Duration) *RestoreOptionsBuilder {
	b.Opts = append(b.Opts, func(o *RestoreOptions) error {
		n := inMilliseconds(value)
		o.MaxTime = &n
		return nil
	})
	return b
}

// SetComment sets a comment, which changes nothing.
func (b *RestoreOptionsBuilder) SetComment(value any) *RestoreOptionsBuilder {
	b.Opts = append(b.Opts, func(o *RestoreOptions) error {
		o.Comment = value
		return nil
	})
	return b
}
