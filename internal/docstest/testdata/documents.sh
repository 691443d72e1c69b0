# Makes one document of each kind, for the pages that describe them: NAME.json has the schema
# NAME.schema.json. It is run in an empty folder, and starts an emulator of its own.
export USER=ana DEV_KEY=K2dev0000000000000000 STAGING_KEY=K2staging0000000000
mkfifo announced
descope-mgmt emulator --listen 127.0.0.1:0 --latency 3ms --project "P2dev=$DEV_KEY" --project "P2staging=$STAGING_KEY" --format json >announced &
exec 3<announced
read -r line <&3
url=$(printf '%s' "$line" | sed 's/.*"url": *"\([^"]*\)".*/\1/')

mkdir acme && cd acme
cat >descope.yaml <<END
version: "1.0"
environments:
  dev: { order: 1, project_id: "P2dev", management_key: "\${DEV_KEY}", base_url: "$url" }
  staging: { order: 2, project_id: "P2staging", management_key: "\${STAGING_KEY}", base_url: "$url" }
tenants:
  - id: "acme-corp"
    name: "Acme"
    self_provisioning_domains: ["acme.com"]
END
descope-mgmt apply --all-environments --yes --quiet --backup-dir ../earlier >../log

sed -i 's/"Acme"/"Acme Corporation"/' descope.yaml
cat >>descope.yaml <<END
  - { id: "globex", name: "Globex" }
END
descope-mgmt validate --format json >../validation.json
descope-mgmt plan -e dev --format json >../plan.json
descope-mgmt apply -e dev --yes --max-workers 1 --format json >../report.json
descope-mgmt plan --all-environments --target tenant/globex --format json >../several-environments.json
descope-mgmt env diff dev staging --format json >../comparison.json
descope-mgmt env list --format json >../environments.json
descope-mgmt env check -e dev --format json >../environment-checks.json
descope-mgmt tenant list -e dev --format json >../tenants.json
descope-mgmt flow list -e dev --format json >../flows.json
descope-mgmt backup list -e dev --format json >../backups.json
cp ~/.descope-mgmt/backups/*.json ../backup.json
descope-mgmt audit list -e dev --run "$(sed -n 's/^  "run_id": "\(.*\)",$/\1/p' ../report.json)" --format json >../audit-list.json
descope-mgmt audit verify -e dev --format json >../audit-verification.json
grep '"event":"change"' ~/.descope-mgmt/audit/*P2dev*.jsonl | tail -n 1 | sed 's/^[^{]*//' >../audit-record.json

# Somebody else, whose records are elsewhere, writes to the project.
descope-mgmt --home ../elsewhere tenant update acme-corp -e dev --name "Acme Inc" --yes --quiet --backup-dir ../elsewhere >../log
descope-mgmt drift detect -e dev --format json >../drift.json
descope-mgmt drift adopt tenant/acme-corp -e dev --format json >../adoption.json
descope-mgmt env promote --from dev --to staging --target tenant/acme-corp --format json >../promotion.json
descope-mgmt plan -e dve --format json >../error.json && exit 1
cd ..
export DESCOPE_PROJECT_ID=P2staging DESCOPE_MANAGEMENT_KEY="$STAGING_KEY" DESCOPE_BASE_URL="$url"
descope-mgmt init --yes --dir adopted --no-flows --format json >export.json
