# `make check` is exactly what CI runs. The other targets are the parts of it, and what takes longer.
SHELL := bash
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: check setup generate lint secure vulnerabilities test browser trials bench screens map build

check: setup lint secure test browser

# setup installs what the tests need and is not there: a browser, a PostgreSQL, the packages of web/.
setup:
	@scripts/setup

build:
	go build -trimpath -o milieu ./cmd/milieu

# generate writes what is generated: pages from .templ, the bundle that browsers get.
generate:
	go tool templ generate
	go run -C web/tools .

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool templ generate >/dev/null 2>&1 && git diff --exit-code --stat -- '*_templ.go' || { echo "generated pages are stale: make generate"; exit 1; }
	go run -C web/tools . -check
	cd web && npx tsc --noEmit
	go run $(STATICCHECK) ./...

# secure looks for weak spots (gosec) and secrets (gitleaks); what is let pass is argued in scripts/secure.
secure:
	@scripts/secure

# vulnerabilities asks whether anything we call is known to be vulnerable; it needs the network.
vulnerabilities:
	@scripts/vulnerabilities

test:
	go test -timeout 10m ./...

# browser walks the demo in a real Chromium: a night of rounds, online and offline, on a phone and at a desk.
browser: build
	node web/test/run.mjs

# trials are the long forms: 50 kills, 30 power cuts, 200 flips, fuzzing, the compressed shift. An hour.
trials: setup build
	@scripts/trials

bench: build
	@scripts/bench

# screens keeps a picture of each main page, light and dark, in screens/.
screens: setup build
	node web/test/screens.mjs

# map prints the tree of packages with the first sentence of each.
map:
	@go list -f '{{.ImportPath}}: {{.Doc}}' ./... | sed 's|^milieu/||'
