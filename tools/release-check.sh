#!/usr/bin/env bash
# Makes a release twice and compares the bytes. The second one is made in a copy of the repository in another folder, with
# an empty build cache, another umask, time zone and locale. Usage: tools/release-check.sh PLATFORMS
set -euo pipefail

targets=$1
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

release() { go run ./internal/release/mkrelease -targets "$targets" -out "$scratch/$1"; }

release first
git clone --quiet --no-hardlinks . "$scratch/another place"
if [ -n "$(git status --porcelain)" ]; then
  echo "release-check: there are changes that are not committed; the copy would lack them" >&2
  exit 1
fi
(
  cd "$scratch/another place"
  umask 077
  export TZ=Asia/Tokyo LC_ALL=C GOCACHE="$scratch/cache" GOFLAGS=-p=2
  release second
) >/dev/null
(cd "$scratch/first" && sha256sum --check --quiet SHA256SUMS)
diff -r "$scratch/first" "$scratch/second"
echo "release-check: $(wc -l <"$scratch/first/SHA256SUMS") files, byte for byte the same"
