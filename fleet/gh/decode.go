package gh

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// errNoAnswer marks an answer that is not a list or a thing at all. It never
// means "none".
var errNoAnswer = errors.New("no usable answer")

// maxItems caps a list in one answer. GitHub gives 100 a page; without a cap
// 16 MiB of "{},{},…" would become gigabytes of structs.
const maxItems = 1000

// page is one decoded page.
type page[W any] struct {
	items   []W
	dropped int
	total   int // total_count; -1 where the answer has none
}

// decodePage reads a page: the list named under, or the answer itself where
// under is empty. An item of a wrong type is dropped and counted, the rest is
// kept. An answer without the list (empty, null, another object) is errNoAnswer:
// an empty 200 must not look like "none".
func decodePage[W any](body []byte, under string) (page[W], error) {
	p := page[W]{total: -1}
	found := false
	dec := json.NewDecoder(bytes.NewReader(body))
	err := error(nil)
	if under == "" {
		found = true
		p.items, p.dropped, err = decodeList[W](dec)
	} else {
		err = eachField(dec, func(name string) (err error) {
			switch name {
			case under:
				found = true
				p.items, p.dropped, err = decodeList[W](dec)
				return err
			case "total_count":
				p.total, err = decodeTotal(dec)
				return err
			}
			var skipped json.RawMessage
			return dec.Decode(&skipped)
		})
	}
	if err == nil {
		if _, end := dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("more than one value in it")
		}
	}
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return page[W]{}, fmt.Errorf("%w: an empty body", errNoAnswer)
	case err != nil:
		return page[W]{}, fmt.Errorf("%w: %w", errNoAnswer, err)
	case !found:
		return page[W]{}, fmt.Errorf("%w: no %s in it", errNoAnswer, under)
	}
	return p, nil
}

// eachField calls read for each field of an object, which must read its value.
func eachField(dec *json.Decoder, read func(name string) error) error {
	if t, err := dec.Token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return errors.New("not an object")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		if err := read(name.(string)); err != nil { // a field's name is a string
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// decodeList reads a list item by item.
func decodeList[W any](dec *json.Decoder) (items []W, dropped int, err error) {
	if t, err := dec.Token(); err != nil {
		return nil, 0, err
	} else if t != json.Delim('[') {
		return nil, 0, errors.New("not a list")
	}
	for dec.More() {
		if len(items)+dropped == maxItems {
			return nil, 0, fmt.Errorf("a list of more than %d", maxItems)
		}
		var w W
		switch err := dec.Decode(&w); {
		case err == nil:
			items = append(items, w)
		case broken(err):
			return nil, 0, err
		default:
			dropped++
		}
	}
	_, err = dec.Token()
	return items, dropped, err
}

// decodeTotal reads total_count; -1 for what is not a count.
func decodeTotal(dec *json.Decoder) (int, error) {
	n := -1
	if err := dec.Decode(&n); err != nil && broken(err) {
		return -1, err
	} else if err != nil || n < 0 {
		return -1, nil
	}
	return n, nil
}

// broken tells JSON that ends or breaks off from a value of a wrong type.
func broken(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// bounded is a list inside an item, with the same cap.
type bounded[T any] []T

// UnmarshalJSON fails where the list is longer than maxItems, or one of its
// items is of a wrong type; null is an empty list.
func (b *bounded[T]) UnmarshalJSON(body []byte) error {
	*b = nil
	if string(body) == "null" {
		return nil
	}
	items, dropped, err := decodeList[T](json.NewDecoder(bytes.NewReader(body)))
	if err != nil {
		return err
	}
	if dropped > 0 {
		return fmt.Errorf("%d items of a wrong type", dropped)
	}
	*b = items
	return nil
}
