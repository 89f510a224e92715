// Package sim is the simulated fleet of `andon demo`, of the load tests and of the
// tests that need a whole fleet: real SSH servers and a real HTTP GitHub on
// 127.0.0.1, in this process, before a world that lives in memory.
//
// The console's real code talks to it over its real clients: host keys are
// generated and must be known, logins are by key, GitHub's lists have pages and
// ETags. What differs from a real fleet is only what executes a script behind an SSH
// server (a shell interpreter over a virtual filesystem, package shell) and what
// andon-host acts on (the world, package hosthelper).
//
// It reads no config, key, agent or token of the user, and listens on loopback only.
package sim
