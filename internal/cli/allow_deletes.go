package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// deleteCounts are the deletes that --allow-deletes approves: a number for the
// environment that the command runs in, or one for each of several by its name.
// The zero value approves nothing. It is a flag's value.
type deleteCounts struct {
	plain *int           // nil when it was not given
	named map[string]int // nil when none was
}

// String implements [pflag.Value].
func (d *deleteCounts) String() string {
	if d.plain == nil && len(d.named) == 0 {
		return "0"
	}
	var texts []string
	if d.plain != nil {
		texts = append(texts, strconv.Itoa(*d.plain))
	}
	for _, name := range slices.Sorted(maps.Keys(d.named)) {
		texts = append(texts, fmt.Sprintf("%s=%d", name, d.named[name]))
	}
	return strings.Join(texts, ",")
}

// Type implements [pflag.Value].
func (d *deleteCounts) Type() string { return "count" }

// Set implements [pflag.Value].
func (d *deleteCounts) Set(text string) error {
	name, number, isNamed := strings.Cut(text, "=")
	if !isNamed {
		name, number = "", text
	}
	count, err := strconv.Atoi(number)
	if err != nil || count < 0 || (isNamed && name == "") {
		return errors.New("expected a number, or NAME=N for one of several environments")
	}
	if !isNamed {
		d.plain = &count
		return nil
	}
	if _, twice := d.named[name]; twice {
		return fmt.Errorf("the environment %q is given twice", name)
	}
	d.named = maps.Clone(d.named) // options are copied, and must not share it
	if d.named == nil {
		d.named = map[string]int{}
	}
	d.named[name] = count
	return nil
}

// in is the number that is approved in an environment; its own goes first.
func (d *deleteCounts) in(environment string) (count int, given bool) {
	if count, given = d.named[environment]; given || d.plain == nil {
		return count, given
	}
	return *d.plain, true
}

// deletesFlag is the value that approves so many deletes here.
func (s *session) deletesFlag(count int) string {
	if s.app.part != nil {
		return fmt.Sprintf("%s=%d", s.target.Environment, count)
	}
	return strconv.Itoa(count)
}
