package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/signature"
)

// ownSignatures reads the catalogue files that a config names. The error is of type
// fleet.Problems: it names the place in the config.
func ownSignatures(configPath string, cfg config.Config) ([]signature.File, error) {
	var out []signature.File
	var all fleet.Problems
	for _, f := range cfg.Signatures {
		path := f.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(configPath), path)
		}
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			all = append(all, fleet.Problem{File: configPath, Line: f.Line, Col: f.Col, What: fmt.Sprintf("signature file %s does not exist", path), Fix: "write it, or mend the path"})
		case err != nil:
			all = append(all, fleet.Problem{File: configPath, Line: f.Line, Col: f.Col, What: fmt.Sprintf("read signature file: %v", err), Fix: "make it readable"})
		default:
			out = append(out, signature.File{Name: path, Text: text})
		}
	}
	if len(all) > 0 {
		return nil, all
	}
	return out, nil
}
