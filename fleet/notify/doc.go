// Package notify tells people away from the screen what the board says: the
// terminal's bell, and webhooks in Alertmanager's and Slack's shape.
//
// It goes by what stands, not by what happened: each receiver has a ledger of
// what it was told, and what the newest board says otherwise is due. So nothing
// is told twice, a receiver that was down is told what stands when it is back,
// and an alert that came and went within the waiting time is not told at all.
// What belongs together, by rule and hosts, is one notice.
//
// Every receiver has a goroutine of its own and holds one board that waits: one
// that hangs slows neither the console nor the others. Texts of hosts, jobs and
// GitHub leave through Options.Clean.
package notify
