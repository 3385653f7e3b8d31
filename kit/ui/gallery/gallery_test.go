package gallery

import (
	"io"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"
)

// Every page of the gallery draws under the real policy: no id twice, no inline style or script, every reference inside the page leads somewhere.
func TestPagesAreSound(t *testing.T) {
	server := httptest.NewServer(Handler(time.UTC))
	defer server.Close()
	id := regexp.MustCompile(`\sid="([^"]+)"`)
	refers := regexp.MustCompile(`\s(?:aria-labelledby|aria-describedby|for|data-open)="([^" ]+)"`)
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+="|javascript:|<style`)
	missing := regexp.MustCompile(`⟦[^⟧]*⟧`)
	for path := range Pages() {
		t.Run(path, func(t *testing.T) {
			answer, err := server.Client().Get(server.URL + path)
			if err != nil {
				t.Fatalf("fetching: %v", err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != 200 {
				t.Fatalf("answered %d: %v", answer.StatusCode, err)
			}
			html := string(body)
			seen := map[string]bool{}
			for _, hit := range id.FindAllStringSubmatch(html, -1) {
				if seen[hit[1]] {
					t.Errorf("the id %q is there twice", hit[1])
				}
				seen[hit[1]] = true
			}
			for _, hit := range refers.FindAllStringSubmatch(html, -1) {
				if !seen[hit[1]] {
					t.Errorf("nothing has the id %q", hit[1])
				}
			}
			for _, rule := range []*regexp.Regexp{inline, missing} {
				if found := rule.FindString(html); found != "" {
					t.Errorf("the page has %q", found)
				}
			}
		})
	}
}
