package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const resolveText = `version: "1.0"
auth:
  project_id: "${DESCOPE_PROJECT_ID}"
  management_key: "${AUTH_CREDENTIAL}"
  base_url: "https://auth.descope.com/"
environments:
  dev: { project_id: P2dev, management_key: "${DEV_CREDENTIAL}", base_url: "http://127.0.0.1:8787" }
  test: { project_id: "${TEST_ID}" }
  bare: {}
  prod: { project_id: "${PROD_ID}", management_key: "${PROD_CREDENTIAL}" }
  staging: { project_id: P2stg, protected: true }
  production-copy: { project_id: P2cpy, protected: false }
`

// describe writes a target or an error as one line.
func describe(target Target, err error) string {
	var missing *MissingCredentialError
	var selection *SelectionError
	switch {
	case errors.As(err, &missing):
		return fmt.Sprintf("missing %s (%s): %s", missing.What, missing.Variable, missing)
	case errors.As(err, &selection):
		return "selection: " + selection.Error()
	case err != nil:
		return "other: " + err.Error()
	}
	text := fmt.Sprintf("%q %s from %s, key %s from %s", target.Environment, target.ProjectID, target.ProjectSource, target.ManagementKey.Reveal(), target.KeySource)
	if target.BaseURL != "" || target.BaseURLSource != "" {
		text += fmt.Sprintf(", base %s from %s", target.BaseURL, target.BaseURLSource)
	}
	if target.Protected {
		text += ", protected as " + target.ProtectedName
	}
	return text
}

func TestResolve(t *testing.T) {
	plain := "version: \"1.0\"\nauth:\n  project_id: P2auth\n  management_key: \"${AUTH_CREDENTIAL}\"\n"
	tests := []struct {
		name string
		text string // empty: no configuration
		sel  Selection
		env  variables
		want string
	}{
		{
			"variables alone", "",
			Selection{},
			variables{"DESCOPE_PROJECT_ID": "P1", "DESCOPE_MANAGEMENT_KEY": "K1", "DESCOPE_BASE_URL": "https://h.example/"},
			`"" P1 from DESCOPE_PROJECT_ID, key K1 from DESCOPE_MANAGEMENT_KEY, base https://h.example from DESCOPE_BASE_URL`,
		},
		{
			"flags over variables", "",
			Selection{ProjectID: "P2", BaseURL: "http://localhost:1"},
			variables{"DESCOPE_PROJECT_ID": "P1", "DESCOPE_MANAGEMENT_KEY": "K1", "DESCOPE_BASE_URL": "https://h.example"},
			`"" P2 from --project-id, key K1 from DESCOPE_MANAGEMENT_KEY, base http://localhost:1 from --base-url`,
		},
		{"nothing", "", Selection{}, nil, `missing project id (DESCOPE_PROJECT_ID): there is no project id`},
		{"empty is nothing", "", Selection{}, variables{"DESCOPE_PROJECT_ID": ""}, `missing project id (DESCOPE_PROJECT_ID): there is no project id`},
		{"no key", "", Selection{ProjectID: "P1"}, nil, `missing management key (DESCOPE_MANAGEMENT_KEY): there is no management key`},
		{"auth", plain, Selection{}, variables{"AUTH_CREDENTIAL": "K1"}, `"" P2auth from auth (descope.yaml:3:15), key K1 from auth (descope.yaml:4:19)`},
		{
			"variable over auth", plain,
			Selection{},
			variables{"AUTH_CREDENTIAL": "K1", "DESCOPE_PROJECT_ID": "P9", "DESCOPE_MANAGEMENT_KEY": "K9"},
			`"" P9 from DESCOPE_PROJECT_ID, key K9 from DESCOPE_MANAGEMENT_KEY`,
		},
		{"auth with an unset variable", plain, Selection{}, nil, `missing management key (AUTH_CREDENTIAL): the management key of auth (descope.yaml:4:19) is in the variable AUTH_CREDENTIAL, which is not set`},
		{"auth with an empty variable", plain, Selection{}, variables{"AUTH_CREDENTIAL": ""}, `missing management key (AUTH_CREDENTIAL): the management key of auth (descope.yaml:4:19) is in the variable AUTH_CREDENTIAL, which is not set`},

		{
			"environment wins over variables", resolveText,
			Selection{Environment: "dev"},
			variables{"DEV_CREDENTIAL": "Kdev", "DESCOPE_PROJECT_ID": "P9", "DESCOPE_MANAGEMENT_KEY": "K9", "DESCOPE_BASE_URL": "https://h.example"},
			`"dev" P2dev from environments.dev (descope.yaml:7:22), key Kdev from environments.dev (descope.yaml:7:45), base http://127.0.0.1:8787 from environments.dev (descope.yaml:7:76)`,
		},
		{
			"environment by variable", resolveText,
			Selection{},
			variables{"DESCOPE_ENVIRONMENT": "dev", "DEV_CREDENTIAL": "Kdev"},
			`"dev" P2dev from environments.dev (descope.yaml:7:22), key Kdev from environments.dev (descope.yaml:7:45), base http://127.0.0.1:8787 from environments.dev (descope.yaml:7:76)`,
		},
		{
			"flag over variable for the environment", resolveText,
			Selection{Environment: "test"},
			variables{"DESCOPE_ENVIRONMENT": "dev", "TEST_ID": "P2tst", "AUTH_CREDENTIAL": "Kauth"},
			`"test" P2tst from environments.test (descope.yaml:8:23), key Kauth from auth (descope.yaml:4:19), base https://auth.descope.com from auth (descope.yaml:5:13)`,
		},
		{
			"variables fill what the environment leaves out", resolveText,
			Selection{Environment: "bare"},
			variables{"DESCOPE_PROJECT_ID": "P9", "DESCOPE_MANAGEMENT_KEY": "K9", "DESCOPE_BASE_URL": "https://h.example"},
			`"bare" P9 from DESCOPE_PROJECT_ID, key K9 from DESCOPE_MANAGEMENT_KEY, base https://h.example from DESCOPE_BASE_URL`,
		},
		{
			"flags fill what the environment leaves out", resolveText,
			Selection{Environment: "bare", ProjectID: "P8", BaseURL: "https://g.example"},
			variables{"DESCOPE_PROJECT_ID": "P9", "DESCOPE_MANAGEMENT_KEY": "K9", "DESCOPE_BASE_URL": "https://h.example"},
			`"bare" P8 from --project-id, key K9 from DESCOPE_MANAGEMENT_KEY, base https://g.example from --base-url`,
		},
		{
			"environment with an unset variable", resolveText,
			Selection{Environment: "test"},
			variables{"DESCOPE_PROJECT_ID": "P9", "DESCOPE_MANAGEMENT_KEY": "K9"},
			`missing project id (TEST_ID): the project id of environments.test (descope.yaml:8:23) is in the variable TEST_ID, which is not set`,
		},
		{
			"flags that agree", resolveText,
			Selection{Environment: "dev", ProjectID: "P2dev", BaseURL: "HTTP://127.0.0.1:8787/"},
			variables{"DEV_CREDENTIAL": "Kdev"},
			`"dev" P2dev from environments.dev (descope.yaml:7:22), key Kdev from environments.dev (descope.yaml:7:45), base http://127.0.0.1:8787 from environments.dev (descope.yaml:7:76)`,
		},
		{
			"project flag that disagrees", resolveText,
			Selection{Environment: "dev", ProjectID: "P2prd"},
			variables{"DEV_CREDENTIAL": "Kdev"},
			`selection: --project-id "P2prd" disagrees with the project id "P2dev" of environments.dev (descope.yaml:7:22)`,
		},
		{
			"base URL flag that disagrees", resolveText,
			Selection{Environment: "dev", BaseURL: "https://api.descope.com"},
			variables{"DEV_CREDENTIAL": "Kdev"},
			`selection: --base-url "https://api.descope.com" disagrees with the base URL "http://127.0.0.1:8787" of environments.dev (descope.yaml:7:76)`,
		},
		{
			"base URL flag that is none", resolveText,
			Selection{Environment: "dev", BaseURL: "nonsense"},
			variables{"DEV_CREDENTIAL": "Kdev"},
			`selection: --base-url "nonsense" disagrees with the base URL "http://127.0.0.1:8787" of environments.dev (descope.yaml:7:76)`,
		},

		{
			"none selected", resolveText,
			Selection{},
			variables{"DESCOPE_PROJECT_ID": "P9", "DESCOPE_MANAGEMENT_KEY": "K9"},
			`selection: no environment is selected; configured are dev, test, bare, prod, staging, production-copy`,
		},
		{
			"unknown environment", resolveText,
			Selection{Environment: "stagin"},
			nil,
			`selection: --environment selects the environment "stagin", which is not configured; configured are dev, test, bare, prod, staging, production-copy`,
		},
		{
			"unknown environment by variable", resolveText,
			Selection{},
			variables{"DESCOPE_ENVIRONMENT": "x"},
			`selection: DESCOPE_ENVIRONMENT selects the environment "x", which is not configured; configured are dev, test, bare, prod, staging, production-copy`,
		},
		{
			"environment without configuration", "",
			Selection{Environment: "dev", ProjectID: "P1"},
			nil,
			`selection: --environment selects the environment "dev", and no environments are configured`,
		},

		{
			"protected by its name", resolveText,
			Selection{Environment: "prod"},
			variables{"PROD_ID": "P2prd", "PROD_CREDENTIAL": "Kprd"},
			`"prod" P2prd from environments.prod (descope.yaml:10:23), key Kprd from environments.prod (descope.yaml:10:53), base https://auth.descope.com from auth (descope.yaml:5:13), protected as prod`,
		},
		{
			"protected by its entry", resolveText,
			Selection{Environment: "staging"},
			variables{"AUTH_CREDENTIAL": "K1"},
			`"staging" P2stg from environments.staging (descope.yaml:11:26), key K1 from auth (descope.yaml:4:19), base https://auth.descope.com from auth (descope.yaml:5:13), protected as staging`,
		},
		{
			"not protected by its entry", resolveText,
			Selection{Environment: "production-copy"},
			variables{"AUTH_CREDENTIAL": "K1"},
			`"production-copy" P2cpy from environments.production-copy (descope.yaml:12:34), key K1 from auth (descope.yaml:4:19), base https://auth.descope.com from auth (descope.yaml:5:13)`,
		},
		{
			"protected by the flag's project", resolveText,
			Selection{ProjectID: "P2prd"},
			variables{"PROD_ID": "P2prd", "DESCOPE_MANAGEMENT_KEY": "K9"},
			`"" P2prd from --project-id, key K9 from DESCOPE_MANAGEMENT_KEY, base https://auth.descope.com from auth (descope.yaml:5:13), protected as prod`,
		},
		{
			"protected under another environment's name", resolveText,
			Selection{Environment: "test"},
			variables{"TEST_ID": "P2prd", "PROD_ID": "P2prd", "DESCOPE_MANAGEMENT_KEY": "K9"},
			`"test" P2prd from environments.test (descope.yaml:8:23), key K9 from DESCOPE_MANAGEMENT_KEY, base https://auth.descope.com from auth (descope.yaml:5:13), protected as prod`,
		},
		{
			"another project is not protected", resolveText,
			Selection{ProjectID: "P3"},
			variables{"PROD_ID": "P2prd", "DESCOPE_MANAGEMENT_KEY": "K9"},
			`"" P3 from --project-id, key K9 from DESCOPE_MANAGEMENT_KEY, base https://auth.descope.com from auth (descope.yaml:5:13)`,
		},
		{
			"protected through auth", "version: \"1.0\"\nauth: { project_id: P2x }\nenvironments: { dev: {}, LIVE: {} }\n",
			Selection{Environment: "dev"},
			variables{"DESCOPE_MANAGEMENT_KEY": "K9"},
			`"dev" P2x from auth (descope.yaml:2:21), key K9 from DESCOPE_MANAGEMENT_KEY, protected as LIVE`,
		},

		{"malformed project id", "", Selection{ProjectID: "P1:K1"}, variables{"DESCOPE_MANAGEMENT_KEY": "K9"}, `selection: the project id from --project-id holds a character that no project id has`},
		{
			"key with a line break", "",
			Selection{ProjectID: "P1"},
			variables{"DESCOPE_MANAGEMENT_KEY": "K9\n"},
			`missing management key (DESCOPE_MANAGEMENT_KEY): the management key from DESCOPE_MANAGEMENT_KEY holds white space or another character that no key has`,
		},
		{
			"key with a space, from a file", plain,
			Selection{},
			variables{"AUTH_CREDENTIAL": "K 9"},
			`missing management key (AUTH_CREDENTIAL): the management key from auth (descope.yaml:4:19) holds white space or another character that no key has`,
		},
		{
			"key with a space, from an environment", resolveText,
			Selection{Environment: "dev"},
			variables{"DEV_CREDENTIAL": "K 9"},
			`missing management key (DEV_CREDENTIAL): the management key from environments.dev (descope.yaml:7:45) holds white space or another character that no key has`,
		},
		{
			"plain http by variable", "",
			Selection{ProjectID: "P1"},
			variables{"DESCOPE_MANAGEMENT_KEY": "K9", "DESCOPE_BASE_URL": "http://h.example"},
			`selection: the base URL from DESCOPE_BASE_URL must use https: plain http is for loopback addresses only`,
		},
		{
			"nonsense by flag", "",
			Selection{ProjectID: "P1", BaseURL: "h.example"},
			variables{"DESCOPE_MANAGEMENT_KEY": "K9"},
			`selection: the base URL from --base-url must be a URL like https://api.descope.com`,
		},
		{
			"host of a file by variable", "version: \"1.0\"\nauth: { base_url: \"${URL}\" }\n",
			Selection{ProjectID: "P1"},
			variables{"DESCOPE_MANAGEMENT_KEY": "K9", "URL": "https://evil.example"},
			`selection: the base URL from auth (descope.yaml:2:19) names the host "evil.example"; from a file only hosts under descope.com and loopback addresses are accepted (give others by --base-url or DESCOPE_BASE_URL)`,
		},
		{
			"unset base URL", "version: \"1.0\"\nauth: { base_url: \"${URL}\" }\n",
			Selection{ProjectID: "P1"},
			variables{"DESCOPE_MANAGEMENT_KEY": "K9"},
			`missing base URL (URL): the base URL of auth (descope.yaml:2:19) is in the variable URL, which is not set`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var cfg *Config
			if tt.text != "" {
				cfg = load(t, tt.text, nil)
			}
			tt.sel.Lookup = tt.env.lookup
			if got := describe(Resolve(cfg, tt.sel)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestResolveWithoutLookup(t *testing.T) {
	if got := describe(Resolve(nil, Selection{})); !strings.HasPrefix(got, "missing project id") {
		t.Error(got)
	}
}

func TestMissingKeysSayWhereKeysAreMade(t *testing.T) {
	for _, sel := range []Selection{{ProjectID: "P1"}, {Environment: "dev"}} {
		_, err := Resolve(load(t, resolveText, nil), sel)
		missing, ok := errors.AsType[*MissingCredentialError](err)
		if !ok || !strings.Contains(missing.Hint, "Company > Management Keys") || !strings.Contains(missing.Hint, missing.Variable) {
			t.Errorf("error %v", err)
		}
	}
}

// TestResolveNeverShowsTheKey gives the key in every place where it can be
// given by mistake.
func TestResolveNeverShowsTheKey(t *testing.T) {
	const key = "K2canaryKEYcanary0123456789abcd"
	text := "version: \"1.0\"\nenvironments:\n  dev: { project_id: \"${DEV_ID}\", management_key: \"${CRED}\", base_url: \"${DEV_URL:-http://localhost:1}\" }\n"
	tests := []struct {
		name string
		sel  Selection
		env  variables
	}{
		{"as project id", Selection{Environment: "dev"}, variables{"DEV_ID": key, "CRED": key}},
		{"as project id with a flag", Selection{Environment: "dev", ProjectID: "P1"}, variables{"DEV_ID": key, "CRED": key}},
		{"swapped", Selection{Environment: "dev"}, variables{"DEV_ID": key, "CRED": "P2abc"}},
		{"swapped, with a flag", Selection{Environment: "dev", ProjectID: "P2abc"}, variables{"DEV_ID": key, "CRED": "P2abc"}},
		{"as flag", Selection{ProjectID: key}, variables{"DESCOPE_MANAGEMENT_KEY": key}},
		{"as flag beside an environment", Selection{Environment: "dev", ProjectID: key}, variables{"DEV_ID": "P1", "CRED": key}},
		{"as environment", Selection{Environment: key}, variables{"CRED": key}},
		{"as base URL", Selection{Environment: "dev"}, variables{"DEV_ID": "P1", "CRED": key, "DEV_URL": "https://" + key + ".evil.example"}},
		{"as base URL without scheme", Selection{Environment: "dev"}, variables{"DEV_ID": "P1", "CRED": key, "DEV_URL": key}},
		{"as base URL by variable", Selection{ProjectID: "P1"}, variables{"DESCOPE_MANAGEMENT_KEY": key, "DESCOPE_BASE_URL": "https://" + key + ".example"}},
		{"with a line break", Selection{Environment: "dev"}, variables{"DEV_ID": "P1", "CRED": key + "\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.sel.Lookup = tt.env.lookup
			target, err := Resolve(load(t, text, nil), tt.sel)
			if err == nil {
				t.Fatalf("accepted: %+v", target)
			}
			shown := fmt.Sprintf("%+v %s", target, err)
			if missing, ok := errors.AsType[*MissingCredentialError](err); ok {
				shown += missing.Hint
			}
			if selection, ok := errors.AsType[*SelectionError](err); ok {
				shown += selection.Hint
			}
			if strings.Contains(shown, key) {
				t.Errorf("shows the key: %s", shown)
			}
		})
	}
}

func TestResourcesFollowTheProject(t *testing.T) {
	env := variables{"TEST_ID": "P2tst", "DEV_CREDENTIAL": "K1", "AUTH_CREDENTIAL": "K1"}
	tests := []struct {
		sel  Selection
		want string
	}{
		{Selection{Environment: "dev"}, "dev"},
		{Selection{ProjectID: "P2stg"}, "staging"},
		{Selection{ProjectID: "P2tst"}, "test"},
		{Selection{ProjectID: "P2prd"}, ""}, // prod's variable is not set
		{Selection{ProjectID: "P3"}, ""},
	}
	for _, tt := range tests {
		tt.sel.Lookup = env.lookup
		target, err := Resolve(load(t, resolveText, nil), tt.sel)
		if err != nil || target.Resources != tt.want {
			t.Errorf("%+v: resources of %q, %v, want %q", tt.sel, target.Resources, err, tt.want)
		}
	}
}
