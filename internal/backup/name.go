package backup

import (
	"strconv"
	"strings"
	"time"
)

const (
	nameLayout = "2006-01-02_15-04-05"
	nameMiddle = "_pre-"
	nameSuffix = ".json"
)

// Name is what the name of a backup file says:
// 2025-11-10_14-30-15_pre-tenant-sync.json, and with the number 2
// 2025-11-10_14-30-15_pre-tenant-sync-2.json.
type Name struct {
	At        time.Time // UTC, whole seconds
	Operation string
	Number    int // 1, or more where others of the same second were there first
}

// String is the file's name.
func (n Name) String() string {
	name := n.At.UTC().Format(nameLayout) + nameMiddle + n.Operation
	if n.Number > 1 {
		name += "-" + strconv.Itoa(n.Number)
	}
	return name + nameSuffix
}

// ParseName reads the name of a backup file; ok is false for any other name.
func ParseName(name string) (parsed Name, ok bool) {
	stem, isJSON := strings.CutSuffix(name, nameSuffix)
	stamp, operation, found := strings.Cut(stem, nameMiddle)
	at, err := time.Parse(nameLayout, stamp)
	if !isJSON || !found || err != nil {
		return Name{}, false
	}
	parsed = Name{At: at, Operation: operation, Number: 1}
	if cut := strings.LastIndexByte(operation, '-'); cut > 0 {
		if number, err := strconv.Atoi(operation[cut+1:]); err == nil && number > 1 {
			parsed.Operation, parsed.Number = operation[:cut], number
		}
	}
	// Only what String gives again is a name.
	return parsed, isOperation(parsed.Operation) && parsed.String() == name
}

// isOperation reports whether a text can be part of a name: words of small
// letters and digits with a hyphen between, of which the last is no number, since
// that would be the number of the file.
func isOperation(operation string) bool {
	words := strings.Split(operation, "-")
	for _, word := range words {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return strings.Trim(words[len(words)-1], "0123456789") != ""
}
