package hook

import "errors"

// Path is the program that [Run] would start, found by its rules. The error says why
// there is none.
func (c Command) Path() (string, error) {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return "", errors.New("there is nothing to run")
	}
	return c.find()
}
