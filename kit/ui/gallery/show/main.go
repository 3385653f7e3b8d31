// Command show serves the gallery of components on loopback.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"milieu/kit/ui/gallery"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8091", "where to listen")
	flag.Parse()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC
	}
	fmt.Println("http://" + *addr)
	server := &http.Server{Addr: *addr, Handler: gallery.Handler(zone), ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, "serving the gallery:", err)
		os.Exit(1)
	}
}
