#!/usr/bin/env bash
# Runs a command against five empty projects of a local emulator, as if they were those of descope.yaml:
#
#   ./rehearse.sh ./roll-out.sh test prod --confirm-environment prod
#   ./rehearse.sh bash        # look around, until you leave the shell
#
# Nothing but the loopback is reached, and nothing stays behind.
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "usage: $0 COMMAND [ARGUMENT...]" >&2
  exit 5
fi
folder=$(mktemp -d)
emulator=
clean() {
  if [ -n "$emulator" ]; then
    kill "$emulator" 2>/dev/null || true
    wait "$emulator" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

projects=()
for name in test devtest dev staging prod; do
  projects+=(--project "P2$name=K2$name")
  export "DESCOPE_${name^^}_MANAGEMENT_KEY=K2$name"
done
# The emulator says its address in its first line. Through a pipe with a name, we wait for that and not a moment
# longer.
mkfifo "$folder/announced"
descope-mgmt emulator --listen 127.0.0.1:0 --format json "${projects[@]}" >"$folder/announced" &
emulator=$!
read -r line <"$folder/announced"
url=${line#*'"url":"'}

# The records of a rehearsal are no records. The last three would lead elsewhere.
export DESCOPE_BASE_URL="${url%%'"'*}" DESCOPE_MGMT_HOME="$folder/home" DESCOPE_MGMT_RATE_LIMITS=off
unset DESCOPE_PROJECT_ID DESCOPE_MANAGEMENT_KEY DESCOPE_ENVIRONMENT
"$@"
