#!/usr/bin/env bash
# Takes a whole backup, and then checks every backup in the folder. Prints only when something is wrong.
set -euo pipefail
# shellcheck source=job.sh
. "$(dirname "${BASH_SOURCE[0]}")/job.sh"

load_settings
only_one backup
run descope-mgmt backup create --no-input --quiet "$@"
case $status in
0) ;;
4) tell "No backup: the key does not work" ;;
7) tell "No backup: the rate limit was not lifted" ;;
9) tell "No backup: it could not be written, or its copy failed" ;;
*) tell "No backup" ;;
esac

run descope-mgmt backup verify --no-input --quiet
[ "$status" -eq 0 ] || tell "A backup is damaged or cannot be read"

# The time of the last good one, for whoever watches that the job still runs (docs/operations/monitoring.md).
if [ -n "${JOB_STAMP:-}" ]; then
  date -u +%FT%TZ >"$JOB_STAMP.new"
  mv -f "$JOB_STAMP.new" "$JOB_STAMP"
fi
