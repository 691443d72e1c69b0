package pace

import "syscall"

// networkFileSystem names the network file system that a folder lies on; empty
// for any other, and where the system does not say. FUSE counts as one, since
// what is behind it may be anywhere. (The numbers are those of linux/magic.h and
// of the file systems' own sources.)
func networkFileSystem(dir string) string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return ""
	}
	return networkMagic(uint32(stat.Type)) //nolint:gosec // magic numbers have 32 bits
}

func networkMagic(magic uint32) string {
	return map[uint32]string{
		0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x65735546: "FUSE", 0x5346414f: "AFS",
		0x6b414653: "AFS", 0x73757245: "Coda", 0x00c36400: "Ceph", 0x01021997: "9P", 0x0bd00bd0: "Lustre",
		0x47504653: "GPFS", 0x01161970: "GFS2", 0x7461636f: "OCFS2", 0x19830326: "BeeGFS",
	}[magic]
}
