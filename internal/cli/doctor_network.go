package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
)

// mostSkew is how far this clock may be from the server's. Machines that share a
// state folder must not differ by more.
const mostSkew = 30 * time.Second

// ask asks the host, and makes the checks that need its answer.
func (p *patient) ask(ctx context.Context) []diagnosis {
	var checks []diagnosis
	skip := func(why string) []diagnosis {
		for _, entry := range doctor.Catalogue() {
			if entry.Asks && !holds(checks, entry.ID) {
				checks = append(checks, saw(entry.ID, doctor.Skipped, "%s", why))
			}
		}
		return checks
	}
	wait := p.room()
	switch {
	case p.host == "":
		return skip("no project is known")
	case !p.network:
		return skip("no host is asked where no environment is selected")
	case wait > 0:
		return skip(fmt.Sprintf("the rate limits have no room for a question for another %s", wait.Round(time.Second)))
	}
	probed, err := descope.Probe(ctx, descope.Options{
		ProjectID: p.target.ProjectID, ManagementKey: p.target.ManagementKey, ProjectSource: p.target.ProjectSource, KeySource: p.target.KeySource,
		BaseURL: p.target.BaseURL, Version: currentBuild().Version, Timeout: min(p.app.flags.timeout, checkLimit),
		InsecureSkipVerify: p.app.flags.insecureSkipVerify, Logger: p.app.log, Now: p.app.Now,
	})
	if err != nil {
		check := sawError(doctor.CheckAccess, err)
		if errors.Is(err, descope.ErrCredentials) {
			check.status = StatusAuth
		}
		checks = append(checks, check)
		return skip("nothing was asked")
	}
	checks = append(checks, p.reachability(probed))
	if probed.Status == 0 {
		return skip("the host did not answer")
	}
	checks = append(checks, p.access(probed), clock(probed))
	if !p.keyed {
		return skip("there is no key to ask with")
	}
	if probed.Err != nil && !descope.IsUnreadable(probed.Err) {
		return skip("the host did not answer the question for the licence")
	}
	return append(checks, license(probed))
}

func holds(checks []diagnosis, id string) bool {
	for _, one := range checks {
		if one.ID == id {
			return true
		}
	}
	return false
}

// reachability says how far the way to the host leads.
func (p *patient) reachability(probed descope.Probed) diagnosis {
	id, host := doctor.CheckReachability, p.host
	through := ""
	if probed.Proxied {
		through = " through the proxy of the environment"
	}
	if probed.Status > 0 {
		check := saw(id, doctor.OK, "%s answers%s in %d ms, with status %d", host, through, probed.Latency.Milliseconds(), probed.Status)
		if p.app.flags.insecureSkipVerify {
			check.graver(doctor.Warning, "its certificate was not verified (--insecure-skip-verify)", "leave the flag out")
		}
		return check
	}
	body := describe(probed.Err)
	failure, _ := errors.AsType[*descope.Error](probed.Err)
	limit := min(p.app.flags.timeout, checkLimit)
	var check diagnosis
	switch {
	case probed.Stage == descope.StageName:
		check = saw(id, doctor.Problem, "the name %s cannot be looked up%s", host, through)
	case probed.Stage == descope.StageConnect:
		check = saw(id, doctor.Problem, "no connection to %s%s", host, through)
	case probed.Stage == descope.StageTLS:
		check = saw(id, doctor.Problem, "no TLS connection to %s that can be trusted%s", host, through)
	case failure != nil && failure.Code == descope.CodeTimeout:
		check = saw(id, doctor.Problem, "%s is connected%s, and says nothing for %s", host, through, limit)
	default:
		check = saw(id, doctor.Problem, "%s is connected%s, and gives no answer", host, through)
	}
	if body.Code == descope.CodeTimeout {
		body.Hint = "check the network to " + host + ", and HTTPS_PROXY"
	}
	return check.with(strings.TrimSuffix(body.Hint, descope.HintDoctor), body.Message)
}

// access says whether the key is accepted.
func (p *patient) access(probed descope.Probed) diagnosis {
	id, err := doctor.CheckAccess, probed.Err
	switch {
	case !p.keyed:
		return saw(id, doctor.Skipped, "there is no key to ask with")
	case err == nil:
		return saw(id, doctor.OK, "the key is accepted").with("", "descope-mgmt env check says what it may read")
	case descope.IsAuth(err) && probed.Status != http.StatusForbidden:
		return sawError(id, err)
	case descope.IsRateLimited(err):
		body := describe(err)
		return saw(id, doctor.Warning, "not known: the host says that too many calls are made").with(cmp.Or(body.Hint, "try again in a minute"), body.Message)
	case descope.IsUnreadable(err):
		body := describe(err)
		return saw(id, doctor.Note, "not refused, but the key may not ask for the licence, or the host does not know that question").
			with("descope-mgmt env check"+p.in(), body.Message)
	default:
		return sawError(id, err)
	}
}

// clock holds this machine's clock against the server's, which shows whole seconds.
func clock(probed descope.Probed) diagnosis {
	id := doctor.CheckClock
	if probed.Date.IsZero() {
		return saw(id, doctor.Skipped, "the answer has no Date")
	}
	here := probed.Asked.Add(probed.Heard.Sub(probed.Asked) / 2)
	skew := here.Sub(probed.Date.Add(time.Second / 2))
	doubt := probed.Heard.Sub(probed.Asked)/2 + time.Second/2
	if skew.Abs() <= mostSkew+doubt {
		return saw(id, doctor.OK, "within %d s of the server's clock", int((skew.Abs()+doubt).Seconds())+1)
	}
	way := "ahead of"
	if skew < 0 {
		way = "behind"
	}
	return saw(id, doctor.Warning, "this clock is %s %s the server's", skew.Abs().Round(time.Second), way).
		with("set the clock, best by NTP: leases, retention and certificates depend on it", "the server said "+probed.Date.UTC().Format(time.RFC3339))
}

// license says which tier the project has.
func license(probed descope.Probed) diagnosis {
	if probed.Err != nil || probed.License == "" {
		return saw(doctor.CheckLicense, doctor.Note, "the host does not tell")
	}
	return saw(doctor.CheckLicense, doctor.OK, "%s", probed.License)
}
