package ironbase

// Filters of the usual kind, a bson.D or bson.M of numbers, texts and ids, encoded without reflection:
// a point read would spend more time on that than in the engine. Whatever else is in them has the
// bson package encode all of it.

import (
	"encoding/binary"
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// appendQuickly appends a document as the bson package would encode it; false if it cannot.
func appendQuickly(target []byte, document any, depth int) ([]byte, bool) {
	if depth > 20 {
		return target, false
	}
	start := len(target)
	target = append(target, 0, 0, 0, 0)
	ok := true
	switch document := document.(type) {
	case bson.D:
		if document == nil {
			return target, false
		}
		for i := range document {
			if target, ok = appendField(target, document[i].Key, document[i].Value, depth); !ok {
				return target, false
			}
		}
	case bson.M:
		if document == nil {
			return target, false
		}
		for key, value := range document {
			if target, ok = appendField(target, key, value, depth); !ok {
				return target, false
			}
		}
	default:
		return target, false
	}
	target = append(target, 0)
	if len(target)-start > math.MaxInt32 {
		return target, false
	}
	binary.LittleEndian.PutUint32(target[start:], uint32(len(target)-start))
	return target, true
}

func appendField(target []byte, key string, value any, depth int) ([]byte, bool) {
	if strings.IndexByte(key, 0) >= 0 {
		return target, false
	}
	head := func(kind bson.Type) []byte { return append(append(append(target, byte(kind)), key...), 0) }
	switch value := value.(type) {
	case int:
		if value >= math.MinInt32 && value <= math.MaxInt32 {
			return binary.LittleEndian.AppendUint32(head(bson.TypeInt32), uint32(value)), true
		}
		return binary.LittleEndian.AppendUint64(head(bson.TypeInt64), uint64(value)), true
	case int32:
		return binary.LittleEndian.AppendUint32(head(bson.TypeInt32), uint32(value)), true
	case int64:
		return binary.LittleEndian.AppendUint64(head(bson.TypeInt64), uint64(value)), true
	case float64:
		return binary.LittleEndian.AppendUint64(head(bson.TypeDouble), math.Float64bits(value)), true
	case string:
		target = binary.LittleEndian.AppendUint32(head(bson.TypeString), uint32(len(value)+1))
		return append(append(target, value...), 0), len(value) < math.MaxInt32
	case bson.ObjectID:
		return append(head(bson.TypeObjectID), value[:]...), true
	case bool:
		if value {
			return append(head(bson.TypeBoolean), 1), true
		}
		return append(head(bson.TypeBoolean), 0), true
	case bson.D, bson.M:
		return appendQuickly(head(bson.TypeEmbeddedDocument), value, depth+1)
	}
	return target, false
}
