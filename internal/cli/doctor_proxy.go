package cli

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
)

// proxies says which variables lead calls over a proxy. Of a value only what is no
// credential is shown.
func (x *examination) proxies() diagnosis {
	check := saw(doctor.CheckProxy, doctor.OK, "none is set")
	var set []string
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} {
		spelled := name
		value, found := x.app.lookup(name)
		if !found {
			spelled = strings.ToLower(name)
			value, found = x.app.lookup(spelled)
		}
		switch {
		case !found:
		case name == "NO_PROXY":
			set = append(set, spelled+"="+exceptions(value))
		default:
			shown, right := withoutCredentials(value)
			set = append(set, spelled+"="+shown)
			if !right {
				check.Verdict, check.Remedy = doctor.Warning, "give "+spelled+" an address such as http://proxy.example.com:3128"
			}
		}
	}
	if len(set) == 0 {
		return check
	}
	check.Verdict, check.Summary = doctor.Worse(check.Verdict, doctor.Note), strings.Join(set, ", ")
	return check
}

// withoutCredentials is the address of a proxy as it may be shown; right is false
// where it is none.
func withoutCredentials(value string) (shown string, right bool) {
	address, err := url.Parse(value)
	if !strings.Contains(value, "://") {
		address, err = url.Parse("http://" + value) // as Go's own clients read it
	}
	if err != nil || address.Hostname() == "" {
		return "(no address of a proxy)", false
	}
	who := ""
	if address.User != nil {
		who = redactedWord + "@"
	}
	return cmp.Or(address.Scheme, "http") + "://" + who + address.Host, true
}

// redactedWord stands in place of what is not shown.
const redactedWord = "(redacted)"

// exceptions are the hosts that are reached without a proxy, as they may be shown:
// what is no host there may be a part of a credential.
func exceptions(value string) string {
	items := strings.Split(value, ",")
	for i, item := range items {
		host, who := strings.TrimSpace(item), ""
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			host, who = host[at+1:], redactedWord+"@"
		}
		if !isException(host) {
			host, who = redactedWord, ""
		}
		items[i] = who + host
	}
	return strings.Join(items, ",")
}

// isException reports whether a text is what such a list holds: a name or an address,
// perhaps with a port, a network, or "*".
func isException(text string) bool {
	if _, err := netip.ParsePrefix(text); err == nil {
		return true
	}
	if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return true
	}
	if _, err := netip.ParseAddrPort(text); err == nil {
		return true
	}
	name, port, _ := strings.Cut(text, ":")
	const letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	return strings.Trim(strings.ToLower(name), letters+digits+"*._-") == "" && strings.Trim(port, digits) == ""
}
