package report

import (
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Problem is one fault of a configuration.
type Problem struct {
	Source resource.Position // zero where there is no place
	Note
}

// FromFault reports a command that ended before it had a result, with the problems of
// the configuration where those are why.
func FromFault(kind Kind, environment Environment, problems []Problem) Document {
	b := newBuilder(kind)
	column := b.column(environment)
	for _, problem := range problems {
		source := problem.Source
		b.document.Remarks = append(b.document.Remarks, Remark{Column: column, Level: LevelError, Note: problem.Note, Source: &source})
	}
	return b.finish("")
}
