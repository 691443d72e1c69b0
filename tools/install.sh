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
# packages). No folder on the way may be writable by everybody.
set -eu
umask 022 # what is installed is for everybody to read, whoever installs it

program=descope-mgmt
ours="../*/lib/$program/current/*" # where the links of ours in share lead

fail() {
  echo "error: $1" >&2
  [ -z "${2:-}" ] || echo "hint: $2" >&2
  exit 1
}

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }

warn() { echo "warning: $1" >&2; }

# What is being made has this behind its name: the machine counts, since others may install into the same mount.
host=$(uname -n)
making="$host.$$.new"

# choose_mv finds out how this mv renames onto a link, and does not move into the folder that the link leads to: GNU and
# busybox want -T, and BSD -h.
choose_mv() {
  scratch="$lib/.mv.$making"
  rm -rf "$scratch"
  mkdir "$scratch" "$scratch/folder"
  ln -s folder "$scratch/old"
  ln -s other "$scratch/new"
  for flag in -fT -fh; do
    if mv "$flag" "$scratch/new" "$scratch/old" 2>/dev/null && [ "$(readlink "$scratch/old")" = other ]; then
      rm -rf "$scratch"
      return
    fi
  done
  rm -rf "$scratch"
  fail "this mv cannot replace a link: it knows neither -T nor -h" "put the mv of GNU, busybox, macOS or a BSD first in PATH"
}

# replace SOURCE TARGET renames: whoever looks sees the old link or the new one.
replace() { mv "$flag" "$1" "$2"; }

# link TARGET NAME makes a symbolic link, or replaces one, at once.
link() {
  [ "$(readlink "$2" || true)" != "$1" ] || return 0
  fresh_link="${2%/*}/.${2##*/}.$making"
  rm -f "$fresh_link"
  ln -s "$1" "$fresh_link"
  replace "$fresh_link" "$2"
}

# clear_leftovers removes what a killed installation left: of this machine as soon as its process is gone, of another one
# after an hour.
clear_leftovers() {
  for left in "$lib"/.*.new "$root/bin/.$program".*.new "$root"/share/man/man*/".$program"*.new \
    "$root/share/bash-completion/completions/.$program".*.new "$root/share/zsh/site-functions/._$program".*.new \
    "$root/share/fish/vendor_completions.d/.$program".*.new; do
    [ -e "$left" ] || [ -L "$left" ] || continue
    process=${left%.new}
    process=${process##*.}
    case $left in
    *".$host.$process.new") is_alive "$process" || rm -rf "$left" ;;
    esac
    [ ! -e "$left" ] || [ -z "$(find "$left" -prune -mmin +60)" ] || rm -rf "$left"
  done
}

is_alive() { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ] || ps -p "$1" >/dev/null 2>&1; }

# status_of PLACE sets mode (as in drwxr-xr-x), user and group (their numbers).
status_of() {
  read -r mode _ user group _ <<END
$(ls -ldn "$1")
END
}

# name_of FORMAT FORMAT PLACE NUMBER sets name to that of an owner or a group, as GNU's stat and as BSD's say it.
name_of() {
  name=$(stat -c "$1" "$3" 2>/dev/null || stat -f "$2" "$3" 2>/dev/null || true)
  case $name in
  '' | UNKNOWN) name=$4 ;;
  esac
}

# look PLACE refuses where others can put something else there: who can, has everybody run anything. The rules are those
# of "descope-mgmt doctor" for the program. In a folder with the sticky bit each may replace just what is their own.
look() {
  status_of "${1%/*}/."
  above=$mode
  status_of "$1"
  case $user in
  0 | "$me") ;;
  *)
    name_of %U %Su "$1" "uid $user"
    case $above in
    ?????????[tT]*) fail "$1 belongs to $name, in a folder with the sticky bit" "run chown on it, or choose another PREFIX" ;;
    esac
    warn "$1 belongs to $name, who can replace the program"
    ;;
  esac
  case $mode in
  d????????[-T]*) closed=${closed:-$1} ;;
  esac
  case $mode in
  l* | d????????[tT]*) ;;
  ????????w*) fail "everybody may write to $1" "run chmod o-w on it, or choose another PREFIX" ;;
  ?????w*)
    name_of %G %Sg "$1" "gid $group"
    [ "$group" = 0 ] || [ "$name" = "$(id -un)" ] || warn "the group $name may write to $1, and can replace the program"
    ;;
  esac
}

# way PATH looks at all that stands on the way to it, links included.
way() {
  set -- "${1:-/}"
  case $seen in
  *"|$1|"*) return ;;
  esac
  seen="$seen|$1|"
  [ "$1" = / ] || way "${1%/*}"
  [ -e "$1" ] || [ -L "$1" ] || return 0
  look "$1"
  [ -L "$1" ] && [ -e "$1" ] || return 0
  set -- "$1" "$(readlink "$1")"
  case $2 in
  /*) way "$2" ;;
  *) way "${1%/*}/$2" ;;
  esac
}

check_writers() {
  me=$(id -u)
  seen='' closed=''
  for place in "$root/bin/$program" "$lib" "$lib"/* "$root/share/bash-completion/completions/$program" \
    "$root/share/zsh/site-functions/_$program" "$root/share/fish/vendor_completions.d/$program.fish" \
    "$root/share/man" "$root"/share/man/man*; do
    way "$place"
  done
}

# check_names FOLDER refuses where something that is not ours has a name that the version in the folder needs.
check_names() {
  for name in "$lib/current" "$lib/previous"; do
    own "$name" '*' '*/*'
  done
  own "$root/bin/$program" "../lib/$program/current/$program"
  own "$root/share/bash-completion/completions/$program" "$ours"
  own "$root/share/zsh/site-functions/_$program" "$ours"
  own "$root/share/fish/vendor_completions.d/$program.fish" "$ours"
  for page in "$1"/man/man*/*; do
    own "$root/share/${page#"$1/"}" "$ours"
  done
}

# own NAME PATTERN [NOT] refuses what is there, unless it is a link that leads where one of ours does.
own() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  [ -L "$1" ] || fail "$1 is there and is no link" "move it away, or choose another PREFIX"
  leads_like "$1" "$2" "${3:-}" || fail "$1 is a link to $(readlink "$1"), which is not from here" "move it away, or choose another PREFIX"
}

# leads_like LINK PATTERN [NOT]
leads_like() {
  # shellcheck disable=SC2254 # they are patterns
  case $(readlink "$1") in
  ${3:-}) return 1 ;;
  $2) ;;
  *) return 1 ;;
  esac
}

current() { readlink "$lib/current" || true; }
previous() { readlink "$lib/previous" || true; }

check_version() {
  case $1 in
  '' | .* | *[!0-9A-Za-z.+-]* | current | previous) fail "\"$1\" is no version" "see: $0 --list PREFIX" ;;
  esac
}

# activate VERSION makes it the current one. The link to the version before comes first: killed in between, this is done
# again by the next call. Nothing is locked: where another call makes another version the current one meanwhile, the links
# follow that one.
activate() {
  before=$(current)
  if [ "$before" != "$1" ]; then
    [ -z "$before" ] || link "$before" "$lib/previous"
    link "$1" "$lib/current"
  fi
  mkdir -p "$root/bin"
  link "../lib/$program/current/$program" "$root/bin/$program"
  linked=''
  while [ "$linked" != "$(current)" ]; do
    linked=$(current)
    share_all
    forget_dead_links
  done
}

share_all() {
  share completions bash-completion/completions "$program.bash" "$program"
  share completions zsh/site-functions "_$program" "_$program"
  share completions fish/vendor_completions.d "$program.fish" "$program.fish"
  for page in "$lib/current"/man/man*/*; do
    [ -f "$page" ] || continue
    section=$(basename "$(dirname "$page")")
    share "man/$section" "man/$section" "$(basename "$page")" "$(basename "$page")"
  done
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
    [ -e "$name" ] || ! leads_like "$name" "$ours" || rm -f "$name"
  done
}

install() {
  from=$(cd "$(dirname "$0")" && pwd -P)
  [ -f "$from/VERSION" ] && [ -f "$from/$program" ] || fail "$from does not hold a release" "unpack an archive, and run the install.sh in it"
  version=$(cat "$from/VERSION")
  check_version "$version"
  check_writers
  check_names "$from"
  mkdir -p "$lib"
  clear_leftovers
  choose_mv
  [ -e "$lib/$version" ] || place
  diff -r "$from" "$lib/$version" >/dev/null ||
    fail "version $version is installed already, with other content" "a version never changes: build this one with another VERSION"
  activate "$version"
  echo "$program $version is the current version in $root"
  [ "$(previous)" = "" ] || [ "$(previous)" = "$version" ] || echo "the one before: $(previous)"
  case ":$PATH:" in
  *":$root/bin:"*) ;;
  *) [ -n "${DESTDIR:-}" ] || echo "hint: $root/bin is not in your PATH: export PATH=\"$root/bin:\$PATH\"" >&2 ;;
  esac
  [ -z "$closed" ] || echo "note: others cannot run it, because $closed is closed to them (chmod o+x opens it)"
}

# place makes the folder of a version, at once. Two calls may do so at the same time: the first one wins, and the other one
# finds what it wanted.
place() {
  fresh="$lib/.$version.$making"
  trap 'rm -rf "$fresh"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir "$fresh"
  cp -R "$from/." "$fresh/"
  find "$fresh" -type d -exec chmod 0755 {} +
  find "$fresh" -type f -exec chmod 0644 {} +
  chmod 0755 "$fresh/$program" "$fresh/install.sh"
  sync "$fresh/$program" 2>/dev/null || sync # so that no link leads to a file which a power failure has left empty
  said=$(replace "$fresh" "$lib/$version" 2>&1) || [ -e "$lib/$version" ] || fail "$said"
  rm -rf "${lib:?}/$version/${fresh##*/}" # BSD's mv moves into a folder that is there
}

rollback() {
  to=${1:-$(previous)}
  [ -n "$to" ] || fail "there is no version before" "see: $0 --list PREFIX"
  check_version "$to"
  [ -x "$lib/$to/$program" ] || fail "version $to is not installed" "see: $0 --list PREFIX"
  [ "$to" != "$(current)" ] || fail "version $to is the current one already" "see: $0 --list PREFIX"
  check_writers
  check_names "$lib/$to"
  clear_leftovers
  choose_mv
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
  [ ! -L "$root/bin/$program" ] || ! leads_like "$root/bin/$program" "../lib/$program/current/$program" || rm -f "$root/bin/$program"
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
