package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// The parts of a CycloneDX 1.6 document that a list of modules needs
// (https://cyclonedx.org/docs/1.6/json/).
type (
	bom struct {
		Format       string          `json:"bomFormat"`
		SpecVersion  string          `json:"specVersion"`
		SerialNumber string          `json:"serialNumber"`
		Version      int             `json:"version"`
		Metadata     bomMetadata     `json:"metadata"`
		Components   []bomComponent  `json:"components"`
		Dependencies []bomDependency `json:"dependencies"`
	}
	bomMetadata struct {
		Timestamp string       `json:"timestamp"`
		Component bomComponent `json:"component"`
	}
	bomComponent struct {
		Type       string        `json:"type"`
		Ref        string        `json:"bom-ref"`
		Name       string        `json:"name"`
		Version    string        `json:"version"`
		Scope      string        `json:"scope,omitempty"`
		Hashes     []bomHash     `json:"hashes,omitempty"`
		Licenses   []bomLicense  `json:"licenses,omitempty"`
		PURL       string        `json:"purl"`
		Properties []bomProperty `json:"properties,omitempty"`
	}
	bomHash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	bomLicense struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
	}
	bomProperty struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	bomDependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
)

// WriteSBOM lists what is in a binary as CycloneDX: each module whose code the
// linker has put in, and Go's own library. The build information comes from the
// binary itself; licences are by module path, and one that is not there is left
// out. The same binary always gives the same document.
func WriteSBOM(info *debug.BuildInfo, target Target, version string, binary []byte, licences map[string]Licence, at time.Time) ([]byte, error) {
	program := component("application", info.Main.Path, version, "")
	program.Name = Program
	program.Hashes = []bomHash{{"SHA-256", digest(binary)}}
	program.Properties = []bomProperty{{"descope-mgmt:platform", target.String()}}
	document := bom{
		Format: "CycloneDX", SpecVersion: "1.6", SerialNumber: serial(binary), Version: 1,
		Metadata: bomMetadata{Timestamp: at.UTC().Format(time.RFC3339), Component: program},
	}
	inside := []bomComponent{component("library", standardLibrary, strings.TrimPrefix(info.GoVersion, "go"), licences[standardLibrary].ID)}
	for _, module := range info.Deps {
		if module.Replace != nil {
			return nil, fmt.Errorf("the module %s is replaced: a release has none that nobody else can get", module.Path)
		}
		one := component("library", module.Path, module.Version, licences[module.Path].ID)
		if module.Sum != "" { // as it stands in go.sum, a hash of its files and no digest of an archive
			one.Properties = []bomProperty{{"go:sum", module.Sum}}
		}
		inside = append(inside, one)
	}
	var refs []string
	for _, one := range inside {
		refs = append(refs, one.Ref)
	}
	document.Components = inside
	document.Dependencies = []bomDependency{{program.Ref, refs}}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(document)
	return text.Bytes(), err
}

// standardLibrary is what lists of vulnerabilities call Go's own library.
const standardLibrary = "stdlib"

func component(kind, path, version, licence string) bomComponent {
	// What may not stand in a package URL is escaped (https://github.com/package-url/purl-spec).
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	one := bomComponent{Type: kind, Ref: purl, Name: path, Version: version, PURL: purl}
	if licence != "" {
		one.Licenses = make([]bomLicense, 1)
		one.Licenses[0].License.ID = licence
	}
	return one
}

// serial is a UUID that belongs to these bytes, so that it is no matter of chance.
// It is marked as one of version 8, which RFC 9562 leaves to its maker.
func serial(binary []byte) string {
	id := sha256.Sum256(binary)
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}
