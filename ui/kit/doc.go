// Package kit holds the building blocks a page is drawn from: lines, tables,
// bars, dialogs, help. Blocks know nothing of fleets; they take values and give
// back text.
//
// Three promises hold for every block:
//
//   - What it draws is exactly as wide as it was told, counted in cells, for any
//     content, and exactly as high where it takes a height.
//   - It draws text of type Safe only. Foreign text becomes Safe in Clean and
//     nowhere else.
//   - It writes a role's ready escape string and never builds a style.
//
// State is held in values: a method that changes a block returns the changed
// block, and the old one stays as it was.
package kit
