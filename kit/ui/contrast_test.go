package ui

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Text wants 4.5:1 and the edges of controls 3:1 (WCAG 2.2, 1.4.3 and 1.4.11), on every ground they stand on, by day and by night.
func TestContrast(t *testing.T) {
	css := string(assets["app.css"].plain)
	day := tokens(t, css, regexp.MustCompile(`:root\{([^}]*--ground:[^}]*)\}`))
	night := map[string]string{}
	for name, value := range day {
		night[name] = value
	}
	for name, value := range tokens(t, css, regexp.MustCompile(`:root\[data-theme="?dark"?\],\.dark\{([^}]*)\}`)) {
		night[name] = value
	}
	grounds := []string{"ground", "sheet", "raised", "hover"}
	pairs := map[string][]string{
		"ink": append(grounds, "sunken", "accent-soft", "late-soft", "now-soft", "ok-soft", "info-soft"), "ink-2": append(grounds, "sunken", "accent-soft", "now-soft", "info-soft"), "ink-3": append(grounds, "sunken"),
		"accent": grounds, "accent-deep": append(grounds, "accent-soft", "sunken"), "late": append(grounds, "late-soft"), "now": append(grounds, "now-soft"), "ok": append(grounds, "ok-soft"), "info": append(grounds, "info-soft"),
		"fill-ink": {"fill", "fill-deep"}, "said-ink": {"said"}, "late-ink": {"late"},
	}
	for theme, values := range map[string]map[string]string{"day": day, "night": night} {
		lowest, where := math.Inf(1), ""
		check := func(front, back string, least float64) {
			ratio := contrast(t, values[front], values[back])
			if ratio < least {
				t.Errorf("%s: %s on %s is %.2f:1, want %.1f:1", theme, front, back, ratio, least)
			}
			if least > 4 && ratio < lowest {
				lowest, where = ratio, front+" on "+back
			}
		}
		for front, backs := range pairs {
			for _, back := range backs {
				check(front, back, 4.5)
			}
		}
		for _, back := range grounds {
			check("edge", back, 3)
		}
		t.Logf("%s: lowest text contrast %.2f:1, %s", theme, lowest, where)
	}
}

func tokens(t *testing.T, css string, block *regexp.Regexp) map[string]string {
	t.Helper()
	found := block.FindStringSubmatch(css)
	if found == nil {
		t.Fatalf("the styles have no block %s", block)
	}
	values := map[string]string{}
	for _, declaration := range strings.Split(found[1], ";") {
		name, value, ok := strings.Cut(declaration, ":")
		if ok {
			values[strings.TrimPrefix(strings.TrimSpace(name), "--")] = strings.TrimSpace(value)
		}
	}
	return values
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light, dark := luminance(t, a), luminance(t, b)
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	digits := strings.TrimPrefix(hex, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	if len(digits) != 6 {
		t.Fatalf("%q is not a plain colour", hex)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatalf("reading %q: %v", hex, err)
		}
		share := float64(value) / 255
		if share <= 0.04045 {
			share /= 12.92
		} else {
			share = math.Pow((share+0.055)/1.055, 2.4)
		}
		sum += weight * share
	}
	return sum
}
