package cli

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// bashWithoutPackage stands for what cobra's script wants of the package
// bash-completion. Where the package is loaded when the Tab key is pressed, it is
// asked. The names are ours alone, since other scripts take those of the package for
// the whole of it.
const bashWithoutPackage = `
# Sets cur, prev, words and cword as _get_comp_words_by_ref -n =: does: bash parts words at = and :, and here they are whole.
__descope-mgmt_comp_words() {
    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@"
        return
    fi
    local rest=$COMP_LINE i word before= last=-1 left
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]-}
        if ((last < 0)) || [[ $rest == [[:blank:]]* ]] || [[ $before != [=:]* && $word != [=:]* ]]; then
            last=$((last + 1))
            words[last]=
        fi
        rest=${rest#"${rest%%[![:blank:]]*}"}
        if ((i == COMP_CWORD)); then
            left=$((COMP_POINT - ${#COMP_LINE} + ${#rest})) # of the word, before the cursor
            ((left >= ${#word})) || word=${word:0:left > 0 ? left : 0}
        fi
        rest=${rest#"${COMP_WORDS[i]-}"}
        words[last]+=$word
        before=$word
    done
    cword=$last cur=${words[last]} prev=
    ((last == 0)) || prev=${words[last - 1]}
}

# Adds files to COMPREPLY: folders alone with -d, else those with one of the endings a|b|, or all.
__descope-mgmt_filedir() {
    if declare -F _filedir >/dev/null 2>&1; then
        _filedir "$@"
        return
    fi
    local name kind=-f
    [[ ${1-} != -d ]] || kind=-d
    while IFS= read -r name; do
        if [[ $kind == -d || -z ${1-} || -d $name || "|$1" == *"|${name##*.}|"* ]]; then
            COMPREPLY+=("$name")
        fi
    done < <(compgen "$kind" -- "$cur")
    [[ $(type -t compopt) != builtin ]] || compopt -o filenames 2>/dev/null
    return 0
}
`

// writeBashCompletion writes cobra's script, which works without the package
// bash-completion as well.
func writeBashCompletion(root *cobra.Command, out io.Writer) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	ours := strings.NewReplacer("_get_comp_words_by_ref", "__descope-mgmt_comp_words", "_filedir", "__descope-mgmt_filedir")
	_, err := io.WriteString(out, ours.Replace(script.String())+bashWithoutPackage)
	return err
}
