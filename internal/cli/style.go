package cli

import "charm.land/lipgloss/v2"

// style colours lines of output. Symbol and word carry the meaning; colour
// only repeats it.
type style struct{ color bool }

// mark colours one line by its plan symbol.
func (s style) mark(symbol, line string) string {
	if !s.color {
		return line
	}
	colors := map[string]string{"+": "2", "~": "3", "-": "1", "!": "5", "?": "6", "=": "8"}
	return lipgloss.NewStyle().Foreground(lipgloss.Color(colors[symbol])).Render(line)
}
