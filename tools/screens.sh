#!/usr/bin/env bash
# Takes pictures of the terminal for docs/screens.md: the real program in tmux, against
# the local emulator, at 80x24 and 200x50, without colour as text and with colour as SVG.
# What differs from run to run (times, run ids, the folder) is masked, so that two runs
# give the same files. Usage: tools/screens.sh BINARY
set -euo pipefail
export LC_ALL=C.UTF-8

for tool in tmux curl; do
  command -v "$tool" >/dev/null || {
    echo "screens: $tool is missing; install it with your package manager (apt-get install $tool, brew install $tool)" >&2
    exit 1
  }
done
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
port=${SCREENS_PORT:-18787}
url=http://127.0.0.1:$port
work=$(mktemp -d /tmp/XXXXXX) # as long as /home/alice, which stands for it
socket=screens-$$
emulator=
finish() {
  tmux -L "$socket" kill-server 2>/dev/null || true
  [ -z "$emulator" ] || { kill "$emulator" && wait "$emulator"; } 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

mkdir -p "$work/bin" "$root/docs/screens"
ln -s "$binary" "$work/bin/descope-mgmt"
go -C "$root/tools" build -o "$work/bin/ansisvg" ./ansisvg
export PATH="$work/bin:$PATH" HOME=$work
export DESCOPE_PROJECT_ID=P2aliceFVFWhM8bVBC9YXS3p3qtH DESCOPE_MANAGEMENT_KEY=Kalice DESCOPE_BASE_URL=$url
unset NO_COLOR CLICOLOR_FORCE ACCESSIBLE CI
cd "$work"

descope-mgmt emulator --listen "127.0.0.1:$port" --project "$DESCOPE_PROJECT_ID=$DESCOPE_MANAGEMENT_KEY" >emulator.log 2>&1 &
emulator=$!
until curl -sf -o /dev/null -H 'X-Descope-Emulator: 1' "$url/_emulator/v1/state"; do
  kill -0 "$emulator" || { cat emulator.log >&2; exit 1; }
  sleep 0.1
done
control() { curl -sSf -o /dev/null -H 'X-Descope-Emulator: 1' "$@"; }

head='version: "1.0"
environments:
  dev: { project_id: "${DESCOPE_PROJECT_ID}", management_key: "${DESCOPE_MANAGEMENT_KEY}" }
tenants:'
printf '%s\n' "$head" \
  '  - { id: acme-corp, name: Acme Corporation, self_provisioning_domains: [acme.com, acme.net] }' \
  '  - { id: globex, name: Globex, custom_attributes: { plan: pro, seats: 25 } }' \
  '  - { id: initech, name: Initech }' >first.yaml
printf '%s\n' "$head" \
  '  - { id: acme-corp, name: Acme Corporation, self_provisioning_domains: [acme.com, acme.net, acme.io] }' \
  '  - { id: globex, name: Globex Inc, custom_attributes: { plan: enterprise, seats: 250 } }' \
  '  - { id: initech, state: absent }' \
  '  - { id: nagoya-suizokukan, name: 名古屋水族館, parent: acme-corp }' >second.yaml
{
  printf '%s\n' "$head"
  for name in Acme Globex Initech Umbrella Hooli Vandelay Wonka Stark Wayne Cyberdyne Tyrell Soylent; do
    printf '  - { id: "%s", name: "%s" }\n' "$(echo "$name-labs" | tr '[:upper:]' '[:lower:]')" "$name Labs"
  done
} >many.yaml
printf '%s\n' "$head" \
  '  - { id: acme-corp, nmae: Acme Corporation }' \
  '  - { id: globex, name: Globex, self_provisioning_domains: [gmail.com] }' >wrong.yaml
printf '%s\n' "$head" \
  '  - { id: acme-corp, name: "Acme Corporation", self_provisioning_domains: [acme.com, acme.net] }' \
  '  - { id: familie, name: "🏡 Familie & Freunde — Genossenschaft für gemeinschaftliches Wohnen am Wasser" }' \
  '  - { id: nagoya, name: "名古屋市の水族館とプラネタリウムと動物園の友の会", self_provisioning_domains: [suizokukan.example] }' \
  '  - { id: seoul, name: "서울특별시 국립중앙박물관", disabled: true }' \
  '  - { id: zalgo, name: "Z͑ͫa̴l̷g̶o combining marks" }' >unicode.yaml

# reset makes the project what the first configuration says, none or one that was made
# above, forgets what was before, and makes the second one the configuration.
reset() {
  rm -rf "$work/.descope-mgmt"
  control -X DELETE "$url/_emulator/v1/faults"
  control -X PUT --data '{"projects":[{"id":"'"$DESCOPE_PROJECT_ID"'","tenants":[]}]}' "$url/_emulator/v1/state"
  [ "$1" = none ] || descope-mgmt apply -e dev -c "$1" --yes --quiet >/dev/null 2>&1
  cp "$2" descope.yaml
}

mask() {
  sed -E \
    -e "s#$work#/home/alice#g" \
    -e 's/[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}/20260102T150405Z-0123456789abcdef/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}/2026-01-02_15-04-05/g' \
    -e 's#[0-9]+\.[0-9]/s#2.4/s#g' -e 's/about [0-9.]+m?s left/about 3s left/g' -e 's/(calls?,? (about|and)) [0-9.]+m?s/\1 1.2s/' -e 's/(Applied to .* in )[0-9.]+m?s:/\11.5s:/'
}

# take NAME UNTIL COMMAND… runs commands on a terminal of each kind, and takes a picture
# at their end, or once a text stands there.
take() {
  local name=$1 until=$2 before=$3 size columns rows variables text
  shift 3
  for size in 80x24 200x50; do
    columns=${size%x*} rows=${size#*x}
    for variables in NO_COLOR=1 CLICOLOR=1; do
      eval "$before"
      for text in "$@"; do printf 'printf "$ %%s\\n" %q\n%s\n' "$text" "$text"; done >run.sh
      printf '%s' "printf '$ '; tmux -L $socket wait-for -S done; exec sleep 1000" >>run.sh
      tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" -e "$variables" "sleep 1000" \; \
        set -g status off \; set -g default-terminal tmux-256color \; new-window -e "$variables" -e "LC_ALL=$LC_ALL" "bash run.sh"
      if [ -z "$until" ]; then
        tmux -L "$socket" wait-for done
      else
        until tmux -L "$socket" capture-pane -p | grep -qF "$until"; do sleep 0.02; done
      fi
      if [ "$variables" = NO_COLOR=1 ]; then
        tmux -L "$socket" capture-pane -p | mask | sed -e 's/ *$//' >"$root/docs/screens/$name-$size.txt"
      else
        tmux -L "$socket" capture-pane -e -p | mask | ansisvg "$columns" "$1" >"$root/docs/screens/$name-$size.svg"
      fi
      if [ -n "$until" ]; then # what is still at work must not write into the next picture
        tmux -L "$socket" send-keys C-c
        tmux -L "$socket" wait-for done
      fi
      tmux -L "$socket" kill-server
    done
  done
}

slowly='control --data "{\"match\":{\"path\":\"/v1/mgmt/tenant/create\"},\"do\":{\"delay\":\"400ms\"}}" "$url/_emulator/v1/faults"'
console='control -X PATCH -H "Authorization: Bearer $DESCOPE_PROJECT_ID:$DESCOPE_MANAGEMENT_KEY" --data "{\"id\":\"globex\",\"name\":\"GLOBEX (edited)\",\"enforceSSO\":true}" "$url/v1/mgmt/tenant/patch"'

take plan '' 'reset first.yaml second.yaml' 'descope-mgmt plan -e dev'
take sync '4 of 12 changes done' "reset none many.yaml; $slowly" 'descope-mgmt tenant sync -e dev --yes --max-workers 1'
take drift '' "reset first.yaml first.yaml; $console" 'descope-mgmt drift detect -e dev'
take prompt '[no]:' 'reset first.yaml second.yaml' 'descope-mgmt apply -e dev --allow-deletes 1'
take error '' 'reset first.yaml first.yaml' 'descope-mgmt validate -c wrong.yaml' 'descope-mgmt tenant get acme-crop -e dev' 'descope-mgmt plan -e dve'
take table '' 'reset unicode.yaml unicode.yaml' 'descope-mgmt tenant list -e dev'

# The page has the text at 80x24; the pictures are linked.
show() {
  local name=$1 title=$2 sentence=$3
  printf '\n## %s\n\n%s\n\n```text\n' "$title" "$sentence"
  sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$root/docs/screens/$name-80x24.txt"
  printf '```\n\nIn colour: [80×24](screens/%s-80x24.svg), [200×50](screens/%s-200x50.svg).\nWithout, and wide: [200×50](screens/%s-200x50.txt).\n' \
    "$name" "$name" "$name"
}
{
  cat <<'PAGE'
# What it looks like

What a person sees at work: the real program in tmux against the local emulator, at 80×24 and at 200×50, without colour
(here) and with it (linked). `make screens` takes these pictures anew; times, run ids and folders are masked. The rules
behind them are on [terminal.md](terminal.md).

![A plan at 80×24, in colour](screens/plan-80x24.svg)
PAGE
  show plan 'A plan' 'Symbol and word say what happens to each object; a long change has its values one below the other.'
  show sync 'A sync with its progress' 'The last line is drawn over until all is done; where it cannot be, plain lines come now and then.'
  show drift 'Drift' 'Each difference says what was applied, what is live and what the code wants, and each object the two ways out.'
  show prompt 'A prompt' 'It says how many of what will be done, and where; the answer in brackets is what Return alone means.'
  show error 'Errors' 'What, where, why, and the next command.'
  show table 'A table with long names of other scripts' 'Columns stand where the letters end, however wide they are; names are cut to fit, ids and addresses never.'
} >"$root/docs/screens.md"
echo "screens: docs/screens.md and $(find "$root/docs/screens" -type f | wc -l) pictures"
