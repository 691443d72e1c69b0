package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// formatDocument is what machines read about the files that were formatted.
type formatDocument struct {
	FormatVersion string         `json:"format_version"`
	Files         []formatRecord `json:"files"`          // in the order of the configuration
	Text          string         `json:"text,omitempty"` // of the standard input, formatted
}

// formatRecord is one file. Changed says that it differs from its canonical form, or
// has until now.
type formatRecord struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"`
	Diff    string `json:"diff,omitempty"` // with --diff: what differs, in the unified format
}

// fmtOptions are the flags of config fmt.
type fmtOptions struct {
	check bool
	diff  bool
}

// formattedFile is a file as it is and as it will be.
type formattedFile struct {
	config.File
	target        string // the file itself, where Path is a link
	mode          fs.FileMode
	before, after []byte
}

// standardInput is the argument that stands for the standard input.
const standardInput = "-"

// largestFormatted bounds what is held in memory at once.
const largestFormatted = 256 << 20

func newConfigFmtCommand(a *App) *cobra.Command {
	var options fmtOptions
	cmd := exits(&cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Write the configuration's files in their canonical form",
		Long: "Writes files of the configuration in one canonical form, and keeps what they mean: keys in the order of the\n" +
			"reference, two blanks of indentation, quotes only where they are needed, one empty line between the blocks of the\n" +
			"top level. Comments, empty lines between groups, anchors, tags and block text stay. Lists and mappings in brackets\n" +
			"stay on their line while it has at most 120 characters.\n\n" +
			"A PATH is a file or a folder, as for -c, and - is the standard input, which is written to the standard output.\n" +
			"Without one they are the files of the configuration. Before a file is replaced, the configuration is read as it\n" +
			"will be, and must say the same in every environment. Nothing is sent, and no credentials are needed. --diff shows what differs\n" +
			"in the unified format; values that are marked with !secret are not shown.",
		Example: "  descope-mgmt config fmt\n  descope-mgmt config fmt --check -c tenants/\n  descope-mgmt config fmt --diff\n  descope-mgmt config fmt - <descope.yaml",
		Args:    rangeArgs(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.Flags().Changed("config") {
				return usageError("the files are named twice, by -c and by PATH", "drop one of the two")
			}
			return a.runConfigFmt(cmd.Context(), args, options)
		},
	}, StatusLocked)
	cmd.Flags().BoolVar(&options.check, "check", false, "write nothing; list the files that differ, and exit 1 where there are any")
	cmd.Flags().BoolVar(&options.diff, "diff", false, "the same, and show what differs in place of the list")
	return cmd
}

func (a *App) runConfigFmt(ctx context.Context, args []string, flags fmtOptions) error {
	check := flags.check || flags.diff
	options := a.formatOptions(args)
	for _, arg := range args {
		if arg == standardInput && len(args) > 1 {
			return usageError("the standard input is formatted alone", "drop the other paths, or -")
		}
		if arg == standardInput {
			return a.formatInput(ctx, options, flags)
		}
	}
	var edit *editing
	if !check {
		var err error
		if edit, err = a.editConfiguration(ctx, options); err != nil {
			return err
		}
		defer edit.end()
	}
	files, err := readFormatted(options)
	if err != nil {
		return err
	}
	if err := formatAll(files); err != nil {
		return err
	}
	document := formatDocument{FormatVersion: resource.FormatVersion, Files: []formatRecord{}}
	replaced := map[string][]byte{}
	for _, file := range files {
		changed := !bytes.Equal(file.before, file.after)
		document.Files = append(document.Files, a.formatRecord(file.Name, file.before, file.after, flags))
		if changed {
			replaced[file.Path] = file.after
		}
	}
	if len(replaced) > 0 {
		if err := config.CompareText(ctx, options, replaced); err != nil {
			return otherMeaning(err)
		}
	}
	if !check {
		if err := edit.check(); err != nil {
			return err
		}
		if err := writeFormatted(files); err != nil {
			return err
		}
	}
	return a.showFormatted(document, flags)
}

// formatOptions say which files are formatted: those of the arguments, or those of
// the configuration.
func (a *App) formatOptions(args []string) config.Options {
	paths := make([]string, 0, len(args)+len(a.flags.config))
	given := args
	if len(given) == 0 {
		given = a.flags.config
	}
	for _, path := range given {
		paths = append(paths, a.absolute(path))
	}
	return config.Options{
		Paths: paths, WorkDir: a.WorkDir, Home: a.Home, Lookup: a.lookupSet,
		ToolVersion: currentBuild().Version, AllowExec: a.env["DESCOPE_MGMT_ALLOW_EXEC"] == "1",
	}
}

// readFormatted reads all files.
func readFormatted(options config.Options) ([]*formattedFile, error) {
	found, err := config.Files(options)
	if err != nil {
		return nil, err
	}
	files := make([]*formattedFile, 0, len(found))
	for _, one := range found {
		file := &formattedFile{File: one}
		if err := file.read(); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// read reads the file. A link is followed, so that the file itself is replaced and
// the link stays.
func (f *formattedFile) read() error {
	reader, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	if f.before, err = readBounded(reader); err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	if f.target, err = filepath.EvalSymlinks(f.Path); err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	info, err := os.Stat(f.target)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	f.mode = info.Mode().Perm()
	return nil
}

func readBounded(reader io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(reader, largestFormatted+1))
	if err == nil && len(text) > largestFormatted {
		err = fmt.Errorf("it has more than %d MiB", largestFormatted>>20)
	}
	return text, err
}

// formatAll formats all files. What cannot be formatted is reported together.
func formatAll(files []*formattedFile) error {
	ranks := config.KeyRanks()
	var refused []string
	for _, file := range files {
		syntax := yamledit.YAML
		if file.JSON {
			syntax = yamledit.JSON
		}
		var err error
		if file.after, err = yamledit.Format(file.before, syntax, ranks); err != nil {
			if isOtherMeaning(err) {
				return otherMeaning(fmt.Errorf("%s: %w", file.Name, err))
			}
			refused = append(refused, placedError(file.Name, err))
		}
	}
	return notFormatted(refused)
}

// notFormatted is the error of texts that cannot be formatted; nil for none.
func notFormatted(refused []string) error {
	if len(refused) == 0 {
		return nil
	}
	return &failure{status: StatusUsage, code: "not_formattable", message: strings.Join(refused, "\n"), hint: "nothing was written; correct the places above, descope-mgmt validate says more about them"}
}

// placedError is an error with its place in front.
func placedError(name string, err error) string {
	if refused, ok := errors.AsType[*yamledit.Error](err); ok {
		return fmt.Sprintf("%s:%d:%d: %s", name, refused.Line, refused.Column, refused.Message)
	}
	return name + ": " + err.Error()
}

// isOtherMeaning reports whether the formatter has found a mistake of its own.
func isOtherMeaning(err error) bool {
	refused, ok := errors.AsType[*yamledit.Error](err)
	return ok && refused.Reason == yamledit.ReasonInternal
}

// otherMeaning is the error where a formatted text would not say the same.
func otherMeaning(err error) error {
	return &failure{status: StatusInternal, code: "internal", message: "the formatted files would say something else, so that nothing was written: " + err.Error(), cause: err}
}

// writeFormatted replaces the files that differ, each whole or not at all. A file that
// has changed since it was read stops everything.
func writeFormatted(files []*formattedFile) error {
	for _, file := range files {
		now, err := os.ReadFile(file.target)
		if err != nil {
			return fmt.Errorf("read %s: %w", file.Name, err)
		}
		if !bytes.Equal(now, file.before) {
			return &failure{status: StatusError, code: "file_changed", message: file.Name + " has changed while the command ran", hint: "nothing was written; run it again"}
		}
	}
	for _, file := range files {
		if bytes.Equal(file.before, file.after) {
			continue
		}
		if err := store.WriteFile(file.target, file.after, file.mode); err != nil {
			return err
		}
	}
	return nil
}

// formatInput formats the standard input.
func (a *App) formatInput(ctx context.Context, options config.Options, flags fmtOptions) error {
	before, err := readBounded(a.In)
	if err != nil {
		return fmt.Errorf("read the standard input: %w", err)
	}
	syntax := yamledit.YAML
	if json.Valid(before) {
		syntax = yamledit.JSON
	}
	after, err := yamledit.Format(before, syntax, config.KeyRanks())
	switch {
	case isOtherMeaning(err):
		return otherMeaning(err)
	case err != nil:
		return notFormatted([]string{placedError(standardInput, err)})
	}
	if err := config.CompareDocument(ctx, options, syntax == yamledit.JSON, before, after); err != nil {
		return otherMeaning(err)
	}
	document := formatDocument{
		FormatVersion: resource.FormatVersion,
		Files:         []formatRecord{a.formatRecord(standardInput, before, after, flags)},
	}
	if flags.check || flags.diff {
		return a.showFormatted(document, flags)
	}
	document.Text = string(after)
	return a.show(document, func(w io.Writer) { _, _ = w.Write(after) })
}

// showFormatted shows what came of it; a check ends with 1 where a file differs.
func (a *App) showFormatted(document formatDocument, flags fmtOptions) error {
	changed, check := 0, flags.check || flags.diff
	for _, file := range document.Files {
		if file.Changed {
			changed++
		}
	}
	err := a.show(document, func(w io.Writer) {
		for _, file := range document.Files {
			switch {
			case flags.diff:
				writeUnified(w, file.Diff)
			case file.Changed && check:
				fmt.Fprintln(w, printableLine(file.File))
			case file.Changed:
				fmt.Fprintf(w, "formatted %s\n", printableLine(file.File))
			}
		}
		if changed == 0 {
			fmt.Fprintf(w, "Nothing to format: %s.\n", counted(len(document.Files), "file"))
		}
	})
	if err != nil || changed == 0 || !check {
		return err
	}
	a.notice("not in canonical form: %s; descope-mgmt config fmt writes it", counted(changed, "file"))
	return &failure{status: StatusError, code: "not_formatted"}
}
