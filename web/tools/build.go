package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The browsers of 2022 on: house tablets are not replaced every year.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "104"},
	{Name: api.EngineFirefox, Version: "104"},
	{Name: api.EngineSafari, Version: "15.4"},
}

// entries are the scripts that a page or the browser loads by name; one that has no source yet is passed over.
var entries = []string{"app", "door", "early", "note", "sw"}

// build returns every file of dist by name, uncompressed.
func build(web string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range []string{"app", "gallery"} {
		css, err := buildCSS(filepath.Join(web, "css", name+".css"))
		if err != nil {
			return nil, err
		}
		files[name+".css"] = css
	}
	for _, name := range entries {
		source := filepath.Join(web, "src", name+".ts")
		if _, err := os.Stat(source); os.IsNotExist(err) {
			continue
		}
		js, err := buildJS(source)
		if err != nil {
			return nil, err
		}
		files[name+".js"] = js
	}
	for _, name := range []string{"icons.svg", "logo.svg"} {
		svg, err := os.ReadFile(filepath.Join(web, "icons", name))
		if err != nil {
			return nil, fmt.Errorf("reading the icons: %w", err)
		}
		files[name] = shrinkSVG(svg)
	}
	return files, nil
}

func buildJS(source string) ([]byte, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{source},
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Format:            api.FormatIIFE,
		Engines:           engines,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
	})
	return only(source, result)
}

func buildCSS(source string) ([]byte, error) {
	bundled := api.Build(api.BuildOptions{
		EntryPoints: []string{source},
		Bundle:      true,
		Charset:     api.CharsetUTF8,
		Plugins:     []api.Plugin{{Name: "tokens", Setup: loadTokens}},
	})
	text, err := only(source, bundled)
	if err != nil {
		return nil, err
	}
	plain, err := plainColours(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	small := api.Transform(plain, api.TransformOptions{
		Loader:           api.LoaderCSS,
		MinifyWhitespace: true,
		MinifySyntax:     true,
		Engines:          engines,
		Charset:          api.CharsetUTF8,
	})
	if len(small.Errors) > 0 {
		return nil, fmt.Errorf("minifying %s: %s", source, small.Errors[0].Text)
	}
	return small.Code, nil
}

// loadTokens expands light-dark() in tokens.css before esbuild sees it.
func loadTokens(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: `[/\\]tokens\.css$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		text, err := os.ReadFile(args.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		expanded, err := expandThemes(string(text))
		return api.OnLoadResult{Contents: &expanded, Loader: api.LoaderCSS}, err
	})
}

func only(source string, result api.BuildResult) ([]byte, error) {
	if len(result.Errors) > 0 {
		lines := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return nil, fmt.Errorf("bundling %s:\n%s", source, strings.Join(lines, "\n"))
	}
	if len(result.OutputFiles) != 1 {
		return nil, fmt.Errorf("bundling %s: %d files instead of one", source, len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}

var svgComment = regexp.MustCompile(`(?s)<!--.*?-->\n?`)

func shrinkSVG(svg []byte) []byte {
	svg = svgComment.ReplaceAll(svg, nil)
	return bytes.ReplaceAll(svg, []byte("\n"), nil)
}
