//go:build linux || darwin

package doctor

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// A user and a group, by number.
type (
	account uint32
	group   uint32
)

// ownerOf is whose a file is.
func ownerOf(info fs.FileInfo) (account, group, bool) {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, 0, false
	}
	return account(stat.Uid), group(stat.Gid), true
}

// trusted says that the account is root or this user.
func (a account) trusted() bool { return a == 0 || a.isUser() }

func (a account) isUser() bool { return int(a) == os.Geteuid() }

func (a account) name() string {
	number := strconv.FormatUint(uint64(a), 10)
	if known, err := user.LookupId(number); err == nil && known.Username != "" {
		return known.Username
	}
	return "uid " + number
}

// trusted says that the group is root's, or the one that many systems give each user.
func (g group) trusted() bool {
	return g == 0 || g.name() == account(os.Geteuid()).name() //nolint:gosec // a user's number has 32 bits
}

func (g group) name() string {
	number := strconv.FormatUint(uint64(g), 10)
	if known, err := user.LookupGroupId(number); err == nil && known.Name != "" {
		return known.Name
	}
	return "gid " + number
}

// mayWrite reports whether this user can make files in a folder.
func mayWrite(dir string) bool {
	const writeAndSearch = 0x2 | 0x1
	return syscall.Access(dir, writeAndSearch) == nil
}

// free is how many bytes this user can still write.
func free(dir string) (bytes uint64, known bool) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, false
	}
	return uint64(stat.Bavail) * uint64(stat.Bsize), true //nolint:gosec,unconvert // the types differ from system to system
}
