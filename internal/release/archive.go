package release

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// File is one file of an archive.
type File struct {
	Name    string // below the archive's folder, with slashes
	Data    []byte
	Program bool // mode 0755 instead of 0644
}

func (f File) mode() int64 {
	if f.Program {
		return 0o755
	}
	return 0o644
}

// WriteArchive writes files into one folder of an archive: a ZIP file where its
// name says so, a tar file with gzip otherwise. The bytes depend on nothing but
// the names and contents, the time, and the version of Go: the order of the files
// is that of their names, and owners and modes are always the same.
func WriteArchive(out io.Writer, name, folder string, files []File, at time.Time) error {
	sorted := slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	at = at.UTC().Truncate(time.Second)
	if strings.HasSuffix(name, ".zip") {
		return writeZip(out, folder, sorted, at)
	}
	return writeTar(out, folder, sorted, at)
}

func writeTar(out io.Writer, folder string, files []File, at time.Time) error {
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	packed.ModTime = at
	archive := tar.NewWriter(packed)
	for _, file := range files {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: folder + "/" + file.Name, Size: int64(len(file.Data)), Mode: file.mode(),
			ModTime: at, Format: tar.FormatUSTAR,
		}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
		if _, err := archive.Write(file.Data); err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return packed.Close()
}

func writeZip(out io.Writer, folder string, files []File, at time.Time) error {
	archive := zip.NewWriter(out)
	for _, file := range files {
		header := &zip.FileHeader{Name: folder + "/" + file.Name, Method: zip.Deflate, Modified: at}
		header.SetMode(0o644)
		if file.Program {
			header.SetMode(0o755)
		}
		entry, err := archive.CreateHeader(header)
		if err == nil {
			_, err = entry.Write(file.Data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	return archive.Close()
}

// ChecksumsName is the file that lists the digests of all others of a release.
const ChecksumsName = "SHA256SUMS"

// Checksums are the digests of files by name, as sha256sum --check reads them,
// sorted by name.
func Checksums(files map[string][]byte) []byte {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "%s  %s\n", digest(files[name]), name)
	}
	return []byte(text.String())
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
