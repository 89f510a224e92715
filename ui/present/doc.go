// Package present turns a snapshot and a board into rows, pure and without
// drawing: one file per noun, and a column is one value that says its key,
// title, width, drop order, cell and order together.
//
// Foreign text becomes kit.Safe here, once for each row. What nobody knows is
// shown as "?" and never as a zero. Ages are as of Scene.Now.
package present
