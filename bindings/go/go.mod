module github.com/ironbase/ironbase-go

go 1.24

require go.mongodb.org/mongo-driver/v2 v2.5.0
