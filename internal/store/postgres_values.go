package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"
)

// Values travel in PostgreSQL's binary format
// (https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES), which for
// the few types that the store uses is plainer and quicker than a general mapping.

// encodePostgres writes an argument as the type that the statement wants. nil is NULL.
func encodePostgres(oid uint32, arg any) ([]byte, error) {
	switch value := arg.(type) {
	case nil:
		return nil, nil
	case int64:
		return encodeInteger(oid, value)
	case int:
		return encodeInteger(oid, int64(value))
	case bool:
		return encodeInteger(oid, oneIf(value))
	case float64:
		if oid == pgtype.Float8OID {
			return binary.BigEndian.AppendUint64(nil, math.Float64bits(value)), nil
		}
	case string:
		return storable(value), nil
	case text:
		return storable(string(value)), nil
	case []byte:
		return value, nil
	case []int64:
		return encodeArray(pgtype.Int8OID, len(value), func(dst []byte, i int) []byte {
			dst = binary.BigEndian.AppendUint32(dst, 8)
			return binary.BigEndian.AppendUint64(dst, uint64(value[i]))
		}), nil
	case []string:
		return encodeArray(pgtype.TextOID, len(value), func(dst []byte, i int) []byte {
			item := storable(value[i])
			dst = binary.BigEndian.AppendUint32(dst, uint32(len(item)))
			return append(dst, item...)
		}), nil
	}
	return nil, fmt.Errorf("store: can't send a %T as type %d", arg, oid)
}

func oneIf(condition bool) int64 {
	if condition {
		return 1
	}
	return 0
}

func encodeInteger(oid uint32, value int64) ([]byte, error) {
	switch oid {
	case pgtype.Int8OID:
		return binary.BigEndian.AppendUint64(nil, uint64(value)), nil
	case pgtype.Int4OID:
		if value != int64(int32(value)) {
			return nil, fmt.Errorf("store: %d does not fit into 32 bits", value)
		}
		return binary.BigEndian.AppendUint32(nil, uint32(value)), nil
	}
	return nil, fmt.Errorf("store: can't send an integer as type %d", oid)
}

// encodeArray writes an array of one dimension: dimensions, whether there are NULLs, type, length,
// first index, items.
func encodeArray(oid uint32, length int, item func(dst []byte, i int) []byte) []byte {
	dst := make([]byte, 0, 20+12*length)
	for _, word := range []uint32{1, 0, oid, uint32(length), 1} {
		dst = binary.BigEndian.AppendUint32(dst, word)
	}
	for i := range length {
		dst = item(dst, i)
	}
	return dst
}

// storable is the text as PostgreSQL can keep it: valid UTF-8 without a zero byte. What an endpoint
// answers may be anything; what doesn't fit becomes a replacement character.
func storable(s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return append(make([]byte, 0, len(s)), s...) // not nil, which would be NULL
}

// decodePostgres reads a value into one of the destinations that a scanFunc takes.
func decodePostgres(oid uint32, value []byte, dest any) error {
	switch d := dest.(type) {
	case *string:
		*d = string(value)
		return nil
	case *[]byte:
		*d = append([]byte(nil), value...)
		return nil
	case *float64:
		if oid == pgtype.Float8OID || value == nil {
			*d = 0
			if value != nil {
				*d = math.Float64frombits(binary.BigEndian.Uint64(value))
			}
			return nil
		}
	}
	number, err := decodeInteger(oid, value)
	if err != nil {
		return err
	}
	switch d := dest.(type) {
	case *int64:
		*d = number
	case *int:
		*d = int(number)
	case *bool:
		*d = number != 0
	default:
		return fmt.Errorf("store: can't read type %d into a %T", oid, dest)
	}
	return nil
}

func decodeInteger(oid uint32, value []byte) (int64, error) {
	switch {
	case value == nil:
		return 0, nil
	case oid == pgtype.Int8OID && len(value) == 8:
		return int64(binary.BigEndian.Uint64(value)), nil
	case oid == pgtype.Int4OID && len(value) == 4:
		return int64(int32(binary.BigEndian.Uint32(value))), nil
	case oid == pgtype.BoolOID && len(value) == 1:
		return int64(value[0]), nil
	}
	return 0, fmt.Errorf("store: can't read type %d as an integer", oid)
}
