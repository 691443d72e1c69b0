package release

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Licence is what a module says of its use.
type Licence struct {
	ID   string // in SPDX's terms; empty where the text is not one of the known ones
	Text string
}

// ReadLicences finds the licences of modules, by path, in the module cache, and
// that of Go's own library. A module without one is an error: it must not be
// given on.
func ReadLicences(ctx context.Context, root string, modules []string) (map[string]Licence, error) {
	found := map[string]Licence{}
	goRoot, err := output(ctx, root, nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	if found[standardLibrary], err = readLicence(goRoot); err != nil {
		return nil, err
	}
	listed, err := output(ctx, root, nil, "go", append([]string{"list", "-m", "-json"}, modules...)...)
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(strings.NewReader(listed)); ; {
		var module struct {
			Path string `json:"Path"` // as go help list names them
			Dir  string `json:"Dir"`
		}
		if err := decoder.Decode(&module); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		if found[module.Path], err = readLicence(module.Dir); err != nil {
			return nil, fmt.Errorf("the licence of %s: %w", module.Path, err)
		}
	}
}

// readLicence reads all files of a folder that are called like a licence or a
// notice: both must be given on.
func readLicence(folder string) (Licence, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return Licence{}, err
	}
	var licence Licence
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		isLicence := strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "COPYING")
		if !entry.Type().IsRegular() || !isLicence && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return Licence{}, err
		}
		if isLicence && licence.ID == "" {
			licence.ID = identify(string(text))
		}
		licence.Text += strings.TrimSpace(string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))) + "\n\n"
	}
	if licence.Text == "" {
		return Licence{}, fs.ErrNotExist
	}
	return licence, nil
}

// identify knows the texts that our dependencies use by sentences that no other
// has. What it does not know has no name, and its text is given on all the same.
func identify(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	has := func(sentence string) bool { return strings.Contains(text, sentence) }
	switch {
	case has("Apache License Version 2.0"):
		return "Apache-2.0"
	case has("Mozilla Public License Version 2.0"), has("Mozilla Public License, version 2.0"):
		return "MPL-2.0"
	case has("Redistribution and use in source and binary forms"):
		if has("Neither the name") || has("may be used to endorse or promote products") {
			return "BSD-3-Clause"
		}
		return "BSD-2-Clause"
	case has("Permission is hereby granted, free of charge, to any person obtaining a copy"):
		return "MIT"
	case has("Permission to use, copy, modify, and/or distribute this software"), has("Permission to use, copy, modify, and distribute this software"):
		return "ISC"
	default:
		return ""
	}
}

// Notices is the text of all licences, each once with the modules that it is
// of.
func Notices(licences map[string]Licence) []byte {
	var text strings.Builder
	text.WriteString("This program contains the following software of others, under these licences.\n")
	for _, path := range slices.Sorted(maps.Keys(licences)) {
		title := path
		if path == standardLibrary {
			title = "The library of the Go programming language"
		}
		fmt.Fprintf(&text, "\n%s\n%s\n\n%s", title, strings.Repeat("=", len(title)), licences[path].Text)
	}
	return []byte(text.String())
}

// output is what a program prints, without the last line's end.
func output(ctx context.Context, dir string, env []string, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = dir
	if env != nil {
		command.Env = append(command.Environ(), env...)
	}
	printed, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(arguments, " "), err)
	}
	return strings.TrimSuffix(string(printed), "\n"), nil
}
