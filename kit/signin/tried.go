package signin

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed tried/tried.txt.gz
var triedPacked []byte

// tried are the passwords that guessers try first, sorted. They are unpacked when somebody first chooses a password.
var tried = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(triedPacked))
	if err != nil {
		panic("the list of common passwords cannot be opened: " + err.Error()) // it is part of the program
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic("the list of common passwords cannot be read: " + err.Error())
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
})

func listed(text string) bool {
	_, found := slices.BinarySearch(tried(), text)
	return found
}
