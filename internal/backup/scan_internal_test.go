package backup

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestBounds: a document without end is refused where its bound is, and white
// space does not fill the memory on the way.
func TestBounds(t *testing.T) {
	for name, endless := range map[string]string{
		"white space":        " ",
		"a string":           `{"`,
		"white space inside": `{"metadata":{`,
	} {
		t.Run(name, func(t *testing.T) {
			p := parser{scanner: newScanner(io.MultiReader(strings.NewReader(endless), &endlessSpace{}), 1<<20, 1<<12)}
			err := p.document()
			if _, damaged := errors.AsType[*DamagedError](err); !damaged || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
				t.Errorf("got %v", err)
			}
			if name != "a string" && cap(p.text) > 1<<14 {
				t.Errorf("%d bytes are kept", cap(p.text))
			}
		})
	}
}

type endlessSpace struct{}

func (*endlessSpace) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = ' '
	}
	return len(into), nil
}
