#!/usr/bin/env bash
# Writes a configuration of N tenants (100,000 unless said otherwise) to the standard output: a stream of small
# documents, one for each tenant, that is read without ever being held as a whole.
#
#   ./generate.sh >descope.yaml
#   ./generate.sh 1000 >descope.yaml
#
# In place of the arithmetic stands your database. The same N gives the same bytes.
set -euo pipefail

count=${1:-100000}
if ! [[ $count =~ ^[1-9][0-9]{0,6}$ ]]; then
  echo "usage: $0 [N], with N from 1 to 9999999" >&2
  exit 5
fi

# JSON is YAML too. Its quotes keep every name and value what it is: "no", "1e3" and "a: b" stay texts.
awk -v count="$count" 'BEGIN {
  split("free team enterprise", plans)
  split("us-east eu-central ap-south", regions)
  print "version: \"1.0\""
  print "manage: { tenants: { include: [\"customer-*\"] } }"
  for (i = 1; i <= count; i++)
    printf "---\n{\"tenant\": {\"id\": \"customer-%07d\", \"name\": \"Customer %d\", \"custom_attributes\": {\"plan\": \"%s\", \"region\": \"%s\", \"seats\": %d}}}\n",
      i, i, plans[1 + i % 3], regions[1 + i % 7 % 3], 5 + i % 500
}'
