package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// PageQuery asks for a part of a list.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"250" default:"50" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"512" doc:"nextCursor of the page before, in the same list"`

	from string // what the cursor holds: the store's own one
}

// Resolve implements huma.Resolver.
func (p *PageQuery) Resolve(c huma.Context) []error {
	if p.Cursor == "" {
		return nil
	}
	u := c.URL()
	var ok bool
	if p.from, ok = openCursor(p.Cursor, listOf(&u)); !ok {
		return []error{invalidCursor()}
	}
	return nil
}

func (p *PageQuery) page() bot9.Page { return bot9.Page{Limit: p.Limit, Cursor: p.from} }

func invalidCursor() error {
	return bot9.InvalidField("invalidCursor", "query.cursor", "The cursor must be a nextCursor of the same list.")
}

// listOf names a list: its path, and whether it goes forward. Filters don't count, so that a time that moves while
// somebody reads on is no other list.
func listOf(u *url.URL) string {
	if u.Query().Get("after") != "" {
		return u.Path + " forward"
	}
	return u.Path
}

// A cursor holds the store's cursor and a checksum over it and the list, so that what is truncated, made up or of
// another list is told instead of leading somewhere.

func sealCursor(inner, list string) string {
	sum := binary.BigEndian.AppendUint32(nil, checksum(inner, list))
	return base64.RawURLEncoding.EncodeToString(append(sum, inner...))
}

func openCursor(cursor, list string) (inner string, ok bool) {
	const sumLength = 4
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) <= sumLength {
		return "", false
	}
	inner = string(raw[sumLength:])
	return inner, binary.BigEndian.Uint32(raw) == checksum(inner, list)
}

func checksum(inner, list string) uint32 { return crc32.ChecksumIEEE([]byte(list + "\x00" + inner)) }

// answerList answers with a page.
func answerList[T any](ctx context.Context, list bot9.List[T], err error) (*output[bot9.List[T]], error) {
	return answer(shownPage(ctx, list), err)
}

// shownPage is a page as it goes out: with a cursor of this very list; an empty one is [], never null.
func shownPage[T any](ctx context.Context, list bot9.List[T]) bot9.List[T] {
	list.Data = nonNil(list.Data)
	if list.NextCursor != nil {
		next := sealCursor(*list.NextCursor, listOf(exchangeFrom(ctx).request.URL))
		list.NextCursor = &next
	}
	return list
}

// maxChoices is how many combinations of filters a list is asked for at most.
const maxChoices = 24

// choices returns a filter for each combination of the values of filters, each of which has the values added by
// one of them; a filter without values adds nothing.
func choices[F any](filter F, adds ...[]func(*F)) ([]F, error) {
	all := []F{filter}
	for _, values := range adds {
		if len(values) == 0 {
			continue
		}
		var more []F
		for _, one := range all {
			for _, add := range values {
				with := one
				add(&with)
				more = append(more, with)
			}
		}
		if all = more; len(all) > maxChoices {
			return nil, bot9.InvalidField(codeValidation, "query", "The filters have more than %d combinations. Ask for fewer values at once.", maxChoices)
		}
	}
	return all, nil
}

// with returns what sets a field of a filter to each of the values.
func with[F, T any](values []T, set func(*F, T)) (adds []func(*F)) {
	for _, value := range values {
		adds = append(adds, func(f *F) { set(f, value) })
	}
	return adds
}

// merged makes one page of the pages of several lists that are sorted by ID, newest first.
func merged[T any](limit int, lists []bot9.List[T], idOf func(T) int64) bot9.List[T] {
	if len(lists) == 1 {
		return lists[0]
	}
	var all bot9.List[T]
	more := false
	for _, list := range lists {
		all.Data = append(all.Data, list.Data...)
		more = more || list.NextCursor != nil
	}
	slices.SortStableFunc(all.Data, func(a, b T) int { return cmp.Compare(idOf(b), idOf(a)) })
	// What changed its status meanwhile may be in two of them.
	all.Data = slices.CompactFunc(all.Data, func(a, b T) bool { return idOf(a) == idOf(b) })
	if len(all.Data) > limit {
		all.Data, more = all.Data[:limit], true
	}
	if more && len(all.Data) > 0 {
		next := bot9.CursorAfter(idOf(all.Data[len(all.Data)-1]))
		all.NextCursor = &next
	}
	return all
}

// answerPart answers with a page of a list that is short enough to be at hand as a whole. Its items are shown
// by rank; a page begins after the rank that the one before ended with, also if that item is gone.
func answerPart[T any](ctx context.Context, page *PageQuery, all []T, rank func(T) int64, err error) (*output[bot9.List[T]], error) {
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(rank(a), rank(b)) })
	if page.from != "" {
		last, ok := bot9.CursorID(page.from)
		if !ok {
			return nil, invalidCursor()
		}
		for len(all) > 0 && rank(all[0]) <= last {
			all = all[1:]
		}
	}
	list := bot9.List[T]{Data: all}
	if len(all) > page.Limit {
		list.Data = all[:page.Limit]
		next := bot9.CursorAfter(rank(list.Data[page.Limit-1]))
		list.NextCursor = &next
	}
	return answerList(ctx, list, nil)
}
