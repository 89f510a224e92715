package fleet

import (
	"fmt"
	"strconv"
	"strings"
)

// Owner is a numeric user and group on one host. Names are never used: the same
// name has other numbers on other hosts and inside containers.
type Owner struct {
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
}

// RootOwner is the owner dockerd gives a bind source it had to create itself.
var RootOwner = Owner{}

// String returns "uid:gid".
func (o Owner) String() string {
	return strconv.FormatUint(uint64(o.UID), 10) + ":" + strconv.FormatUint(uint64(o.GID), 10)
}

// ParseOwner reads "uid:gid". 4294967295 is refused: chown(2) takes it as
// "leave unchanged".
func ParseOwner(s string) (Owner, error) {
	u, g, ok := strings.Cut(s, ":")
	if !ok {
		return Owner{}, fmt.Errorf("parse owner %q: want numeric uid:gid, for example 1000:1000", s)
	}
	uid, errU := strconv.ParseUint(u, 10, 32)
	gid, errG := strconv.ParseUint(g, 10, 32)
	if errU != nil || errG != nil || uid == 1<<32-1 || gid == 1<<32-1 {
		return Owner{}, fmt.Errorf("parse owner %q: want numeric uid:gid below 4294967295, for example 1000:1000", s)
	}
	return Owner{UID: uint32(uid), GID: uint32(gid)}, nil
}
