package descope

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// decodeList reads {"member": […]} element by element, so that a long list is
// never held twice. An empty object is an empty list, as a gateway that leaves
// out empty fields gives it; an object of other things is an error.
func decodeList[T any](answer io.Reader, member string, parse func(json.RawMessage) (T, error)) ([]T, error) {
	decoder := json.NewDecoder(answer)
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, cmp.Or(err, errors.New("the answer is no JSON object"))
	}
	var list []T
	found, others := false, false
	for decoder.More() {
		key, err := decoder.Token()
		switch {
		case err != nil:
		case key != member:
			others = true
			err = decoder.Decode(new(json.RawMessage))
		case found:
			err = fmt.Errorf("%q stands twice in the answer", member)
		default:
			found = true
			list, err = decodeElements(decoder, member, parse)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if others && !found {
		return nil, fmt.Errorf("the answer has no %q", member)
	}
	return list, atEnd(decoder)
}

func decodeElements[T any](decoder *json.Decoder, member string, parse func(json.RawMessage) (T, error)) ([]T, error) {
	open, err := decoder.Token()
	if err != nil || open == nil { // null is an empty list
		return nil, err
	}
	if open != json.Delim('[') {
		return nil, fmt.Errorf("%q is no list", member)
	}
	var list []T
	for decoder.More() {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return nil, err
		}
		element, err := parse(raw)
		if err != nil {
			return nil, fmt.Errorf("element %d of the list: %w", len(list)+1, err)
		}
		list = append(list, element)
	}
	_, err = decoder.Token()
	return list, err
}

// rawObject is an element of a list that is kept as it is.
func rawObject(raw json.RawMessage) (json.RawMessage, error) {
	if !bytes.HasPrefix(raw, []byte{'{'}) {
		return nil, errors.New("it is no JSON object")
	}
	return raw, nil
}
