// Command site makes a static site of the documentation: every Markdown page of the
// repository that the map of the documentation leads to, directly or not, as a page of HTML
// with the map beside it. It needs no network and no script, and the same pages give the
// same bytes. It may not run anything that it reads.
//
//	go run -C tools ./site -root .. -out ../bin/site
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", "..", "the repository")
	out := flag.String("out", "../bin/site", "the folder of the site; what was there before is removed")
	flag.Parse()
	log.SetFlags(0)
	pages, err := run(*root, *out)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d pages in %s\n", pages, *out)
}

// run makes the site, checks it, and puts it in its place.
func run(root, out string) (pages int, err error) {
	files, err := Build(os.DirFS(root))
	if err != nil {
		return 0, err
	}
	if broken := Check(files); len(broken) > 0 {
		return 0, fmt.Errorf("the site has broken links:\n%w", errors.Join(broken...))
	}
	if err := replace(out, files); err != nil {
		return 0, err
	}
	for name := range files {
		if filepath.Ext(name) == ".html" {
			pages++
		}
	}
	return pages, nil
}

// replace writes the files into a folder that has nothing else in it. A folder that is no
// site is left alone.
func replace(out string, files map[string][]byte) error {
	entries, err := os.ReadDir(out)
	if err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(out, styleName)); err != nil {
			return fmt.Errorf("%s is not empty, and no site: name another folder", out)
		}
	}
	if err := os.RemoveAll(out); err != nil {
		return fmt.Errorf("remove the old site: %w", err)
	}
	for name, content := range files {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make a folder of the site: %w", err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write a page: %w", err)
		}
	}
	return nil
}
