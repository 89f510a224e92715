package kit_test

import (
	"cmp"
	"fmt"
	"strings"

	"andon/themes"
	"andon/ui/kit"
)

type mount struct {
	path        kit.Safe
	used, total int64
}

// A list is a schema, written once, and a table, which is a value of the model.
func ExampleTable() {
	schema := kit.Schema[mount, kit.Safe]{
		Key: func(m mount) kit.Safe { return m.path },
		Columns: []kit.Column[mount]{
			{
				Key: "path", Title: "mount", Width: kit.Flex(8, 1),
				Cell:  func(m mount, c *kit.Cell) { c.Plain(m.path) },
				Order: func(a, b mount) int { return cmp.Compare(a.path, b.path) },
			},
			{
				Key: "used", Title: "used", Width: kit.Fixed(5), Align: kit.Right,
				Cell: func(m mount, c *kit.Cell) { c.Percent(themes.Text, kit.ShareOf(m.used, m.total)) },
			},
			{
				Key: "bar", Width: kit.Fixed(10), Drop: 1,
				Cell: func(m mount, c *kit.Cell) { c.Bar(kit.ShareOf(m.used, m.total), kit.DiskLimits()) },
			},
		},
	}
	table := kit.NewTable(schema).Resize(36, 3).Sort("path", false).Replace([]mount{
		{kit.Clean("/mnt/nvme\x1b[2J"), 983, 1024}, // a hostile name stays a name
		{"/home", 31, 100},
	})

	frame := table.View(kit.Look{}) // the zero Look: ASCII, no escapes
	fmt.Println(strings.ReplaceAll(frame, " ", "."))
	// Output:
	// .mount^.............used............
	// >/home..............31.%..###.......
	// ./mnt/nvme␛[2J......95.%..#########.
}

// A dialog that acts only after the number of things was typed.
func ExampleModal() {
	dialog := kit.Modal{
		Body:  []kit.Line{kit.Words("Delete 23 directories?")},
		Field: &kit.Field{Ask: "Type the number:", Want: "23"},
		Buttons: []kit.Button{
			{ID: "cancel", Key: "esc", Label: "Cancel"},
			{ID: "delete", Key: "enter", Label: "Delete", Acts: true, Typed: true},
		},
	}
	pressed := ""
	for _, key := range []string{"2", "enter", "3", "enter"} {
		dialog, pressed = dialog.Key(key)
		fmt.Printf("%s: %q\n", key, pressed)
	}
	// Output:
	// 2: ""
	// enter: ""
	// 3: ""
	// enter: "delete"
}
