package release

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Source is what a release is made from.
type Source struct {
	Root    string    // the folder of the repository
	Version string    // without a v
	Commit  string    // "-dirty" behind it where the source was changed; empty outside of a repository
	Time    time.Time // of the commit: all files of the release have it
}

// versionPattern is that of semver.org, without the rule about leading zeros.
var versionPattern = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// Describe says what a release of a repository's folder is called. The version is
// the given one, with or without a v; otherwise that of the tag vX.Y.Z on a commit to
// which nothing was changed; otherwise that of the source with the commit behind
// it, and ".dirty" where there are changes. The time is given in seconds (as
// SOURCE_DATE_EPOCH is), or that of the commit.
func Describe(ctx context.Context, root, given, fallback, epoch string) (Source, error) {
	source := Source{Root: root, Version: strings.TrimPrefix(given, "v")}
	git := func(arguments ...string) (string, error) { return output(ctx, root, nil, "git", arguments...) }
	if epoch == "" {
		var err error
		if epoch, err = git("log", "-1", "--format=%ct"); err != nil {
			return Source{}, fmt.Errorf("without a commit, say SOURCE_DATE_EPOCH and VERSION: %w", err)
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 {
		return Source{}, fmt.Errorf("the time %q is no number of seconds since 1970", epoch)
	}
	source.Time = time.Unix(seconds, 0).UTC()
	commit, clean, err := state(git)
	if source.Version == "" {
		if err != nil {
			return Source{}, err
		}
		source.Version = describe(git, fallback, commit, clean)
	}
	if source.Commit = commit; err == nil && !clean {
		source.Commit += "-dirty"
	}
	if !versionPattern.MatchString(source.Version) {
		return Source{}, fmt.Errorf("%q is no version: write it as 1.2.3 or 1.2.3-rc.1", source.Version)
	}
	return source, nil
}

// state is the commit, and whether nothing was changed since.
func state(git func(...string) (string, error)) (commit string, clean bool, err error) {
	changes, err := git("status", "--porcelain")
	if err != nil {
		return "", false, err
	}
	commit, err = git("rev-parse", "HEAD")
	return commit, changes == "", err
}

func describe(git func(...string) (string, error), fallback, commit string, clean bool) string {
	if clean {
		if tag, err := git("describe", "--tags", "--exact-match", "--match", "v[0-9]*"); err == nil {
			return strings.TrimPrefix(tag, "v")
		}
	}
	const digits = 12
	version := fallback + "+" + commit[:digits]
	if !clean {
		version += ".dirty"
	}
	return version
}
