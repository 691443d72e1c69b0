package resource_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

var errTwice = errors.New("the same key twice")

// referenceCanonical makes JSON canonical with encoding/json's own tokens: slow,
// and independent of the scanner that it judges.
func referenceCanonical(raw []byte) (string, error) {
	if !json.Valid(raw) {
		return "", errors.New("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	text, err := referenceValue(decoder, 0)
	if err != nil {
		return "", err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("trailing text")
	}
	return text, nil
}

func referenceValue(decoder *json.Decoder, depth int) (string, error) {
	if depth > 100 {
		return "", errors.New("too deep")
	}
	token, err := decoder.Token()
	if err != nil {
		return "", err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return referenceArray(decoder, depth)
		}
		return referenceObject(decoder, depth)
	case string:
		return referenceString(token), nil
	case nil:
		return "null", nil
	default:
		return fmt.Sprint(token), nil // json.Number keeps its digits
	}
}

func referenceArray(decoder *json.Decoder, depth int) (string, error) {
	text := "["
	for decoder.More() {
		item, err := referenceValue(decoder, depth+1)
		if err != nil {
			return "", err
		}
		if text != "[" {
			text += ","
		}
		text += item
	}
	_, err := decoder.Token()
	return text + "]", err
}

func referenceObject(decoder *json.Decoder, depth int) (string, error) {
	members := map[string]string{}
	twice := false
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return "", err
		}
		key := token.(string)
		if _, found := members[key]; found {
			twice = true
		}
		if members[key], err = referenceValue(decoder, depth+1); err != nil {
			return "", err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return "", err
	}
	if twice {
		return "", errTwice
	}
	text := "{"
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i > 0 {
			text += ","
		}
		text += referenceString(key) + ":" + members[key]
	}
	return text + "}", nil
}

func referenceString(s string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err)
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}
