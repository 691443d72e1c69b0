package descope

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// decodeList reads {"member": […]} element by element, so that a long list is
// never held twice. An empty object is an empty list, as a gateway that leaves
// out empty fields gives it; an object of other things is an error.
func decodeList[T any](answer io.Reader, member string, parse func(json.RawMessage) (T, error)) ([]T, error) {
	if text, inMemory := answer.(*bytes.Buffer); inMemory {
		if list, ok := parseList(text.Bytes(), member, parse); ok {
			return list, nil
		}
	}
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

// parseList reads a list of objects that is in memory; parse has to refuse what is no
// JSON. It knows the usual form alone,
// with the list as its first member: false says that the answer has to be read the long
// way, which also finds what is wrong with it.
func parseList[T any](text []byte, member string, parse func(json.RawMessage) (T, error)) ([]T, bool) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte(`{"`+member+`":[`))
	if !ok {
		return nil, false
	}
	var list []T
	for more := bytes.HasPrefix(rest, []byte{'{'}); more; {
		end := objectEnd(rest)
		element, err := parse(rest[:end:end])
		if err != nil {
			return nil, false
		}
		list, rest = append(list, element), rest[end:]
		if more = bytes.HasPrefix(rest, []byte(",{")); more {
			rest = rest[1:]
		}
	}
	if !bytes.HasPrefix(rest, []byte{']'}) {
		return nil, false
	}
	_, err := resource.ParseValue(slices.Concat([]byte(`{"`+member+`":[`), rest)) // what follows
	return list, err == nil
}

// objectEnd is the index after the object at the beginning of a text, whatever stands
// inside; the text's length where it does not end.
func objectEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
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
	if !bytes.HasPrefix(raw, []byte{'{'}) || !json.Valid(raw) {
		return nil, errors.New("it is no JSON object")
	}
	return raw, nil
}
