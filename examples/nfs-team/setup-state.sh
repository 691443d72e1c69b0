#!/usr/bin/env bash
# Makes the folder in which a team keeps its records together, once:
#
#   ./setup-state.sh /mnt/team/descope-mgmt platform
#
# Run it as a member of the group who may write to the parent folder; root is not needed, and on a mount with
# root_squash root would be nobody. It may be run again: it then only checks.
set -euo pipefail

if [ $# -ne 2 ] || [[ $1 != /* ]]; then
  echo "usage: $0 /ABSOLUTE/FOLDER GROUP" >&2
  exit 5
fi
folder=${1%/} group=$2
fail() {
  echo "$0: $1" >&2
  exit 1
}

umask 007 # from the first moment nobody outside of the group sees anything
[ -d "$folder" ] || mkdir -p "$folder"
[ ! -L "$folder" ] || fail "$folder is a symbolic link: name the folder itself"
[ "$(stat -c %G "$folder")" = "$group" ] || chgrp "$group" "$folder" || fail "$folder cannot be given to the group $group: are you in it?"
# 2: what is made in it belongs to the group, whoever makes it. 770: for the group, and nobody else.
[ "$(stat -c %a "$folder")" = 2770 ] || chmod 2770 "$folder"
[ "$(stat -c %a:%G "$folder")" = "2770:$group" ] || fail "$folder has mode $(stat -c %a:%G "$folder") now: the file system ignores modes"

# Whoever can write to a parent can put another folder in place of this one.
parent=$(dirname "$folder")
[ -z "$(find -L "$parent" -maxdepth 0 -perm -0002 ! -perm -1000)" ] || fail "everybody may write to $parent: chmod o-w $parent"

# What the lock rests on: hard links, that a name is given only once, and that what is made belongs to the group.
trial=$(mktemp -d "$folder/.trial.XXXXXX")
trap 'rm -rf "$trial"' EXIT
echo 1 >"$trial/a"
ln "$trial/a" "$trial/b" || fail "the file system of $folder knows no hard links"
if ln "$trial/a" "$trial/b" 2>/dev/null; then fail "the file system of $folder gives a name twice"; fi
echo 2 >"$trial/c"
mv -f "$trial/c" "$trial/b"
[ "$(stat -c %G "$trial/b")" = "$group" ] || fail "files in $folder do not get the group $group: is it mounted with grpid or nosetgid?"

# Machines may differ by 30 seconds (docs/state.md). A network file system stamps with the server's clock.
behind=$(($(date +%s) - $(stat -c %Y "$trial/b")))
[ "${behind#-}" -le 20 ] || fail "the clock of this machine differs by $behind s from that of the server"
echo "$folder is ready for the group $group"
