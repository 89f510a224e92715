// Package onhost is what runs on a runner host: it takes one fleet.HostRequest
// from a console, does what the request asks below one root, and answers with
// fleet.HostRecord lines. cmd/andon-host is its thin main.
//
// It is written for a hostile disk. Whoever builds a pull request may make any
// file below a run dir and may swap any folder for a link while andon-host
// walks. So a path is resolved once, component by component, by openat2 with
// BENEATH, NO_SYMLINKS, NO_XDEV and NO_MAGICLINKS, and from then on only
// descriptors act. What the console saw (device, inode, owner, times) is
// compared on those descriptors in the same call that acts.
//
// Its three rules: unknown means refuse, empty means do nothing, no journal
// means no deed. A reap is a rename into a root-owned trash on the same
// filesystem that is checked after the fact and put back where it took the
// wrong inode or a dir in use. Only a purge deletes.
//
// It needs Linux 5.8 or newer (openat2 of 5.6, statx mount ids of 5.8) and root.
// On anything else every entry point says so and does nothing. It opens no
// network connection and imports nothing but the standard library and x/sys.
package onhost
