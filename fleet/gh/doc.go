// Package gh speaks GitHub's REST API for andon. It is the only importer of
// go-github, and none of that library's types leave it: reads return fleet's
// nouns, failures are *fleet.Failure with a cause and a next step.
//
// It promises its callers:
//
//   - The token goes to the API host and nowhere else, and appears in no error,
//     no log line and no JSON.
//   - No call outlives its deadline (15 s; 45 s for a log), and no answer is
//     read beyond its cap (16 MiB decompressed; 4 MiB of a log's tail).
//   - Unknown is never empty: an empty, cut or foreign answer is a failure, and
//     a list with a hole says Whole == false.
//   - A mutation is sent at most once. If its answer was lost the error is
//     ErrAmbiguous, and the caller reads the state again instead of resending.
//   - While GitHub limits the token nothing is sent; a limited write does not
//     silence the reads.
//
// Requests pass, in this order: the limit book, the token, the ETag cache, the
// body cap, http.Transport. go-github v62 sees neither limit headers nor 304s:
// its own limit book counts by the local clock, knows no 429, and lets one
// limited write block every read.
package gh
