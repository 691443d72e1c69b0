package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settle checks the flags against each other and fills them from the environment.
func (a *App) settle(cmd *cobra.Command) error {
	a.command = cmd.CommandPath()
	flags := &a.flags
	if err := a.checkEnvironment(); err != nil {
		return err
	}
	if err := checkGiven(cmd); err != nil {
		return err
	}
	if err := a.settleReport(cmd); err != nil {
		return err
	}
	if slices.Contains(slices.Concat(formats, reportFormats), flags.output) {
		return usageError("-o/--output takes a file's path", "for the output format write --format "+flags.output)
	}
	if flags.timeout <= 0 {
		return usageError("--timeout must be above zero", "for example --timeout 30s")
	}
	if len(flags.config) == 0 {
		if paths, found := a.lookup("DESCOPE_MGMT_CONFIG"); found {
			flags.config = filepath.SplitList(paths)
		}
	}
	if flags.home == "" {
		flags.home, _ = a.lookup("DESCOPE_MGMT_HOME")
	}
	a.settleTerminal()
	if err := a.checkOutput(cmd); err != nil {
		return err
	}
	if err := a.openLog(); err != nil {
		return err
	}
	return a.nameRandomly()
}

// settleTerminal takes from the terminal what flags, and variables that came in with
// the App, do not allow.
func (a *App) settleTerminal() {
	if _, set := a.lookup("NO_COLOR"); set || a.flags.noColor {
		a.Terminal = a.Terminal.plain()
	}
	_, ci := a.lookup("CI")
	if ci || a.flags.noInput {
		a.Terminal.Interactive = false
	}
	if ci { // a line that is drawn over is a heap of lines in its log
		a.Terminal.Redraw = false
	}
}

// mayBeEmpty are the text flags whose empty value means something.
var mayBeEmpty = []string{"role-inheritance"}

// checkGiven refuses flags that were given without a value or with a senseless
// number. In a script an empty value is an unset variable, and taking it for
// "not given" would select another project, or apply what nobody has approved.
func checkGiven(cmd *cobra.Command) error {
	var failed error
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		empty := flag.Value.Type() == "string" && flag.Value.String() == "" && !slices.Contains(mayBeEmpty, flag.Name)
		if list, isList := flag.Value.(pflag.SliceValue); isList && slices.Contains(list.GetSlice(), "") {
			empty = true
		}
		if empty && failed == nil {
			failed = usageError(fmt.Sprintf("--%s is empty", flag.Name), "give it a value, or leave the flag out; is a variable unset?")
		}
	})
	for _, name := range []string{"max-workers", "confirm-users"} {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || !flag.Changed || failed != nil {
			continue
		}
		number, err := cmd.Flags().GetInt(name)
		if err != nil || number < 0 || (name == "max-workers" && (number < 1 || number > maxWorkersLimit)) {
			failed = usageError(fmt.Sprintf("--%s %d is out of range", name, number), "give a number that counts, for workers 1 to 20")
		}
	}
	return failed
}

// unwrittenError is a failure to write the output, which says nothing about what was
// to be read.
type unwrittenError struct{ error }

func (e *unwrittenError) Unwrap() error { return e.error }

func isUnwritten(err error) bool {
	_, unwritten := errors.AsType[*unwrittenError](err)
	return unwritten
}

// checkOutput refuses an output file that cannot be written before anything is
// sent: a report without a place to go would be lost.
func (a *App) checkOutput(cmd *cobra.Command) error {
	if a.flags.output == "" || wantsFolder(cmd) {
		return nil
	}
	path := a.absolute(a.flags.output)
	err := checkWritable(path)
	if err == nil {
		return nil
	}
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err // the path is that of a trial file
	}
	hint := "name another file with -o"
	if folder := filepath.Dir(a.flags.output); errors.Is(err, fs.ErrNotExist) {
		err, hint = fmt.Errorf("there is no folder %s", folder), "mkdir -p "+shellWord(folder)
	}
	return &failure{
		status: StatusError, code: "file", cause: &unwrittenError{err},
		message: fmt.Sprintf("cannot write the output to %s: %v", a.flags.output, err), hint: hint,
	}
}

// checkWritable tries what writing a file whole needs: a new file beside it.
func checkWritable(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".descope-mgmt-*.tmp")
	if err != nil {
		return err
	}
	_, writeErr := probe.Write([]byte("x"))
	closeErr := probe.Close()
	removeErr := os.Remove(probe.Name())
	return errors.Join(writeErr, closeErr, removeErr)
}
