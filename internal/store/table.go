package store

import (
	"fmt"
	"strconv"
	"strings"
)

// table describes a table that hot paths insert into, so that each database can do it its own way:
// row by row, or many rows in one statement.
type table struct {
	columns []column
	single  string // INSERT of one row
	many    string // INSERT of arrays, for PostgreSQL
}

// column is one of a table's columns. Its kind says how values travel in arrays.
type column struct {
	name string
	kind columnKind
}

type columnKind int

const (
	integers columnKind = iota
	optional            // integers, never 0; nil is NULL
	texts
)

// newTable describes a table. A column's suffix is its kind: none for an integer, a question mark for an optional one,
// an asterisk for a text.
func newTable(name string, columns ...string) *table {
	t := &table{}
	var names, places, values []string
	for i, c := range columns {
		described := column{name: c, kind: integers}
		if plain, ok := strings.CutSuffix(c, "?"); ok {
			described = column{plain, optional}
		} else if plain, ok := strings.CutSuffix(c, "*"); ok {
			described = column{plain, texts}
		}
		t.columns = append(t.columns, described)
		names = append(names, described.name)
		places = append(places, "$"+strconv.Itoa(i+1))
		value := "u." + described.name
		if described.kind == optional {
			value = "nullif(" + value + ", 0)"
		}
		values = append(values, value)
	}
	into := "INSERT INTO " + name + " (" + strings.Join(names, ", ") + ")"
	t.single = into + " VALUES (" + strings.Join(places, ", ") + ")"
	t.many = into + " SELECT " + strings.Join(values, ", ") + " FROM " + t.unnest()
	return t
}

// unnest is the table function that turns the arrays back into rows, as u.
func (t *table) unnest() string {
	var arrays, names []string
	for i, c := range t.columns {
		kind := "bigint[]"
		if c.kind == texts {
			kind = "text[]"
		}
		arrays = append(arrays, "$"+strconv.Itoa(i+1)+"::"+kind)
		names = append(names, c.name)
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") AS u(" + strings.Join(names, ", ") + ")"
}

// pgRows are rows of one table, column by column, on their way into it.
type pgRows struct {
	table *table
	ints  [][]int64
	texts [][]string
}

func newRows(t *table) *pgRows {
	return &pgRows{table: t, ints: make([][]int64, len(t.columns)), texts: make([][]string, len(t.columns))}
}

func (r *pgRows) add(args []any) error {
	for i, c := range r.table.columns {
		switch value := args[i].(type) {
		case nil:
			r.ints[i] = append(r.ints[i], 0)
		case int64:
			r.ints[i] = append(r.ints[i], value)
		case int:
			r.ints[i] = append(r.ints[i], int64(value))
		case bool:
			r.ints[i] = append(r.ints[i], oneIf(value))
		case string:
			r.texts[i] = append(r.texts[i], value)
		case text:
			r.texts[i] = append(r.texts[i], string(value))
		default:
			return fmt.Errorf("store: can't gather a %T for %s", value, c.name)
		}
	}
	return nil
}

func (r *pgRows) statement() (sql string, args []any) {
	for i, c := range r.table.columns {
		if c.kind == texts {
			args = append(args, r.texts[i])
		} else {
			args = append(args, r.ints[i])
		}
	}
	return r.table.many, args
}
