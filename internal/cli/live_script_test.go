package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// createdTime is what the service sets anew when a tenant is created again. The
// rest of what the API shows has to come back byte for byte.
var createdTime = regexp.MustCompile(`"createdTime":\d+`)

// fetch is one call of the scripted project as another client makes it.
func fetch(ctx context.Context, method, base, path, body string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, base+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+scriptProject+":"+scriptKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return string(text), err
}

// liveState is everything that the API shows of a project's tenants, one line for
// each and one for its settings, byte for byte and sorted by id; only the time of
// creation and the tenants named are left out.
func liveState(ctx context.Context, base string, but map[string]bool) (string, error) {
	text, err := fetch(ctx, http.MethodGet, base, "/v1/mgmt/tenant/all", "")
	if err != nil {
		return "", err
	}
	var all struct {
		Tenants []json.RawMessage `json:"tenants"`
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return "", err
	}
	type shown struct{ id, lines string }
	var tenants []shown
	for _, raw := range all.Tenants {
		var one struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &one); err != nil {
			return "", err
		}
		if but[one.ID] {
			continue
		}
		settings, err := fetch(ctx, http.MethodGet, base, "/v1/mgmt/tenant/settings?id="+url.QueryEscape(one.ID), "")
		if err != nil {
			return "", err
		}
		tenants = append(tenants, shown{one.ID, createdTime.ReplaceAllString(string(raw), `"createdTime":0`) + "\n  settings " + settings + "\n"})
	}
	slices.SortFunc(tenants, func(a, b shown) int { return cmp.Compare(a.id, b.id) })
	var state strings.Builder
	for _, one := range tenants {
		state.WriteString(one.lines)
	}
	return state.String(), nil
}

// keepLive is "live FILE [-ID…]": writes what is live, but for the tenants named,
// to a file, to be compared with another moment by cmp.
func keepLive(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) == 0 {
		ts.Fatalf("usage: live FILE [-ID…]")
	}
	but := map[string]bool{}
	for _, id := range args[1:] {
		but[strings.TrimPrefix(id, "-")] = true
	}
	state, err := liveState(context.Background(), ts.Getenv("DESCOPE_BASE_URL"), but)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(state), 0o600))
}
