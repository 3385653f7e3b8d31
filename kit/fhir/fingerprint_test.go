package fhir

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// The layout, meta and the narrative do not count; every other word does.
func TestFingerprint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,8}`), rapid.String(), 1, 8).Draw(t, "members")
		delete(members, "meta")
		delete(members, "text")
		flat, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		members["text"] = rapid.String().Draw(t, "narrative")
		members["meta"] = "another version"
		laidOut, err := json.MarshalIndent(members, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if Fingerprint(flat) != Fingerprint(laidOut) {
			t.Fatalf("differ:\n%s\n%s", flat, laidOut)
		}
		members["added"] = "x"
		changed, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		if _, had := members["added"]; had && Fingerprint(changed) == Fingerprint(flat) {
			t.Fatalf("the same:\n%s\n%s", flat, changed)
		}
	})
	if Fingerprint([]byte(`{"value":1.50}`)) == Fingerprint([]byte(`{"value":1.5}`)) {
		t.Error("a digit of a decimal is part of what is said")
	}
	if Fingerprint([]byte(`nonsense`)) == Fingerprint([]byte(`nonsens`)) {
		t.Error("what is no JSON has a fingerprint too")
	}
}
