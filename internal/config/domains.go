package config

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// readPairDomains decodes the key "domains" of the pair.
func readPairDomains(l *loader, n *yaml.Node, raw *rawTenant) {
	raw.pair.domains, raw.pair.domainsAt = true, l.position(n)
	raw.pair.values, raw.pair.readable = l.domains(n, "domains", raw)
}

// domains reads a list of mail domains, in lower case, sorted, each once. It
// is unusable as a whole when one of them is.
func (l *loader) domains(n *yaml.Node, what string, raw *rawTenant) (values []string, ok bool) {
	items, ok := l.texts(n, what)
	if !ok {
		return nil, false
	}
	good := items[:0]
	for _, item := range items {
		lower := strings.ToLower(item.value)
		problem, code := domainProblem(lower), codeDomain
		suggestion := "write the domain alone, like acme.com"
		if problem == "" && isPublicMail(lower) {
			problem, code = "is a public mail domain: everybody with such an address would join the tenant", codePublicMail
			suggestion = "name the organisation's own domains only"
		}
		if problem != "" {
			l.reportAt(item.at, SeverityError, code, "the domain "+show(item.source)+" "+problem, suggestion)
			continue
		}
		if lower != item.value {
			l.reportAt(item.at, SeverityWarning, codeDomain, "the domain "+show(item.source)+" is taken in lower case", "write it in lower case")
			item.value = lower
		}
		good = append(good, item)
	}
	raw.domains = append(raw.domains, good...)
	return l.set(good, what), len(good) == len(n.Content)
}

// schemaDomains is a list of domains as [domainProblem] takes them, but for its limits
// of length. A JSON Schema knows no lower case, so both cases are named.
func schemaDomains() schema {
	const label = `[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?`
	const last = `([A-Za-z]|[0-9]+[A-Za-z-])([A-Za-z0-9-]*[A-Za-z0-9])?`
	return schema{"type": "array", "items": schema{"type": "string", "pattern": `\$\{|^(` + label + `\.)+` + last + `$`}}
}

// domainProblem checks the syntax of a host name with at least two labels.
func domainProblem(domain string) string {
	switch {
	case domain == "":
		return "is empty"
	case strings.ContainsAny(domain, "@:/"):
		return "is an address or URL"
	case strings.Contains(domain, "*"):
		return "holds a wildcard"
	case len(domain) > 253:
		return "is longer than 253 characters"
	}
	for i := range len(domain) {
		if domain[i] >= 0x80 {
			return "is not ASCII; write its xn-- form"
		}
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return "is no domain name"
		}
	}
	if len(labels) < 2 || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "is no domain name"
	}
	return ""
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
