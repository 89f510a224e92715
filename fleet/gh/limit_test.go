package gh

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func noon() *clock { return &clock{time.Date(2026, 5, 15, 12, 0, 0, 0, time.UTC)} }

func headers(left int, reset, date time.Time) http.Header {
	h := http.Header{}
	rateHeaders(h, left, reset)
	if !date.IsZero() {
		h.Set("Date", date.UTC().Format(http.TimeFormat))
	}
	return h
}

func TestResetIsReadByGitHubsClock(t *testing.T) {
	for name, skew := range map[string]time.Duration{"two hours ahead": -2 * time.Hour, "two hours behind": 2 * time.Hour, "right": 0} {
		c := noon()
		b := &book{now: c.now}
		server := c.t.Add(skew)
		b.note(headers(0, server.Add(10*time.Minute), server))
		if err := b.allow(false); err == nil {
			t.Errorf("%s: an empty budget lets requests through", name)
		}
		if got := b.budget().Reset.Sub(c.t); got != 10*time.Minute {
			t.Errorf("%s: reset in %v, want 10m", name, got)
		}
		if got := b.skew.Or(0); got != -skew {
			t.Errorf("%s: skew %v", name, got)
		}
		c.t = c.t.Add(10 * time.Minute)
		if err := b.allow(false); err != nil {
			t.Errorf("%s: after the reset: %v", name, err)
		}
		if left := b.budget().Remaining; left != 5000 {
			t.Errorf("%s: %d left after the reset", name, left)
		}
	}
}

func TestResetOutOfReason(t *testing.T) {
	c := noon()
	b := &book{now: c.now}
	b.note(headers(0, c.t.Add(10*time.Hour), c.t))
	if got := b.budget().Reset.Sub(c.t); got != maxWait {
		t.Errorf("a reset in ten hours: waits %v", got)
	}
	b = &book{now: c.now}
	h := headers(0, c.t.Add(-time.Hour), c.t)
	b.note(h)
	if err := b.allow(false); err != nil {
		t.Errorf("a reset in the past blocks: %v", err)
	}
	if err := b.limited(&http.Response{StatusCode: 403, Header: h}, "", "", false); err == nil || err.until.Sub(c.t) != firstPause {
		t.Errorf("limited with a reset in the past: %v", err)
	}
}

func TestRetryAfterForms(t *testing.T) {
	date := time.Date(2026, 5, 15, 12, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0": time.Second, "-5": time.Second, "999999": maxWait,
		date.Add(5 * time.Minute).Format(http.TimeFormat): 5 * time.Minute,
	} {
		h := http.Header{"Retry-After": {v}, "Date": {date.Format(http.TimeFormat)}}
		if got, ok := retryAfter(h); !ok || got != want {
			t.Errorf("%q: %v, %v; want %v", v, got, ok, want)
		}
	}
	for _, v := range []string{"", "soon", "99999999999999999999"} {
		if got, ok := retryAfter(http.Header{"Retry-After": {v}}); ok {
			t.Errorf("%q: %v", v, got)
		}
	}
}

func TestFourAnswersAtOnceDoubleOnce(t *testing.T) {
	c := noon()
	b := &book{now: c.now}
	resp := &http.Response{StatusCode: 429, Header: http.Header{}}
	for range 4 {
		b.limited(resp, "", "", false)
	}
	if got := b.budget().Paused.Sub(c.t); got != firstPause {
		t.Errorf("four workers limited at once: pause of %v", got)
	}
	b.limited(&http.Response{StatusCode: 200, Header: http.Header{}}, "", "", false) // was under way
	c.t = c.t.Add(firstPause)
	b.limited(resp, "", "", false)
	if got := b.budget().Paused.Sub(c.t); got != 2*firstPause {
		t.Errorf("limited again: pause of %v", got)
	}
	for range 20 {
		c.t = b.reads.until
		b.limited(resp, "", "", false)
	}
	if got := b.budget().Paused.Sub(c.t); got != maxPause {
		t.Errorf("limited for ever: pause of %v", got)
	}
}

func TestPermission403IsNoLimit(t *testing.T) {
	b := &book{now: noon().now}
	h := http.Header{"X-Ratelimit-Remaining": {"4000"}}
	if err := b.limited(&http.Response{StatusCode: 403, Header: h}, "Resource not accessible", "https://docs.github.com/rest/actions", false); err != nil {
		t.Error(err)
	}
}

func TestBurnCountsWhatEverybodySpends(t *testing.T) {
	c := noon()
	b := &book{now: c.now}
	reset := c.t.Add(40 * time.Minute)
	b.note(headers(5000, reset, c.t))
	for i := 1; i <= 30; i++ { // 100 a minute, answers in the wrong order
		c.t = c.t.Add(time.Minute)
		b.note(headers(5000-100*i, reset, c.t))
		b.note(headers(5000-100*i+50, reset, c.t))
	}
	got := b.budget()
	if got.Remaining != 2000 || got.PerHour != 6000 || got.Lately != 6000 || !got.Known || got.Limit != 5000 {
		t.Errorf("%+v", got)
	}
	c.t = c.t.Add(20 * time.Minute)
	b.note(headers(4990, reset.Add(time.Hour), c.t))
	if got := b.budget(); got.Remaining != 4990 {
		t.Errorf("a new window: %+v", got)
	}
	b.note(headers(3, reset, c.t)) // a late answer of the old window
	if got := b.budget(); got.Remaining != 4990 {
		t.Errorf("a late answer of the old window: %+v", got)
	}
	c.t = c.t.Add(2 * time.Hour)
	if got := b.budget().PerHour; got != 0 {
		t.Errorf("two silent hours later: %d an hour", got)
	}
}

// What a console's first look costs says nothing about the hours to come.
func TestBurnTellsABurstFromAPace(t *testing.T) {
	c := noon()
	b := &book{now: c.now}
	reset := c.t.Add(55 * time.Minute)
	left := 5000
	spend := func(after time.Duration, n int) fleet.Budget {
		c.t, left = c.t.Add(after), left-n
		b.note(headers(left, reset, c.t))
		return b.budget()
	}
	spend(0, 0)
	got := spend(time.Second, 2000)
	if at, before := got.EmptyAt(c.t); got.PerHour != 120000 || got.Lately != 12000 || before {
		t.Errorf("2000 in the first second: %+v, empty at %s", got, at)
	}
	got = spend(15*time.Minute, 10)
	if got.PerHour < 8000 || got.Lately != 60 {
		t.Errorf("a quarter of an hour later: %+v", got)
	}
	if at, before := got.EmptyAt(c.t); before || at.Sub(c.t) < 40*time.Hour {
		t.Errorf("empty at %s, %v", at, before)
	}
	for range 10 {
		got = spend(time.Minute, 150)
	}
	if at, before := got.EmptyAt(c.t); got.Lately != 9000 || !before || at.Sub(c.t) < 10*time.Minute || at.Sub(c.t) > 11*time.Minute { // 1490 at the slower rate, 8418
		t.Errorf("150 a minute with %d left: %+v, empty at %s, %v", left, got, at, before)
	}
}

func TestOtherBucketsAndNoLimits(t *testing.T) {
	c := noon()
	b := &book{now: c.now}
	h := headers(0, c.t.Add(time.Hour), c.t)
	h.Set("X-RateLimit-Resource", "graphql")
	b.note(h)
	b.note(http.Header{})
	for _, bad := range []string{"", "x", "-1"} {
		h := headers(1, c.t, c.t)
		h.Set("X-RateLimit-Remaining", bad)
		b.note(h)
	}
	if got := b.budget(); got.Known || got != (fleet.Budget{}) {
		t.Errorf("%+v", got)
	}
	if err := b.allow(true); err != nil {
		t.Error(err)
	}
}

func TestAnEmptyBudgetIsNotAskedAndEndsAtTheReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := pipedClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			rateHeaders(w.Header(), 0, time.Now().Add(17*time.Minute))
			w.Header().Set("GitHub-Authentication-Token-Expiration", "2027-01-01 00:00:00 UTC")
			w.Write([]byte("[]"))
		}))
		if _, err := c.Pulls(ctx, repo); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			_, err := c.Pulls(ctx, repo)
			failure(t, err, fleet.CauseRateLimit)
		}
		if asked != 1 {
			t.Errorf("%d requests with nothing left", asked)
		}
		time.Sleep(17 * time.Minute)
		if _, err := c.Pulls(ctx, repo); err != nil {
			t.Errorf("after the reset: %v", err)
		}
		if at, ok := c.TokenExpires().Get(); !ok || at.Year() != 2027 {
			t.Errorf("token expires %v, %v", at, ok)
		}
		if _, ok := c.Skew().Get(); !ok {
			t.Error("skew not read")
		}
	})
}

func TestTokenExpiryForms(t *testing.T) {
	for v, want := range map[string]bool{"2027-01-01 00:00:00 UTC": true, "2027-01-01 00:00:00 +0200": true, "never": false, "": false} {
		if _, ok := tokenExpiry(http.Header{http.CanonicalHeaderKey("GitHub-Authentication-Token-Expiration"): {v}}); ok != want {
			t.Errorf("%s: %s", strconv.Quote(v), strconv.FormatBool(ok))
		}
	}
}
