package descope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// answers are texts that a list or an export may have, and pieces of which others are
// made.
var answers = []string{
	`{"tenants":[]}`, `{}`, `{"tenants":null}`, `{"tenants":[{"id":"a"}],"tenants":[]}`, `{"total":1,"tenants":[{"id":"a"}]}`,
	`{"tenants":[{"id":"a","name":"A","x":["}","\"]"]},{"id":"b","y":{"z":[1.0,2e3]}}],"total":"2"}`,
	`{"tenants":[{"id":"a"}{"id":"b"}]}`, `{"tenants":[{"id":"a"},]}`, `{"tenants":[{"id":"a"}]} {}`, ` {"tenants":[{"id":"a"}]}` + "\n",
	`{"tenants":[{"id":"a","id":"b"}]}`, `{"tenants":[{"id":"a"},1]}`, `{"tenants":[{"id":"a"`, `{"tenants":[{"id":"a\u00e9","p":"\u003c"}]}`,
	`{"flow":{"flowId":"a","metadata":{"name":"A"}}}`, `{"flow":{"metadata":{"disabled":true},"flowId":"a"},"x":[{}]}`, `{"flow":null}`, `{"Flow":{"flowId":"a"}}`,
	`{"flow":{"flowId":"b"}}`, `{"flow":{"flowId":"a"},"flow":{"flowId":"a","z":1}}`, `{"flow":{"flowId":"a","z":1,"z":2}}`,
}

// TestAnAnswerInMemoryIsReadLikeAStream damages answers and reads them both ways.
func TestAnAnswerInMemoryIsReadLikeAStream(t *testing.T) {
	for _, text := range answers {
		readBothWays(t, []byte(text))
	}
	rapid.Check(t, func(random *rapid.T) {
		text := []byte(rapid.SampledFrom(answers).Draw(random, "answer"))
		from := rapid.IntRange(0, len(text)).Draw(random, "from")
		to := rapid.IntRange(from, min(len(text), from+8)).Draw(random, "to")
		piece := rapid.SampledFrom([]string{"", ",", "{", "}", "]", `"`, `\`, " ", "{}", `,{"id":"c"}`, "\x00", "\xff", `"a":1,`}).Draw(random, "piece")
		readBothWays(random, bytes.Join([][]byte{text[:from], []byte(piece), text[to:]}, nil))
	})
}

func FuzzAnswerInMemory(f *testing.F) {
	for _, text := range answers {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { readBothWays(t, text) })
}

// failer is what testing.T and rapid.T have in common here.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// readBothWays fails where it matters whether a text is in memory.
func readBothWays(t failer, text []byte) {
	t.Helper()
	ways := map[string]func(io.Reader) (any, error){
		"tenants": func(answer io.Reader) (any, error) { return decodeList(answer, "tenants", resource.ParseTenant) },
		"objects": func(answer io.Reader) (any, error) { return decodeList(answer, "tenants", rawObject) },
		"export":  func(answer io.Reader) (any, error) { return decodeExport(answer, resource.Flow{ID: "a"}) },
	}
	for name, decode := range ways {
		inMemory, memoryErr := decode(bytes.NewBuffer(bytes.Clone(text)))
		streamed, streamErr := decode(bytes.NewReader(text))
		if fmt.Sprint(memoryErr) != fmt.Sprint(streamErr) || memoryErr == nil && shown(inMemory) != shown(streamed) {
			t.Fatalf("%s of %q: in memory %s, %v; as a stream %s, %v", name, text, shown(inMemory), memoryErr, shown(streamed), streamErr)
		}
	}
}

func shown(value any) string {
	if list, ok := value.([]json.RawMessage); ok {
		return fmt.Sprintf("%q", list)
	}
	return fmt.Sprintf("%+q", value)
}
