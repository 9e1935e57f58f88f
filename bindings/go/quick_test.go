package ironbase

import (
	"bytes"
	"math"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestQuickEncodingIsThatOfTheBSONPackage(t *testing.T) {
	deep := bson.D{}
	for range 30 {
		deep = bson.D{{Key: "a", Value: deep}}
	}
	for name, test := range map[string]struct {
		document any
		quick    bool
	}{
		"numbers": {bson.D{{Key: "a", Value: 1}, {Key: "b", Value: math.MaxInt32 + 1}, {Key: "c", Value: math.MinInt32}, {Key: "d", Value: int32(-1)}, {Key: "e", Value: int64(5)}, {Key: "f", Value: 1.5}, {Key: "g", Value: math.NaN()}}, true},
		"others":  {bson.D{{Key: "", Value: "text \x00"}, {Key: "id", Value: bson.NewObjectID()}, {Key: "yes", Value: true}, {Key: "no", Value: false}, {Key: "m", Value: bson.M{"x": bson.D{}}}}, true},
		"empty":   {bson.D{}, true},
		"a map":   {bson.M{"a": "b"}, true},
		"a time":  {bson.D{{Key: "a", Value: time.Now()}}, false},
		"null":    {bson.D{{Key: "a", Value: nil}}, false},
		"array":   {bson.D{{Key: "a", Value: bson.A{1}}}, false},
		"nil":     {bson.D{{Key: "a", Value: bson.M(nil)}}, false},
		"bad key": {bson.D{{Key: "a\x00", Value: 1}}, false},
		"deep":    {deep, false},
		"struct":  {struct{}{}, false},
	} {
		got, quick := appendQuickly([]byte("before"), test.document, 0)
		if quick != test.quick {
			t.Errorf("%s: quick is %v", name, quick)
			continue
		}
		want, err := bson.Marshal(test.document)
		if quick && (err != nil || !bytes.Equal(got, append([]byte("before"), want...))) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, want)
		}
	}
}

func TestWhichTypesNeedTheirJSONTags(t *testing.T) {
	type inner struct {
		A int `json:"a"`
	}
	type list struct {
		Next *list `bson:"next" json:"n"`
	}
	for _, test := range []struct {
		value any
		needs bool
	}{
		{new(inner), true},
		{new([]map[string]*inner), true},
		{new(struct{ inner }), true},
		{new(struct{ X [2]struct{ Y inner } }), true},
		{new(struct {
			A int `json:"x" bson:"a"`
		}), false},
		{new(struct{ A any }), false},
		{new(list), false},
		{new(bson.M), false},
		{new(int), false},
		{new(time.Time), false},
	} {
		for range 2 { // the second is remembered
			if got := needsJSONTags(test.value); got != test.needs {
				t.Errorf("%T: %v", test.value, got)
			}
		}
	}
}
