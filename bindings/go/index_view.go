package ironbase

import (
	"context"
	"fmt"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// IndexView makes, lists and drops the indexes of a collection; see Collection.Indexes.
type IndexView struct {
	collection *Collection
}

// IndexModel is an index to be made.
type IndexModel struct {
	// Keys are the fields and their directions, such as bson.D{{"age", 1}}.
	Keys any
	// Options are further settings, such as options.Index().SetUnique(true); nil for none.
	Options options.Lister[options.IndexOptions]
}

// IndexSpecification describes an index.
type IndexSpecification struct {
	Name                    string   `bson:"name"`
	KeysDocument            bson.Raw `bson:"key"`
	Version                 int32    `bson:"v"`
	ExpireAfterSeconds      *int32   `bson:"expireAfterSeconds"`
	Sparse                  *bool    `bson:"sparse"`
	Unique                  *bool    `bson:"unique"`
	Hidden                  *bool    `bson:"hidden"`
	PartialFilterExpression bson.Raw `bson:"partialFilterExpression"`
}

// CreateOne makes an index, and the collection if it does not exist, and returns the index's name. An
// index that exists already is fine.
func (v IndexView) CreateOne(ctx context.Context, model IndexModel, opts ...options.Lister[options.CreateIndexesOptions]) (string, error) {
	names, err := v.CreateMany(ctx, []IndexModel{model}, opts...)
	if err != nil {
		return "", err
	}
	return names[0], nil
}

// CreateMany makes indexes and returns their names, in the order of the models.
func (v IndexView) CreateMany(ctx context.Context, models []IndexModel, opts ...options.Lister[options.CreateIndexesOptions]) ([]string, error) {
	if len(models) == 0 {
		return nil, fmt.Errorf("models: %w", ErrEmptySlice)
	}
	specifications := make(bson.A, len(models))
	for i, model := range models {
		specification, err := model.specification()
		if err != nil {
			return nil, fmt.Errorf("models[%d]: %w", i, err)
		}
		specifications[i] = specification
	}
	var names []string
	pass := func(f *frame) (err error) {
		f.first, err = f.array(f.first, "indexes", specifications)
		return err
	}
	err := prepare(ctx, v.collection, true, opts, pass, func(f *frame, handle *collectionHandle) error {
		array, err := f.callForArray(createIndexes, handle)
		if err != nil {
			return err
		}
		values, err := array.Values()
		for _, value := range values {
			names = append(names, value.StringValue())
		}
		return err
	})
	return names, err
}

func (m IndexModel) specification() (bson.D, error) {
	if err := ordered("keys", m.Keys); err != nil {
		return nil, err
	}
	keys, err := appendDocument(nil, "keys", m.Keys)
	if err != nil {
		return nil, err
	}
	if m.Options == nil {
		return bson.D{{Key: "key", Value: bson.Raw(keys)}}, nil
	}
	further, err := appendOptions(nil, []options.Lister[options.IndexOptions]{m.Options})
	if err != nil {
		return nil, err
	}
	return namedFirst("key", bson.Raw(keys), further), nil
}

// List returns a cursor over the specifications of the indexes, the one on _id first.
func (v IndexView) List(ctx context.Context) (*Cursor, error) {
	handle, err := v.collection.in(ctx)
	if err != nil {
		return nil, err
	}
	if err := ended(ctx); err != nil {
		return nil, err
	}
	f := newJSONFrame()
	defer f.release()
	listed, err := f.listIndexes(handle)
	if err != nil {
		return nil, err
	}
	return cursorOver(listed), nil
}

// ListSpecifications returns the specifications of the indexes.
func (v IndexView) ListSpecifications(ctx context.Context) ([]IndexSpecification, error) {
	cursor, err := v.List(ctx)
	if err != nil {
		return nil, err
	}
	var specifications []IndexSpecification
	err = cursor.All(ctx, &specifications)
	return specifications, err
}

// DropOne deletes the index of a name.
func (v IndexView) DropOne(ctx context.Context, name string) error {
	handle, err := v.collection.in(ctx)
	if err != nil {
		return err
	}
	if err := ended(ctx); err != nil {
		return err
	}
	return v.collection.database.handle.dropIndex(handle, name)
}

// DropAll deletes all indexes but the one on _id.
func (v IndexView) DropAll(ctx context.Context) error {
	if v.collection.err != nil {
		return v.collection.err
	}
	_, err := v.collection.database.runCommand(ctx, bson.D{{Key: "dropIndexes", Value: v.collection.name}, {Key: "index", Value: "*"}})
	return err
}
