package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
)

func main() {
	wd, _ := os.Getwd()
	cfg, err := config.Load(context.Background(), config.Options{WorkDir: wd, Paths: os.Args[1:], Lookup: os.LookupEnv, ToolVersion: "1.2.3-rc1"})
	var inv *config.InvalidError
	if errors.As(err, &inv) {
		for _, d := range inv.Diagnostics {
			fmt.Println(d.Render())
		}
		fmt.Println(err)
		os.Exit(5)
	}
	if err != nil {
		fmt.Println("ERR", err)
		os.Exit(1)
	}
	for _, d := range cfg.Warnings() {
		fmt.Println(d.Render())
	}
	for _, d := range cfg.Desired("") {
		fmt.Printf("%s absent=%v %v\n", d.ID, d.Absent, d.Source)
		for _, f := range d.Fields {
			fmt.Printf("   %s = %s remove=%v %v\n", f.Path, f.Value, f.Remove, f.Source)
		}
	}
}
