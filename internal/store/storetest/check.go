package storetest

import (
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func want[T any](t tester, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// refused checks that err is for the caller, with this kind and code.
func refused(t tester, err error, kind bot9.ErrorKind, code string) {
	t.Helper()
	if bot9.KindOf(err) != kind || bot9.CodeOf(err) != code {
		t.Fatalf("got error %v, want the code %s", err, code)
	}
}

func missing(t tester, err error) {
	t.Helper()
	refused(t, err, bot9.NotFound, "notFound")
}

// readAll walks a list by its cursors. No page may be longer than asked for.
func readAll[T any](t tester, limit int, read func(bot9.Page) (bot9.List[T], error)) []T {
	t.Helper()
	all := []T{}
	page := bot9.Page{Limit: limit}
	for {
		list, err := read(page)
		must(t, err)
		if list.Data == nil || limit > 0 && len(list.Data) > limit {
			t.Fatalf("a page of %d rows (nil: %v), want at most %d", len(list.Data), list.Data == nil, limit)
		}
		all = append(all, list.Data...)
		if list.NextCursor == nil {
			return all
		}
		page.Cursor = *list.NextCursor
	}
}

// each maps a slice.
func each[T, U any](rows []T, f func(T) U) []U {
	mapped := make([]U, 0, len(rows))
	for _, row := range rows {
		mapped = append(mapped, f(row))
	}
	return mapped
}

// only returns the rows that f is true for.
func only[T any](rows []T, f func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(rows), func(row T) bool { return !f(row) })
}

func increasing[T ~int64](t tester, what string, numbers []T) {
	t.Helper()
	for i := 1; i < len(numbers); i++ {
		if numbers[i] <= numbers[i-1] {
			t.Fatalf("%s: number %d does not grow: %v", what, i, numbers)
		}
	}
}
