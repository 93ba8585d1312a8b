package main

import "syscall"

// networks are the numbers that Linux gives to network file systems (statfs(2)).
var networks = map[uint32]bool{0x6969: true /* NFS */, 0xff534d42: true /* CIFS */, 0xfe534d42: true /* SMB2 */, 0x517b: true /* SMB */, 0x5346414f: true /* AFS */, 0x01021997: true /* 9P */}

func diskOf(folder string) disk {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return disk{}
	}
	const mayWrite = 2 // W_OK
	return disk{known: true, free: s.Bavail * uint64(s.Bsize), writable: syscall.Access(folder, mayWrite) == nil, network: networks[uint32(s.Type)]}
}
