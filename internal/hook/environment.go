package hook

import (
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// passed are the variables that programs may see: where they are, who runs
// them, in which language, and where the usual tools for copying to other
// places find their own settings. What such tools take as a secret itself
// (AWS_SECRET_ACCESS_KEY) is not among them.
func passed() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR",
		"SSL_CERT_FILE", "SSL_CERT_DIR",
		"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
		"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"GOOGLE_APPLICATION_CREDENTIALS",
	}
}

// Environment is what a program may see of an environment, given and returned
// as NAME=VALUE, sorted by name. Of a name that stands twice the last value
// counts. A variable whose value holds a secret, by the given function, is left
// out whatever its name is; nil finds none.
func Environment(all []string, secret func(value string) bool) []string {
	values := map[string]string{}
	for _, variable := range all {
		if name, value, found := strings.Cut(variable, "="); found && passes(name) {
			values[name] = value
		}
	}
	env := make([]string, 0, len(values))
	for name, value := range values {
		if secret == nil || !secret(value) {
			env = append(env, name+"="+value)
		}
	}
	slices.Sort(env)
	return env
}

func passes(name string) bool {
	switch {
	case strings.HasPrefix(name, "LC_"), strings.HasPrefix(name, "XDG_"):
		return true
	case strings.HasPrefix(name, "CLOUDSDK_") && strings.HasSuffix(name, "CONFIG"):
		return true
	default:
		same := func(known string) bool { return platform.SameVariable(known, name) }
		return slices.ContainsFunc(passed(), same) || slices.ContainsFunc(platform.SystemVariables(), same)
	}
}
