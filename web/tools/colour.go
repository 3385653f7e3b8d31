package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

var oklch = regexp.MustCompile(`oklch\(\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*(?:/\s*([\d.]+)\s*)?\)`)

// plainColours writes every oklch() as the hexadecimal colour all browsers know. Colours are chosen in OKLCH because equal steps there look equal.
func plainColours(css string) (string, error) {
	var failed error
	out := oklch.ReplaceAllStringFunc(css, func(call string) string {
		parts := oklch.FindStringSubmatch(call)
		numbers := [4]float64{3: 1}
		for i, text := range parts[1:] {
			if text == "" {
				continue
			}
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				failed = fmt.Errorf("colour %s: %w", call, err)
			}
			numbers[i] = value
		}
		return hexColour(numbers[0], numbers[1], numbers[2], numbers[3])
	})
	if failed == nil {
		if rest := regexp.MustCompile(`(oklch|light-dark)\([^)]*`).FindString(out); rest != "" {
			failed = fmt.Errorf("colour not understood: %s", rest)
		}
	}
	return out, failed
}

// hexColour converts OKLCH (lightness 0 to 1, chroma, hue in degrees) to sRGB by Ottosson's published matrices (2020). A colour outside sRGB loses
// chroma, not hue, until it fits.
func hexColour(lightness, chroma, hue, alpha float64) string {
	r, g, b := srgb(lightness, chroma, hue)
	for c := chroma; c > 0 && !(inside(r) && inside(g) && inside(b)); c -= .001 {
		r, g, b = srgb(lightness, c, hue)
	}
	hex := fmt.Sprintf("#%02x%02x%02x", byteOf(r), byteOf(g), byteOf(b))
	if alpha < 1 {
		hex += fmt.Sprintf("%02x", byteOf(alpha))
	}
	return hex
}

func srgb(lightness, chroma, hue float64) (r, g, b float64) {
	sin, cos := math.Sincos(hue * math.Pi / 180)
	x, y := chroma*cos, chroma*sin
	l := cube(lightness + 0.3963377774*x + 0.2158037573*y)
	m := cube(lightness - 0.1055613458*x - 0.0638541728*y)
	s := cube(lightness - 0.0894841775*x - 1.2914855480*y)
	return gamma(+4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		gamma(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		gamma(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s)
}

func cube(x float64) float64 { return x * x * x }
func inside(x float64) bool  { return x >= -0.0005 && x <= 1.0005 }
func byteOf(x float64) int   { return int(math.Round(math.Min(1, math.Max(0, x)) * 255)) }

func gamma(linear float64) float64 {
	if linear <= 0.0031308 {
		return 12.92 * linear
	}
	return 1.055*math.Pow(linear, 1/2.4) - 0.055
}
