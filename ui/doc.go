// Package ui is the vocabulary of the console: messages, effects, intents, keys
// and the contract of a page. It holds no drawing and no behaviour.
//
// The console is an Elm loop. A key becomes an Intent by data (Keymap); a page
// answers a Msg with itself, changed, and with Effects, which are plain structs;
// package ui/shell is the only one that carries an Effect out. Whatever a page
// may look at reaches it as an Env by value at each call, and it keeps none of it.
package ui
