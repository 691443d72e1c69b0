package cli

import (
	"runtime/debug"
	"testing"
)

func TestDescribeBuild(t *testing.T) {
	stamped := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0c8e5d7e9a1b2c4d0c8e5d7e9a1b2c4d0c8e5d7e"}, {Key: "vcs.time", Value: "2026-11-26T14:22:33Z"}, {Key: "vcs.modified", Value: "true"},
	}
	cases := map[string]struct {
		linked, module string
		settings       []debug.BuildSetting
		want           build
	}{
		"a release": {
			"1.2.3", "v1.2.3", stamped,
			build{Version: "1.2.3", Commit: stamped[0].Value, Date: stamped[1].Value, Modified: true},
		},
		"a release that says all of it": {
			"1.2.3", "v9.9.9", stamped,
			build{Version: "1.2.3", Commit: "0c8e", Date: "2026-01-02T03:04:05Z"},
		},
		"a source tree without a repository": {"", "(devel)", nil, build{Version: SourceVersion}},
		"without build information":          {"", "", nil, build{Version: SourceVersion}},
		"a source tree, which is stamped": {
			"", "v0.0.0-20261126142233-0c8e5d7e9a1b+dirty", stamped,
			build{Version: SourceVersion, Commit: stamped[0].Value, Date: stamped[1].Value, Modified: true},
		},
		"go install of a release":       {"", "v1.2.3", nil, build{Version: "1.2.3"}},
		"go install of a release to be": {"", "v1.2.3-rc.1", nil, build{Version: "1.2.3-rc.1"}},
		"go install of a commit": {
			"", "v1.2.4-0.20261126142233-0c8e5d7e9a1b", nil,
			build{Version: SourceVersion, Commit: "0c8e5d7e9a1b", Date: "2026-11-26T14:22:33Z"},
		},
		"a changed release is none":         {"", "v1.2.3+dirty", nil, build{Version: SourceVersion}},
		"what only looks like a commit":     {"", "v1.2.3-rc-20261126142233", nil, build{Version: "1.2.3-rc-20261126142233"}},
		"twelve letters behind no time":     {"", "v1.2.3-abcdefabcdef", nil, build{Version: "1.2.3-abcdefabcdef"}},
		"twelve letters behind a bad month": {"", "v1.2.3-0.20269926142233-0c8e5d7e9a1b", nil, build{Version: "1.2.3-0.20269926142233-0c8e5d7e9a1b"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			info := &debug.BuildInfo{Main: debug.Module{Version: c.module}, Settings: c.settings}
			linked := build{Version: c.linked}
			if name == "a release that says all of it" {
				linked = c.want
			}
			if got := describeBuild(linked, info); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
