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
	if source.Version == "" {
		if source.Version, err = describe(git, fallback); err != nil {
			return Source{}, err
		}
	}
	if !versionPattern.MatchString(source.Version) {
		return Source{}, fmt.Errorf("the version %q is none: write it as 1.2.3 or 1.2.3-rc.1", source.Version)
	}
	return source, nil
}

func describe(git func(...string) (string, error), fallback string) (string, error) {
	changes, err := git("status", "--porcelain")
	if err != nil {
		return "", err
	}
	if changes == "" {
		if tag, err := git("describe", "--tags", "--exact-match", "--match", "v[0-9]*"); err == nil {
			return strings.TrimPrefix(tag, "v"), nil
		}
	}
	commit, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "", err
	}
	if changes != "" {
		commit += ".dirty"
	}
	return fallback + "+" + commit, nil
}
