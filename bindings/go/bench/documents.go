package main

import "fmt"

var words = [16]string{
	"amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty",
	"knoll", "lagoon", "meadow", "north", "orchard", "prairie",
}

// random is splitmix64, as in benches/src/documents.rs.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) below(limit uint64) int { return int(r.next() % limit) }

func (r *random) word() string { return words[r.below(16)] }

// document is a document of the benchmarks, a function of its _id alone.
type document struct {
	ID        int      `bson:"_id" json:"_id"`
	Name      string   `bson:"name" json:"name"`
	Email     string   `bson:"email" json:"email"`
	Age       int      `bson:"age" json:"age"`
	Company   string   `bson:"company" json:"company"`
	Phone     string   `bson:"phone" json:"phone"`
	Score     float64  `bson:"score" json:"score"`
	Active    bool     `bson:"active" json:"active"`
	Address   address  `bson:"address" json:"address"`
	Tags      []string `bson:"tags" json:"tags"`
	CreatedAt string   `bson:"createdAt" json:"createdAt"`
	Visits    int      `bson:"visits" json:"visits"`
	Balance   float64  `bson:"balance" json:"balance"`
	Note      string   `bson:"note" json:"note"`
}

type address struct {
	Street   string   `bson:"street" json:"street"`
	City     string   `bson:"city" json:"city"`
	Zip      string   `bson:"zip" json:"zip"`
	Location location `bson:"location" json:"location"`
}

type location struct {
	Latitude  float64 `bson:"latitude" json:"latitude"`
	Longitude float64 `bson:"longitude" json:"longitude"`
}

// makeDocument draws the fields in the order of benches/src/documents.rs.
func makeDocument(id int) document {
	r := random(id)
	first, last := r.word(), r.word()
	d := document{ID: id, Name: first + " " + last}
	d.Email = fmt.Sprintf("%s.%012x@%s.example", first, r.next()>>16, last)
	d.Age = 18 + r.below(70)
	d.Company = r.word() + " " + r.word()
	d.Phone = fmt.Sprintf("+1 555 %07d", r.below(10_000_000))
	d.Score = float64(r.below(100)) + .25
	d.Active = r.below(2) == 0
	number := r.below(500)
	d.Address.Street = fmt.Sprintf("%d %s road", number, r.word())
	d.Address.City = r.word()
	d.Address.Zip = fmt.Sprintf("%05d", r.below(100_000))
	d.Address.Location.Latitude = float64(r.below(90)) + .125
	d.Address.Location.Longitude = float64(r.below(180)) + .5
	d.Tags = []string{r.word(), r.word(), r.word(), r.word()}
	month, day := 1+r.below(12), 1+r.below(28)
	d.CreatedAt = fmt.Sprintf("2025-%02d-%02dT%02d:30:00Z", month, day, r.below(24))
	d.Visits = r.below(1_000_000)
	d.Balance = float64(r.below(100_000)) + .75
	for range 7 {
		d.Note += r.word() + " "
	}
	d.Note += r.word()
	return d
}
