// Package ironbase is the Go wrapper of IronBase, an embedded document database with MongoDB's
// documents, queries and transactions.
//
// Its names are those of MongoDB's Go driver, go.mongodb.org/mongo-driver/v2, without the client: a
// program opens a directory instead of connecting to a server. Documents, filters and updates are
// whatever the driver's bson package can encode (bson.D, bson.M, bson.Raw, structs with bson or json
// tags); results decode into the same.
//
// # Handles
//
// A Database and the Collections from it may be used by any number of goroutines. Close ends a
// Database: calls under way are finished first, later ones return ErrClosed. A Cursor holds the
// state of the database that it reads from and is for one goroutine at a time: close it, or read it
// to its end. What a program forgets is freed by the garbage collector.
//
// # Contexts
//
// A context that is cancelled or runs out of time stops the engine itself, and the call returns an error
// that wraps the context's. What a write of many documents has done so far stays done. A context made by
// WithTransaction, handed on to any call, takes it into the transaction. One made by WithProgress has a
// function told how far the calls are.
//
// # Errors
//
// An error of the engine is a CommandError, a WriteException or a BulkWriteException, with MongoDB's
// codes; errors.Is knows the kinds ErrDuplicateKey, ErrNotFound, ErrClosed and so on.
package ironbase
