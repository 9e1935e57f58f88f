// Command bench measures what calling IronBase from Go costs: beside the same calls from C, and beside
// SQLite called from Go through mattn/go-sqlite3.
//
// All contenders run in one process, in turns; medians of the rounds are printed as Markdown tables.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	_ "github.com/mattn/go-sqlite3"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	count  = 100_000 // documents
	batch  = 1000    // documents of a batch
	rounds = 5
	gets   = 50_000 // a round
	reads  = 50     // batches a round
)

func main() {
	directory, err := os.MkdirTemp("", "ironbase-bench-")
	check(err)
	defer os.RemoveAll(directory)
	documents := make([]document, count)
	for i := range documents {
		documents[i] = makeDocument(i)
	}
	ids := make([]int32, gets)
	r := random(7)
	for i := range ids {
		ids[i] = int32(r.below(count))
	}

	ctx := context.Background()
	lite := openSQLite(filepath.Join(directory, "sqlite"))
	defer lite.Close()
	insertSQLite(lite, "documents", documents)
	path := filepath.Join(directory, "ironbase.mlite")
	insertIronBase(ctx, path, documents)

	// A database is open once, so C and Go each have a copy.
	copied := filepath.Join(directory, "copy.mlite")
	check(os.CopyFS(copied, os.DirFS(path)))
	c, err := openFromC(copied, "none")
	check(err)
	defer c.close()
	db, err := ironbase.Open(path, options.Open().SetDurability(options.DurabilityNone).SetCacheSize(256<<20))
	check(err)
	defer db.Close()
	collection := db.Collection("documents")

	selectOne, err := lite.Prepare("SELECT body FROM documents WHERE id = ?")
	check(err)
	selectMany, err := lite.Prepare("SELECT body FROM documents WHERE id >= ? AND id < ?")
	check(err)

	report("point get by `_id`", "ns", gets, []contender{
		{"IronBase from C, JSON", func() { check(c.get(ids, false)) }},
		{"IronBase from C, BSON", func() { check(c.get(ids, true)) }},
		{"IronBase from Go, `Raw`", func() {
			for _, id := range ids {
				_, err := collection.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Raw()
				check(err)
			}
		}},
		{"IronBase from Go, decoded into a struct", func() {
			for _, id := range ids {
				var d document
				check(collection.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&d))
			}
		}},
		{"SQLite from Go, text", func() {
			for _, id := range ids {
				var body string
				check(selectOne.QueryRow(id).Scan(&body))
			}
		}},
		{"SQLite from Go, text, decoded into a struct", func() {
			for _, id := range ids {
				var body []byte
				var d document
				check(selectOne.QueryRow(id).Scan(&body))
				check(json.Unmarshal(body, &d))
			}
		}},
	})

	report("reading 1,000 documents", "µs", reads*1000, []contender{
		{"IronBase from C, JSON", func() { eachBatch(func(first int) { check(c.read(first, batch, false)) }) }},
		{"IronBase from C, BSON", func() { eachBatch(func(first int) { check(c.read(first, batch, true)) }) }},
		{"IronBase from Go, `[]bson.Raw`", func() {
			eachBatch(func(first int) { readIronBase(ctx, collection, first, &[]bson.Raw{}) })
		}},
		{"IronBase from Go, decoded into structs", func() {
			eachBatch(func(first int) { readIronBase(ctx, collection, first, &[]document{}) })
		}},
		{"SQLite from Go, text", func() { eachBatch(func(first int) { readSQLite(selectMany, first, nil) }) }},
		{"SQLite from Go, text, decoded into structs", func() {
			eachBatch(func(first int) { readSQLite(selectMany, first, new([]document)) })
		}},
	})

	fresh := 0
	report("inserting 1,000 structs, not synced", "µs", 10*1000, []contender{
		{"IronBase from Go", func() {
			fresh++
			into := db.Collection(fmt.Sprintf("fresh%d", fresh))
			for i := range 10 {
				_, err := into.InsertMany(ctx, documents[i*batch:(i+1)*batch])
				check(err)
			}
		}},
		{"SQLite from Go, text", func() {
			fresh++
			table := fmt.Sprintf("fresh%d", fresh)
			for i := range 10 {
				insertSQLite(lite, table, documents[i*batch:(i+1)*batch])
			}
		}},
	})
}

type contender struct {
	name string
	run  func()
}

// report measures contenders in turns; a run makes `calls` calls, or 1000 times as many parts of one.
func report(title, unit string, calls int, contenders []contender) {
	times := make([][]time.Duration, len(contenders))
	for round := range rounds + 1 {
		for i := range contenders {
			turn := (i + round) % len(contenders)
			began := time.Now()
			contenders[turn].run()
			if round > 0 { // the first warms up
				times[turn] = append(times[turn], time.Since(began))
			}
		}
	}
	fmt.Printf("| %s | %s | lowest | highest |\n|---|---:|---:|---:|\n", title, unit)
	for i, contender := range contenders {
		slices.Sort(times[i])
		each := func(d time.Duration) int64 { return d.Nanoseconds() / int64(calls) }
		fmt.Printf("| %s | %d | %d | %d |\n", contender.name, each(times[i][rounds/2]), each(times[i][0]), each(times[i][rounds-1]))
	}
	fmt.Println()
}

func eachBatch(read func(first int)) {
	for i := range reads {
		read(i * batch)
	}
}

func insertIronBase(ctx context.Context, path string, documents []document) {
	db, err := ironbase.Open(path, options.Open().SetDurability(options.DurabilityNone))
	check(err)
	for part := range slices.Chunk(documents, batch) {
		_, err := db.Collection("documents").InsertMany(ctx, part)
		check(err)
	}
	check(db.Close())
}

func readIronBase(ctx context.Context, collection *ironbase.Collection, first int, into any) {
	cursor, err := collection.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: first}, {Key: "$lt", Value: first + batch}}}})
	check(err)
	check(cursor.All(ctx, into))
	if found, ok := into.(*[]bson.Raw); ok && len(*found) != batch {
		log.Fatalf("%d documents found", len(*found))
	}
}

// openSQLite sets SQLite up as docs/performance.md says, but that it does not wait for the disk.
func openSQLite(path string) *sql.DB {
	lite, err := sql.Open("sqlite3", path+"?_journal_mode=WAL&_synchronous=NORMAL&_cache_size=-262144")
	check(err)
	lite.SetMaxOpenConns(1)
	for _, pragma := range []string{"mmap_size = 1073741824", "temp_store = MEMORY"} {
		_, err := lite.Exec("PRAGMA " + pragma)
		check(err)
	}
	return lite
}

func insertSQLite(lite *sql.DB, table string, documents []document) {
	_, err := lite.Exec("CREATE TABLE IF NOT EXISTS " + table + " (id INTEGER PRIMARY KEY, body)")
	check(err)
	transaction, err := lite.Begin()
	check(err)
	insert, err := transaction.Prepare("INSERT INTO " + table + " VALUES (?, ?)")
	check(err)
	for _, d := range documents {
		body, err := json.Marshal(d)
		check(err)
		_, err = insert.Exec(d.ID, string(body))
		check(err)
	}
	check(insert.Close())
	check(transaction.Commit())
}

func readSQLite(statement *sql.Stmt, first int, into *[]document) {
	rows, err := statement.Query(first, first+batch)
	check(err)
	defer rows.Close()
	found := 0
	for rows.Next() {
		found++
		if into == nil {
			var body string
			check(rows.Scan(&body))
			continue
		}
		var body sql.RawBytes
		var d document
		check(rows.Scan(&body))
		check(json.Unmarshal(body, &d))
		*into = append(*into, d)
	}
	check(rows.Err())
	if found != batch {
		log.Fatalf("%d rows found", found)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
