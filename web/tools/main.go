// Command tools builds what a browser loads: it bundles the styles, the scripts and the icons under web/ into kit/ui/dist, compressed,
// where the program embeds them. It stands in a module of its own so that the program's dependencies stay those it runs on.
//
//	go run -C web/tools .          build
//	go run -C web/tools . -check   fail when kit/ui/dist is not what the sources give
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "compare with what is committed instead of writing")
	web := flag.String("web", "..", "the folder of the sources")
	dist := flag.String("dist", "../../kit/ui/dist", "the folder the program embeds")
	flag.Parse()
	if err := run(*web, *dist, *check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(web, dist string, check bool) error {
	web, err := filepath.Abs(web)
	if err != nil {
		return fmt.Errorf("finding the sources: %w", err)
	}
	files, err := build(web)
	if err != nil {
		return err
	}
	if check {
		return compare(dist, files)
	}
	return write(dist, files)
}
