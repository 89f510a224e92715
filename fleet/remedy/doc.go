// Package remedy carries out a confirmed plan: it checks that the plan is the
// one that was shown, writes the intent down, asks the host or GitHub to act,
// looks at the world again and writes down what came of it.
//
// Three rules hold everywhere. Unknown means refuse: a fact that cannot be read
// again within ten seconds of the deed refuses the step that rests on it. Empty
// means do nothing. No audit, no act: where the intent cannot be made durable,
// nothing is sent.
//
// A lost answer is never repeated. It becomes OutcomeUnknown, the world is read
// again, and Verification says what it looks like.
package remedy
