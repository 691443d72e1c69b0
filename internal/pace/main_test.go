package pace_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
)

func TestMain(m *testing.M) {
	if status, played := processtest.Play(roles()); played {
		os.Exit(status)
	}
	goleak.VerifyTestMain(m)
}
