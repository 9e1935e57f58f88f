package ironbase

import "go.mongodb.org/mongo-driver/v2/bson"

// InsertOneResult is what InsertOne has done.
type InsertOneResult struct {
	// InsertedID is the _id, the document's own or the ObjectID that it was given.
	InsertedID any
	// Acknowledged is always true.
	Acknowledged bool
}

// InsertManyResult is what InsertMany has done.
type InsertManyResult struct {
	// InsertedIDs has the _id of each document that was inserted, in the order of the documents.
	InsertedIDs []any
	// Acknowledged is always true.
	Acknowledged bool
}

// UpdateResult is what an update or replacement has done.
type UpdateResult struct {
	// MatchedCount is the number of documents that matched the filter.
	MatchedCount int64
	// ModifiedCount is the number of documents that are different now.
	ModifiedCount int64
	// UpsertedCount is the number of documents that were inserted because none matched.
	UpsertedCount int64
	// UpsertedID is the _id of the document inserted; nil for none.
	UpsertedID any
	// Acknowledged is always true.
	Acknowledged bool
}

// DeleteResult is what a delete has done.
type DeleteResult struct {
	// DeletedCount is the number of documents deleted.
	DeletedCount int64
	// Acknowledged is always true.
	Acknowledged bool
}

// BulkWriteResult is what BulkWrite has done.
type BulkWriteResult struct {
	// InsertedCount is the number of documents inserted.
	InsertedCount int64
	// MatchedCount is the number of documents that updates and replacements matched.
	MatchedCount int64
	// ModifiedCount is the number of documents that updates and replacements changed.
	ModifiedCount int64
	// DeletedCount is the number of documents deleted.
	DeletedCount int64
	// UpsertedCount is the number of documents inserted by updates and replacements.
	UpsertedCount int64
	// InsertedIDs has the _ids of the documents inserted by the position of the model.
	InsertedIDs map[int64]any
	// UpsertedIDs has the _ids of the documents upserted by the position of the model.
	UpsertedIDs map[int64]any
	// Acknowledged is always true.
	Acknowledged bool
}

func updateResult(document bson.Raw) *UpdateResult {
	return &UpdateResult{
		MatchedCount:  number(document, "matchedCount"),
		ModifiedCount: number(document, "modifiedCount"),
		UpsertedCount: number(document, "upsertedCount"),
		UpsertedID:    anyOf(document.Lookup("upsertedId")),
		Acknowledged:  true,
	}
}
