package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestStatusOfEveryTypedError(t *testing.T) {
	cases := map[string]struct {
		err  error
		want Status
	}{
		"none":                  {nil, StatusOK},
		"plain":                 {errors.New("disk full"), StatusError},
		"usage":                 {usageError("wrong", "right"), StatusUsage},
		"refused":               {refusedError("x", "no", "yes"), StatusRefused},
		"changes":               {errChangesPresent, StatusChanges},
		"partial":               {&failure{status: StatusPartial}, StatusPartial},
		"interrupted":           {&signalError{os.Interrupt}, StatusInterrupted},
		"terminated":            {&signalError{syscall.SIGTERM}, StatusTerminated},
		"cancelled":             {fmt.Errorf("list: %w", context.Canceled), StatusInterrupted},
		"panic":                 {&panicError{value: "x"}, StatusInternal},
		"invalid configuration": {&config.InvalidError{}, StatusUsage},
		"no configuration":      {&config.NotFoundError{}, StatusUsage},
		"selection":             {&config.SelectionError{}, StatusUsage},
		"missing credential":    {&config.MissingCredentialError{}, StatusAuth},
		"invalid plan":          {&plan.InvalidError{}, StatusUsage},
		"stale plan":            {&plan.StaleError{}, StatusRefused},
		"damaged record":        {&store.DamagedError{}, StatusIntegrity},
		"locked":                {&store.LockedError{}, StatusLocked},
		"journal gone":          {&store.JournalGoneError{}, StatusIntegrity},
		"lock lost":             {&store.LockLostError{}, StatusLocked},
		"401":                   {&descope.Error{Status: 401}, StatusAuth},
		"403":                   {&descope.Error{Status: 403}, StatusAuth},
		"429":                   {&descope.Error{Status: 429}, StatusRateLimited},
		"500":                   {&descope.Error{Status: 500}, StatusError},
		"no answer":             {&descope.Error{Err: errors.New("refused")}, StatusError},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := StatusOf(c.err); got != c.want {
				t.Errorf("bare: %d, want %d", got, c.want)
			}
			if c.err == nil {
				return
			}
			if got := StatusOf(fmt.Errorf("outer: %w", c.err)); got != c.want {
				t.Errorf("wrapped: %d, want %d", got, c.want)
			}
		})
	}
}

func TestEveryStatusHasAMeaning(t *testing.T) {
	for _, status := range []Status{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70, 130} {
		if statusMeanings[status] == "" {
			t.Errorf("status %d has no meaning for the help texts", status)
		}
	}
}
