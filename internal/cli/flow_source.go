package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// sourceKind says where the document of a flow comes from.
type sourceKind string

// The kinds.
const (
	sourceFile    sourceKind = "file" // or the folder of a snapshot
	sourceGit     sourceKind = "git"
	sourceLive    sourceKind = "live"
	sourceHistory sourceKind = "history"
	sourceBackup  sourceKind = "backup"
)

// sourceHelp explains the sources in help texts.
const sourceHelp = "one of:\n" +
	"  FILE            a management or console export, or the folder of a snapshot\n" +
	"  ID, live:ID     a live flow\n" +
	"  git:REV:PATH    a file of a commit; PATH from the top of the repository, or with ./ from here\n" +
	"  history:ID:N    a version that flow history shows\n" +
	"  backup:FILE:ID  a flow in a backup; FILE as for backup show, or latest\n" +
	"A word without prefix is a file where there is one of that name, or where it has a slash or ends in .json; otherwise\n" +
	"it is a live flow's id. Write ./FILE or live:ID to be sure."

// flowSource is one place where a document of a flow can be read.
type flowSource struct {
	given string // by the user
	kind  sourceKind
	place string // the file, the commit's revision, the backup's file, or the flow's id
	part  string // git: the path; backup: the flow's id
	n     int    // history: the version
	loose bool   // it is a word that could name a live flow as well
}

// parseFlowSource reads what a user gives as a source. Nothing is opened.
func (a *App) parseFlowSource(given string) (flowSource, error) {
	prefix, rest, _ := strings.Cut(given, ":")
	source := flowSource{given: given, kind: sourceKind(prefix), place: rest}
	found := true
	switch source.kind {
	case sourceGit:
		source.place, source.part, found = strings.Cut(rest, ":")
		found = found && source.part != ""
	case sourceBackup:
		source.place, source.part, found = cutLast(rest)
		found = found && source.part != ""
	case sourceHistory:
		var number string
		source.place, number, found = cutLast(rest)
		version, err := strconv.Atoi(number)
		source.n, found = version, found && err == nil && version > 0
	case sourceLive:
	default:
		source = a.plainSource(given)
	}
	if !found || source.place == "" {
		return flowSource{}, usageError(
			fmt.Sprintf("%q is no source of a flow", given), "write a file, a live flow's id, git:REV:PATH, history:ID:N, backup:FILE:ID or live:ID",
		)
	}
	return source, nil
}

// plainSource is a source without a prefix.
func (a *App) plainSource(given string) flowSource {
	source := flowSource{given: given, kind: sourceLive, place: given}
	named := strings.ContainsRune(given, filepath.Separator) || strings.HasSuffix(given, ".json")
	_, err := os.Stat(a.absolute(given))
	if named || err == nil && given != "" {
		source.kind, source.loose = sourceFile, !named
	}
	return source
}

// cutLast cuts at the last colon: ids and files may hold others.
func cutLast(text string) (before, after string, found bool) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

// readFlowFile reads a file, or the folder of a snapshot.
func (a *App) readFlowFile(given string) (flow.Document, error) {
	path := a.absolute(given)
	info, err := os.Stat(path)
	if err != nil {
		return flow.Document{}, noFlowFile(given, err)
	}
	var document flow.Document
	switch {
	case info.IsDir():
		var files map[string][]byte
		if files, err = readSnapshotFolder(path); err == nil {
			document, err = flow.ParseSnapshot(files)
		}
	case info.Mode().IsRegular():
		var text []byte
		if text, err = readFlowText(path); err == nil {
			document, err = flow.Parse(text)
		}
	default:
		err = errors.New("it is neither a regular file nor a folder")
	}
	if _, isDocument := errors.AsType[*flow.DocumentError](err); err != nil && !isDocument {
		return flow.Document{}, noFlowFile(given, err)
	}
	return document, badFlow(given, err)
}

// readFlowText reads no more than is needed to see that a file is too large.
func readFlowText(path string) (text []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	return io.ReadAll(io.LimitReader(file, flow.MaxSize+1))
}

// readSnapshotFolder reads what makes a flow of a snapshot's folder; pictures and
// notes beside it are passed over.
func readSnapshotFolder(path string) (map[string][]byte, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	files, size := map[string][]byte{}, 0
	for _, entry := range entries {
		if !entry.Type().IsRegular() || filepath.Ext(entry.Name()) != ".json" {
			continue
		}
		text, err := readFlowText(filepath.Join(path, entry.Name()))
		if err != nil {
			return nil, err
		}
		files[entry.Name()] = text
		if size += len(text); size > flow.MaxSize {
			break // enough for the error
		}
	}
	return files, nil
}

func noFlowFile(given string, err error) error {
	if pathError, ok := errors.AsType[*os.PathError](err); ok {
		err = pathError.Err
	}
	return &failure{
		status: StatusUsage, code: "file", cause: err, message: fmt.Sprintf("cannot read the flow %s: %v", given, err),
		hint: "name a flow's file or snapshot folder, or git:REV:PATH; descope-mgmt flow export ID -o FILE writes one",
	}
}

// badFlow is an error about the content of a document that the user has named;
// nil for nil.
func badFlow(given string, err error) error {
	damage, ok := errors.AsType[*flow.DocumentError](err)
	if !ok {
		return err
	}
	fault := damage.Fault()
	return &failure{status: StatusUsage, code: fault.Code, cause: err, message: given + ": " + fault.Message, hint: fault.Hint}
}
