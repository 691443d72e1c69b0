package doctor

import "cmp"

// Verdict says how a check ended.
type Verdict string

// The verdicts. A note is worth knowing and wants nothing done; a warning wants to
// be looked at; a problem keeps commands from working, or lets others do harm.
const (
	OK      Verdict = "ok"
	Note    Verdict = "note"
	Warning Verdict = "warning"
	Problem Verdict = "problem"
	Skipped Verdict = "skipped" // nothing could be found out, and why
)

// verdicts are all verdicts by their weight.
var verdicts = map[Verdict]int{OK: 1, Skipped: 2, Note: 3, Warning: 4, Problem: 5}

// Worse is the graver one of two verdicts; anything is graver than none.
func Worse(a, b Verdict) Verdict {
	if cmp.Compare(verdicts[a], verdicts[b]) < 0 {
		return b
	}
	return a
}

// Check is one thing that was looked at.
type Check struct {
	ID          string   `json:"id"`                    // of the [Catalogue]
	Environment string   `json:"environment,omitempty"` // whose it is; empty for the machine, or where none is configured
	Verdict     Verdict  `json:"verdict"`
	Summary     string   `json:"summary"`          // one sentence, without a full stop
	Detail      []string `json:"detail,omitempty"` // more of it, a line each
	Remedy      string   `json:"remedy,omitempty"` // what to do next
}

// Summary counts the checks by their verdicts.
type Summary struct {
	OK      int `json:"ok"`
	Note    int `json:"note"`
	Warning int `json:"warning"`
	Problem int `json:"problem"`
	Skipped int `json:"skipped"`
}

// Count counts checks.
func Count(checks []Check) Summary {
	var sum Summary
	for _, one := range checks {
		switch one.Verdict {
		case OK:
			sum.OK++
		case Note:
			sum.Note++
		case Warning:
			sum.Warning++
		case Problem:
			sum.Problem++
		case Skipped:
			sum.Skipped++
		}
	}
	return sum
}

// Result is the document of the doctor command; docs/schemas/doctor.schema.json
// describes it. Environment, Host and ProjectID are null where no single project
// was looked at.
type Result struct {
	FormatVersion string  `json:"format_version"`
	ToolVersion   string  `json:"tool_version"`
	Environment   *string `json:"environment"`
	Host          *string `json:"host"`
	ProjectID     *string `json:"project_id"`
	Checks        []Check `json:"checks"` // in the order of the catalogue; those of an environment together
	Summary       Summary `json:"summary"`
}
