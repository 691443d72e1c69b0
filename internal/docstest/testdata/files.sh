# Runs commands that leave files behind, for the page that lists them.
cat >descope.yaml <<END
version: "1.0"
tenants:
  - { id: "acme-corp", name: "Acme", custom_attributes: { pin: !secret "\${PIN}" } }
flows:
  - { template: "magic-link" }
END
export PIN=12345678901
descope-mgmt tenant create acme-corp --name "Acme" --attribute pin=0 --yes --quiet >log
descope-mgmt apply --yes --quiet >log
descope-mgmt tenant update acme-corp --name "Acme Inc" --yes --quiet >log
descope-mgmt drift detect >log
descope-mgmt backup create --quiet >log
descope-mgmt config fmt >log
