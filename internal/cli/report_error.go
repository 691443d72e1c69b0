package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// errorDocument is what a machine reads when a command ends before its result.
type errorDocument struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code        string             `json:"code"`
	Status      int                `json:"status"` // HTTP status; 0 when no answer is behind the error
	Message     string             `json:"message"`
	Hint        string             `json:"hint"`
	ExitStatus  int                `json:"exit_status"`
	Diagnostics []diagnosticRecord `json:"diagnostics,omitempty"`
}

// diagnosticRecord is one finding in a configuration.
type diagnosticRecord struct {
	Severity   string `json:"severity"`
	Code       string `json:"code"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
}

// silent are the ends of a command that have nothing left to say: its result
// has been printed and says it all.
func silent(err error) bool {
	var own *failure
	return errors.As(err, &own) && own.message == ""
}

// reportError prints an error for people on Err, and for machines, or as a report, as
// the one document on the standard output: a file that --output names holds data, and
// keeps what it held before.
func (a *App) reportError(err error) {
	if err == nil || silent(err) || errors.Is(err, syscall.EPIPE) { // who went away reads nothing more
		return
	}
	body := describe(err)
	var late *afterResult
	switch {
	case errors.As(err, &late):
	case a.flags.format == formatJSON || a.flags.format == formatYAML:
		a.flags.output = ""
		_ = a.show(errorDocument{Error: body}, nil) // Err says it too
	case a.reporting != "":
		a.showFault(body, isUnwritten(err))
	}
	a.printError(err, body)
}

func (a *App) printError(err error, body errorBody) {
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		a.showErr(func(w io.Writer) {
			for _, diagnostic := range invalid.Diagnostics {
				writeDiagnostic(w, diagnostic)
			}
		})
	}
	a.warn("error: %s", body.Message)
	if body.Hint != "" {
		a.warn("hint: %s", body.Hint)
	}
	var panicked *panicError
	if errors.As(err, &panicked) && a.flags.logLevel == "debug" {
		fmt.Fprintf(a.Err, "%s\n%s\n", printable(fmt.Sprint(panicked.value)), panicked.stack)
	}
}

// faulty is an error that knows how documents show it.
type faulty interface{ Fault() resource.Fault }

// describe gives the parts of an error that documents carry.
func describe(err error) errorBody {
	body := errorBody{Code: "error", Message: err.Error(), ExitStatus: int(StatusOf(err))}
	var (
		own        *failure
		withFault  faulty
		invalid    *config.InvalidError
		notFound   *config.NotFoundError
		selection  *config.SelectionError
		credential *config.MissingCredentialError
		planning   *plan.InvalidError
		stale      *plan.StaleError
	)
	switch {
	case errors.As(err, &own):
		body.Code, body.Hint = own.code, own.hint
	case errors.As(err, &withFault):
		fault := withFault.Fault()
		body.Code, body.Status, body.Hint = fault.Code, fault.Status, fault.Hint
	case errors.As(err, &notFound) && notFound.Hint() != "":
		body.Code, body.Hint = "no_configuration", notFound.Hint()
	case errors.As(err, &invalid):
		body.Code, body.Hint = "invalid_configuration", "nothing was sent; correct the places above and run descope-mgmt validate"
		body.Diagnostics = diagnosticRecords(invalid.Diagnostics)
	case errors.As(err, &notFound):
		body.Code, body.Hint = "no_configuration", "descope-mgmt init makes a descope.yaml from the live project; or write one, or name a file with -c PATH"
	case errors.As(err, &selection):
		body.Code, body.Hint = "selection", selection.Hint
	case errors.As(err, &credential):
		body.Code, body.Hint = "missing_credential", credential.Hint
	case errors.As(err, &planning):
		body.Code, body.Hint = "invalid_configuration", "nothing was sent; correct the places above"
		if !slices.ContainsFunc(planning.Problems, func(problem plan.Problem) bool { return !problem.Position.IsZero() }) {
			body.Hint = "nothing was sent; correct what the command line says" // there is no other place
		}
		body.Diagnostics = problemRecords(planning.Problems)
	case errors.As(err, &stale):
		body.Code, body.Hint = "stale_plan", "make a new plan, look at it, and apply that one"
	case isFileProblem(err):
		body.Code, body.Hint = "file", fileHint(err)
	}
	if body.Hint == "" {
		body.Hint = lastHint
	}
	if StatusOf(err) == StatusInternal {
		body.Code, body.Hint = "internal", "run again with --log-level debug and report what it prints"
	}
	return body
}

// lastHint is the next step after an error that has none of its own.
const lastHint = "run it again with --log-level debug, which shows every call"

// fileHint is the next step after a failure to read or write a file.
func fileHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "check the path, and that the file is there"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "check who may read and write there (ls -l), or name another place"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room there, or name another place, and run it again"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return "check the path: a file stands where a folder is meant, or the other way round"
	}
	return "check the path, or name another place"
}

func diagnosticRecords(diagnostics []config.Diagnostic) []diagnosticRecord {
	records := make([]diagnosticRecord, 0, len(diagnostics))
	for _, diagnostic := range diagnostics {
		records = append(records, diagnosticRecord{
			Severity: string(diagnostic.Severity), Code: diagnostic.Code,
			File: diagnostic.Position.File, Line: diagnostic.Position.Line, Column: diagnostic.Position.Column,
			Message: diagnostic.Message, Suggestion: diagnostic.Suggestion,
		})
	}
	return records
}

func problemRecords(problems []plan.Problem) []diagnosticRecord {
	records := make([]diagnosticRecord, 0, len(problems))
	for _, problem := range problems {
		records = append(records, diagnosticRecord{
			Severity: "error", Code: problem.Code,
			File: problem.Position.File, Line: problem.Position.Line, Column: problem.Position.Column,
			Message: problem.Message, Suggestion: problem.Suggestion,
		})
	}
	return records
}
