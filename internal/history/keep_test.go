package history_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestKeptDocumentIsFoundWithoutAVersion(t *testing.T) {
	h := open(t.TempDir())
	if err := h.Keep("f", document("one")); err != nil {
		t.Fatal(err)
	}
	got, err := h.ByDigest("f", document("one").Digest())
	if err != nil || !got.Equal(document("one")) {
		t.Errorf("got %s, %v", got, err)
	}
	entries, err := h.Entries("f")
	if err != nil || len(entries) != 0 {
		t.Errorf("a version was added: %v, %v", entries, err)
	}
	_, err = h.ByDigest("g", document("one").Digest())
	wantMissing(t, err, "flow \"g\"")
	if h.Keep("", document("one")) == nil || h.Keep("f", resource.Absent) == nil {
		t.Error("nothing was kept without an error")
	}
}
