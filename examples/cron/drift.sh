#!/usr/bin/env bash
# Looks whether a project is as the code has it. Prints, and so has cron send a mail, unless all is as it should be.
set -euo pipefail
# shellcheck source=job.sh
. "$(dirname "${BASH_SOURCE[0]}")/job.sh"

load_settings
only_one drift
run descope-mgmt drift detect --detailed-exitcode --no-input --quiet "$@"
case $status in
0) exit 0 ;;
2) tell "Something has changed outside of the code" ;;
6) tell "Drift: an acceptance has expired, or there are orphans" ;;
4) tell "Drift: the key does not work; nobody is looking" ;;
7) tell "Drift: the rate limit was not lifted; the next run tries again" ;;
130 | 143) tell "Drift: the job was stopped" ;;
*) tell "Drift: the job could not look" ;;
esac
