#!/bin/sh
# Installs descope-mgmt for all users of a folder, such as /usr/local or a shared mount, without disturbing those who run
# it: each version has a folder of its own, which never changes, and one link says which is the current one.
#
#   install.sh PREFIX                    install the version beside this script, and make it the current one
#   install.sh --rollback PREFIX [VERSION]  go back to the version before, or to any that is there
#   install.sh --list PREFIX             show the versions; * marks the current one
#   install.sh --uninstall PREFIX [VERSION] remove one version that is not the current one, or everything
#
# Nothing but PREFIX is written; no root is needed where PREFIX is yours. With DESTDIR set, everything goes below it (for
# packages). PREFIX must not be writable by everybody.
set -eu
umask 022 # what is installed is for everybody to read, whoever installs it

program=descope-mgmt

fail() {
  echo "error: $1" >&2
  [ -z "${2:-}" ] || echo "hint: $2" >&2
  exit 1
}

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }

# replace SOURCE TARGET renames: whoever looks sees the old link or the new one. GNU and busybox need -T, and BSD -h, not
# to move into a folder that the link leads to.
replace() {
  mv -fT "$1" "$2" 2>/dev/null || mv -fh "$1" "$2"
}

# link TARGET NAME makes a symbolic link, or replaces one, at once.
link() {
  [ ! -e "$2" ] || [ -L "$2" ] || fail "$2 is there and is no link" "move it away, or choose another PREFIX"
  [ "$(readlink "$2" || true)" != "$1" ] || return 0
  ln -s "$1" "$2.$$.new"
  replace "$2.$$.new" "$2"
}

# Who can write there can have everybody run anything.
check_writers() {
  for folder in "$root" "$root/bin" "$root/lib" "$lib"; do
    [ -d "$folder" ] || continue
    if [ -n "$(find "$folder/." -prune -type d -perm -0002 ! -perm -1000)" ]; then
      fail "everybody may write to $folder" "run chmod o-w on it, or choose another PREFIX"
    fi
  done
}

current() { readlink "$lib/current" || true; }
previous() { readlink "$lib/previous" || true; }

check_version() {
  case $1 in
  '' | .* | *[!0-9A-Za-z.+-]* | current | previous) fail "\"$1\" is no version" "see: $0 --list PREFIX" ;;
  esac
}

# activate VERSION makes it the current one. The link to the version before comes first: killed in between, this is done
# again by the next call.
activate() {
  before=$(current)
  if [ "$before" != "$1" ]; then
    [ -z "$before" ] || link "$before" "$lib/previous"
    link "$1" "$lib/current"
  fi
  mkdir -p "$root/bin"
  link "../lib/$program/current/$program" "$root/bin/$program"
  share completions bash-completion/completions "$program.bash" "$program"
  share completions zsh/site-functions "_$program" "_$program"
  share completions fish/vendor_completions.d "$program.fish" "$program.fish"
  for page in "$lib/current"/man/man*/*; do
    [ -f "$page" ] || continue
    section=$(basename "$(dirname "$page")")
    share "man/$section" "man/$section" "$(basename "$page")" "$(basename "$page")"
  done
  forget_dead_links
}

# share FROM TO FILE NAME links a file of the current version to where shells and man look for it.
share() {
  [ -f "$lib/current/$1/$3" ] || return 0
  mkdir -p "$root/share/$2"
  up=$(printf '%s' "share/$2" | sed 's#[^/][^/]*#..#g')
  link "$up/lib/$program/current/$1/$3" "$root/share/$2/$4"
}

# forget_dead_links removes our links to what the current version does not have.
forget_dead_links() {
  [ -d "$root/share" ] || return 0
  for name in "$root"/share/man/man*/"$program"* "$root"/share/bash-completion/completions/"$program" \
    "$root"/share/zsh/site-functions/"_$program" "$root"/share/fish/vendor_completions.d/"$program.fish"; do
    [ -L "$name" ] || continue
    case $(readlink "$name") in
    *"/lib/$program/current/"*) [ -e "$name" ] || rm -f "$name" ;;
    esac
  done
}

install() {
  from=$(cd "$(dirname "$0")" && pwd -P)
  [ -f "$from/VERSION" ] && [ -f "$from/$program" ] || fail "$from does not hold a release" "unpack an archive, and run the install.sh in it"
  version=$(cat "$from/VERSION")
  check_version "$version"
  mkdir -p "$lib"
  check_writers
  fresh="$lib/.$version.$$.new"
  trap 'rm -rf "$fresh"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir "$fresh"
  cp -R "$from/." "$fresh/"
  find "$fresh" -type d -exec chmod 0755 {} +
  find "$fresh" -type f -exec chmod 0644 {} +
  chmod 0755 "$fresh/$program" "$fresh/install.sh"
  if [ -e "$lib/$version" ]; then
    diff -r "$fresh" "$lib/$version" >/dev/null ||
      fail "version $version is installed already, with other content" "a version never changes: build this one with another VERSION"
  else
    sync "$fresh/$program" 2>/dev/null || sync # so that no link leads to a file which a power failure has left empty
    replace "$fresh" "$lib/$version"
  fi
  activate "$version"
  echo "$program $version is the current version in $root"
  [ "$(previous)" = "" ] || [ "$(previous)" = "$version" ] || echo "the one before: $(previous)"
  case ":$PATH:" in
  *":$root/bin:"*) ;;
  *) [ -n "${DESTDIR:-}" ] || echo "hint: $root/bin is not in your PATH: export PATH=\"$root/bin:\$PATH\"" >&2 ;;
  esac
}

rollback() {
  check_writers
  to=${1:-$(previous)}
  [ -n "$to" ] || fail "there is no version before" "see: $0 --list PREFIX"
  check_version "$to"
  [ -x "$lib/$to/$program" ] || fail "version $to is not installed" "see: $0 --list PREFIX"
  [ "$to" != "$(current)" ] || fail "version $to is the current one already" "see: $0 --list PREFIX"
  activate "$to"
  echo "$program $to is the current version in $root"
}

list() {
  for folder in "$lib"/*/; do
    version=$(basename "$folder")
    [ -f "$folder/$program" ] && [ ! -L "$lib/$version" ] || continue
    mark=' '
    [ "$version" != "$(current)" ] || mark='*'
    echo "$mark $version"
  done
}

uninstall() {
  [ -d "$lib" ] || fail "nothing is installed in $root"
  if [ -n "${1:-}" ]; then
    check_version "$1"
    [ -d "$lib/$1" ] || fail "version $1 is not installed" "see: $0 --list PREFIX"
    [ "$1" != "$(current)" ] || fail "version $1 is the current one" "go to another one first, with --rollback"
    [ "$1" != "$(previous)" ] || rm -f "$lib/previous"
    rm -rf "${lib:?}/$1"
    return
  fi
  [ ! -L "$root/bin/$program" ] || rm -f "$root/bin/$program"
  rm -f "$lib/current" "$lib/previous"
  forget_dead_links
  rm -rf "$lib"
}

action=install
case ${1:-} in
--rollback | --list | --uninstall) action=${1#--} && shift ;;
-h | --help) usage && exit 0 ;;
esac
case ${1:-} in
/*) ;;
'') usage >&2 && fail "PREFIX is missing: where it is installed, or is to be" ;;
*) usage >&2 && fail "PREFIX must be an absolute path, not $1" ;;
esac
root=${DESTDIR:-}${1%/}
lib=$root/lib/$program
shift
"$action" "$@"
