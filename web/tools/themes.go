package main

import (
	"fmt"
	"strings"
)

// expandThemes rewrites the one :root block of tokens.css. A value written as light-dark(day, night) becomes a plain value for the day, and the
// night's values are repeated where the night holds: when the device asks for it and the person did not choose the day, when the person chose the
// night, and inside .dark (a wall board, a sample). light-dark() itself came to browsers only in 2024.
func expandThemes(css string) (string, error) {
	start := strings.Index(css, ":root {")
	if start < 0 {
		return "", fmt.Errorf("tokens: no :root block")
	}
	end := start + strings.Index(css[start:], "\n}")
	head, body, tail := css[:start], css[start+len(":root {"):end], css[end+2:]
	var day, night strings.Builder
	for _, declaration := range splitTop(stripComments(body), ';') {
		declaration = strings.TrimSpace(declaration)
		if declaration == "" {
			continue
		}
		light, err := choose(declaration, 0)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&day, "  %s;\n", light)
		if dark, _ := choose(declaration, 1); dark != light {
			fmt.Fprintf(&night, "  %s;\n", dark)
		}
	}
	dark := "color-scheme: dark;\n" + night.String()
	return head + ":root {\n" + day.String() + "}\n" +
		"@media screen and (prefers-color-scheme: dark) { :root:not([data-theme=\"light\"]) {\n" + dark + "} }\n" +
		":root[data-theme=\"dark\"], .dark {\n" + dark + "}\n" + tail, nil
}

// choose replaces each light-dark(a, b) by a (side 0) or b (side 1).
func choose(value string, side int) (string, error) {
	const call = "light-dark("
	for {
		at := strings.Index(value, call)
		if at < 0 {
			return value, nil
		}
		depth, i := 1, at+len(call)
		for ; i < len(value) && depth > 0; i++ {
			switch value[i] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		sides := splitTop(value[at+len(call):i-1], ',')
		if depth != 0 || len(sides) != 2 {
			return "", fmt.Errorf("tokens: light-dark() wants two values: %s", value)
		}
		value = value[:at] + strings.TrimSpace(sides[side]) + value[i:]
	}
}

// splitTop splits at a separator that stands outside brackets.
func splitTop(text string, separator byte) []string {
	var parts []string
	depth, from := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case separator:
			if depth == 0 {
				parts = append(parts, text[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, text[from:])
}

func stripComments(css string) string {
	for {
		from := strings.Index(css, "/*")
		if from < 0 {
			return css
		}
		to := strings.Index(css[from:], "*/")
		if to < 0 {
			return css[:from]
		}
		css = css[:from] + css[from+to+2:]
	}
}
