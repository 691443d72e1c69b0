#!/usr/bin/env bash
# Gives the team another version, if it works: the new program has to read the team's configuration before anybody
# gets it, and has to answer from where everybody runs it afterwards; otherwise the version before is the current one
# again.
#
#   ./update-tool.sh ./descope-mgmt_1.1.0_linux_amd64 /mnt/tools descope.yaml
#
# The first is an archive of a release, unpacked and verified (docs/verify.md). Commands that run are not disturbed.
set -euo pipefail

if [ $# -ne 3 ]; then
  echo "usage: $0 UNPACKED-RELEASE PREFIX CONFIGURATION" >&2
  exit 5
fi
release=$1 prefix=${2%/} configuration=$3

"$release/descope-mgmt" validate -c "$configuration" || {
  status=$?
  echo "$0: the new version does not take $configuration; nothing was installed" >&2
  exit "$status"
}
had=$(readlink "$prefix/lib/descope-mgmt/current" || true)
"$release/install.sh" "$prefix"
if ! "$prefix/bin/descope-mgmt" validate -c "$configuration" --quiet; then
  if [ -n "$had" ] && [ "$had" != "$(readlink "$prefix/lib/descope-mgmt/current")" ]; then
    "$release/install.sh" --rollback "$prefix" "$had"
  fi
  echo "$0: what was installed does not work" >&2
  exit 1
fi
"$prefix/bin/descope-mgmt" version
