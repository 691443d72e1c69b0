package hook

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// maxOutput is how much of what a program prints is kept, in bytes.
const maxOutput = 64 << 10

// output keeps the beginning of what a program prints, and counts the rest, so
// that a program that prints without end fills neither pipe nor memory.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	missing int64
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := p[:min(len(p), maxOutput-o.text.Len())]
	o.text.Write(kept)
	o.missing += int64(len(p) - len(kept))
	return len(p), nil
}

// String is the text, with a note of how much is missing.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := strings.ToValidUTF8(o.text.String(), "\ufffd")
	if o.missing > 0 {
		text += fmt.Sprintf("\n(%d more bytes are not shown)\n", o.missing)
	}
	return text
}
