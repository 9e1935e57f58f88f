module github.com/ironbase/ironbase-go/bench

go 1.24

require (
	github.com/ironbase/ironbase-go v0.0.0
	github.com/mattn/go-sqlite3 v1.14.53
	go.mongodb.org/mongo-driver/v2 v2.5.0
)

replace github.com/ironbase/ironbase-go => ../
