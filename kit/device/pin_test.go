package device_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"milieu/kit/device"
)

func TestPINsThatAreTriedFirstAreRefused(t *testing.T) {
	for _, pin := range []string{
		"", "12345", "1234567", "12345a", "１２３４５６", "-12345", "12 456", // not six figures
		"000000", "777777", "121212", "343434", "123123", "907907", "112233", "998877", "110011", "555666", // repeats, pairs, two figures
		"123456", "654321", "012345", "567890", "890123", "098765", "210987", "123789", "456321", "321987", // rows
		"198412", "121984", "193000", "002015", "197505", // years
		"147258", "159753", "963852", "789456", "357951", // the keypad
	} {
		if device.CheckPIN(pin) == nil {
			t.Errorf("%q was taken", pin)
		}
	}
	for _, pin := range []string{"402817", "918273", "203950", "660184", "135791", "748301", "929104", "201634"} {
		if err := device.CheckPIN(pin); err != nil {
			t.Errorf("%q was refused: %v", pin, err)
		}
	}
}

func TestFewPINsAreRefused(t *testing.T) {
	refused := 0
	for n := range 1_000_000 {
		if device.CheckPIN(fmt.Sprintf("%06d", n)) != nil {
			refused++
		}
	}
	if refused < 12_000 || refused > 30_000 {
		t.Errorf("%d of a million PINs are refused: too few to matter or too many to bear", refused)
	}
}

func TestBadgesAsTheyAreReadAndTyped(t *testing.T) {
	for code, good := range map[string]bool{"7kq2 m9xd": true, "04:A2:19:FF": true, "1234567": false, "aaaaaaaa": false, "12121212": false, "        ": false, string(make([]byte, 200)): false} {
		if err := device.CheckBadge(code); (err == nil) != good {
			t.Errorf("%q: %v", code, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		_ = device.CheckBadge(rapid.String().Draw(t, "code"))
		_ = device.CheckPIN(rapid.String().Draw(t, "code"))
	})
}
