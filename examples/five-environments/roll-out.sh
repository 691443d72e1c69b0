#!/usr/bin/env bash
# Applies the configuration to one environment after the other, in the order of promotion, and stops at the first in
# which something is left to do. What follows the two names goes to each apply:
#
#   ./roll-out.sh test staging
#   ./roll-out.sh prod prod --confirm-environment prod --allow-deletes 1
#
# Ends with the status of the command that stopped it (docs/reference/exit-status.md).
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: $0 FIRST LAST [FLAG OF apply...]" >&2
  exit 5
fi
first=$1 last=$2
shift 2
cd "$(dirname "${BASH_SOURCE[0]}")"

# The configuration knows the order, so that it stands in one place.
order=$(descope-mgmt env list --format json | jq -r '.environments[].name')
mapfile -t chosen < <(awk -v first="$first" -v last="$last" '
  $0 == first { on = 1 }
  on { print }
  $0 == last { exit }' <<<"$order")
if [ ${#chosen[@]} -eq 0 ] || [ "${chosen[-1]}" != "$last" ]; then
  echo "$0: there is no way from \"$first\" to \"$last\" in: ${order//$'\n'/, }" >&2
  exit 5
fi

for name in "${chosen[@]}"; do
  status=0
  descope-mgmt apply -e "$name" --yes --no-input --lock-timeout 10m "$@" || status=$?
  if [ "$status" -eq 0 ]; then
    # The proof: planned anew, nothing is left. 2 would be a change that somebody else has made meanwhile.
    descope-mgmt plan -e "$name" --detailed-exitcode --quiet || status=$?
  fi
  if [ "$status" -ne 0 ]; then
    echo "$0: stopped at $name with status $status; the environments after it are as they were" >&2
    exit "$status"
  fi
done
