#!/usr/bin/env bash
# Brings a project to what the configuration says, however long that takes. Ten hours are long enough for a network to
# fail or a limit to bite: then it waits and goes on, and each run plans only what is still missing. What a person
# must look at (a guard, a wrong key, a damaged record) ends it at once.
#
#   ./import.sh -c descope.yaml
#
# ATTEMPTS (20) are made in all, PAUSE (60) seconds apart. Ends with the status of the last run.
set -euo pipefail

attempts=${ATTEMPTS:-20} pause=${PAUSE:-60}
for ((attempt = 1; ; attempt++)); do
  status=0
  descope-mgmt tenant sync --yes --no-input --lock-timeout 10m "$@" || status=$?
  case $status in
  1 | 3 | 7 | 8) ;; # network, applied in part, rate limit, somebody else's run
  *) exit "$status" ;;
  esac
  if [ "$attempt" -ge "$attempts" ]; then
    echo "$0: given up after $attempt attempts, the last one with status $status" >&2
    exit "$status"
  fi
  echo "$0: attempt $attempt ended with status $status; the next one in $pause s" >&2
  sleep "$pause"
done
