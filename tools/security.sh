#!/usr/bin/env bash
# Looks again at what docs/security-review.md has judged: gosec with all of its
# rules, also those that .golangci.yml leaves out, and the database of known
# weaknesses in dependencies. Its hits are to be read, so that only a weakness of a
# dependency, or a scan that breaks off, is a failure.
set -euo pipefail

vulncheck=golang.org/x/vuln/cmd/govulncheck@v1.1.4 # no requirement: it runs on demand

configuration=$(mktemp --suffix .yml)
trap 'rm -f "$configuration"' EXIT
sed -E '/^ {8}- G(204|304) /d; s/^ {6}excludes:$/      excludes: [G999]/' .golangci.yml >"$configuration"

echo "gosec, all rules (the groups are judged in docs/security-review.md):"
go tool -modfile=tools/go.mod golangci-lint run --config "$configuration" --enable-only gosec --issues-exit-code 0 ./...

echo "known weaknesses:"
if said=$(go run "$vulncheck" ./... 2>&1); then
  echo "$said"
elif grep -qE 'fetching vulnerabilities|proxy\.golang\.org' <<<"$said"; then
  echo "the database cannot be reached from here, so that nothing is known: $(tail -n 1 <<<"$said")"
else
  echo "$said" >&2
  exit 1
fi
