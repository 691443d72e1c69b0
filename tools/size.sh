#!/usr/bin/env bash
# Checks a stripped binary against its budgets: bytes, time spent before main,
# and code that must not be linked. Usage: tools/size.sh BINARY
set -euo pipefail

binary=$1
max_bytes=22000000 # it is copied to each CI job and mapped from network disks
max_init_ms=10     # every command pays it, completion at each key press too
failed=0

bytes=$(wc -c <"$binary")
echo "size: $bytes bytes (at most $max_bytes)"
if ((bytes > max_bytes)); then
  echo "size: the binary is too large; find out what came in with: go version -m $binary" >&2
  failed=1
fi

# The best of ten runs, so that a busy machine does not decide.
best=
for _ in 1 2 3 4 5 6 7 8 9 10; do
  spent=$(GODEBUG=inittrace=1 "$binary" --help 2>&1 >/dev/null | awk '$1 == "init" { sum += $5 } END { printf "%.2f", sum }')
  if [ -z "$best" ] || awk "BEGIN { exit !($spent < $best) }"; then best=$spent; fi
done
echo "init: $best ms (at most $max_init_ms)"
if awk "BEGIN { exit !($best > $max_init_ms) }"; then
  echo "init: too much happens before main; see GODEBUG=inittrace=1 $binary --help" >&2
  failed=1
fi

# Libraries may import these; what counts is that the linker can drop them.
# The names of linked functions stand in the binary, stripped or not.
for code in 'text/template.(*state).walk' 'html/template.(*Template).Execute' 'testing.(*T).Run' 'github.com/descope/go-sdk'; do
  if grep -aqF "$code" "$binary"; then
    echo "linked: $code must not be in the binary" >&2
    failed=1
  fi
done
exit "$failed"
