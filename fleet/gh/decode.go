package gh

import (
	"encoding/json"
	"errors"
	"fmt"
)

// errNoAnswer marks an answer that is not a list or a thing at all. It never
// means "none".
var errNoAnswer = errors.New("no usable answer")

// page is one decoded page.
type page[W any] struct {
	items   []W
	dropped int
	total   int // total_count; -1 where the answer has none
}

// opener decodes a whole page at once. A nil list is a list that is not there.
type opener[W any] func(body []byte) (items []W, total *int, err error)

// openArray opens an answer that is the list itself.
func openArray[W any](body []byte) ([]W, *int, error) {
	var items []W
	err := json.Unmarshal(body, &items)
	return items, nil, err
}

// decodePage reads a page. An item with a wrong type is dropped and counted, the
// rest is kept. An answer without the list (empty, null, another object) is
// errNoAnswer: an empty 200 must not look like "none".
func decodePage[W any](body []byte, under string, open opener[W]) (page[W], error) {
	if len(body) == 0 {
		return page[W]{}, fmt.Errorf("%w: an empty body", errNoAnswer)
	}
	items, total, err := open(body)
	if err != nil {
		return decodeItems[W](body, under)
	}
	if items == nil {
		return page[W]{}, fmt.Errorf("%w: no list in it", errNoAnswer)
	}
	out := page[W]{items: items, total: -1}
	if total != nil && *total >= 0 {
		out.total = *total
	}
	return out, nil
}

// decodeItems is decodePage's slow way, item by item: it finds out whether the
// page is broken or one item of it.
func decodeItems[W any](body []byte, under string) (page[W], error) {
	out := page[W]{total: -1}
	list := json.RawMessage(body)
	if under != "" {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(body, &fields); err != nil {
			return out, fmt.Errorf("%w: %w", errNoAnswer, err)
		}
		list = fields[under]
		var total *int
		if json.Unmarshal(fields["total_count"], &total) == nil && total != nil && *total >= 0 {
			out.total = *total
		}
	}
	var each []json.RawMessage
	if err := json.Unmarshal(list, &each); err != nil {
		return out, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	if each == nil {
		return out, fmt.Errorf("%w: no list in it", errNoAnswer)
	}
	for _, one := range each {
		var w W
		if json.Unmarshal(one, &w) != nil {
			out.dropped++
			continue
		}
		out.items = append(out.items, w)
	}
	return out, nil
}
