#!/usr/bin/env bash
# Each member of the team runs this once, as themselves: it lets their descope-mgmt use the team's folder.
#
#   ./join.sh
#
# The settings go to ~/.descope-mgmt/config.yaml. Settings that are there already are left as they are.
set -euo pipefail

source=$(dirname "${BASH_SOURCE[0]}")/settings.yaml
folder=$(sed -n 's/^  dir: "\(.*\)"$/\1/p' "$source")
settings=$HOME/.descope-mgmt/config.yaml

if [ ! -w "$folder" ] || [ ! -x "$folder" ]; then
  echo "$0: you cannot write to $folder. You are in these groups: $(id -nG). A group that you were added to counts" \
    "from the next login on" >&2
  exit 1
fi
if [ -e "$settings" ] && ! cmp -s "$source" "$settings"; then
  echo "$0: $settings is there and differs. Put this into it:" >&2
  cat "$source" >&2
  exit 1
fi
(umask 077 && mkdir -p "$(dirname "$settings")")
cp "$source" "$settings.$$.new"
chmod 600 "$settings.$$.new" # settings that others may write would not be trusted
mv -f "$settings.$$.new" "$settings"
echo "your records are in $folder from now on"
