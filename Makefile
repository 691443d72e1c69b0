# What CI runs is "make check". Each target says what it does: make help

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The module decides, not a workspace above it.
export GOWORK := off

PROGRAM := descope-mgmt
BINARY := bin/$(PROGRAM)
# Only a release sets its version; otherwise the source tree's own holds.
VERSION ?=
LDFLAGS := -s -w $(if $(VERSION),-X github.com/portcoconnect/pcc-descope-mgmt/internal/cli.buildVersion=$(VERSION))
COVERAGE := coverage.out
FUZZTIME ?= 10s

# Tools have a module of their own, so that they never meet the product's dependencies.
TOOL := go tool -modfile=tools/go.mod

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the stripped binary into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/$(PROGRAM)

.PHONY: test
test: ## Run all tests
	go test ./...

# The tests run the program some three thousand times. With the race detector each of them would sleep for a second
# before it ends, unless it is told not to. The pages and the rules of the layers have nothing that could race, and
# -short leaves out what the plain run shows as well: more cases of a property, commands that do one thing after another.
.PHONY: race
race: ## Run all tests with the race detector (needs a C compiler)
	GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 go test -race -short -timeout 15m \
		$$(go list ./... | grep -v -e /docstest$$ -e /archtest$$)

.PHONY: vet
vet: ## Run go vet
	go vet ./...

.PHONY: lint
lint: ## Run golangci-lint, pinned in tools/go.mod
	$(TOOL) golangci-lint run

.PHONY: fmt
fmt: ## Format all Go files with gofumpt, pinned in tools/go.mod
	$(TOOL) gofumpt -w cmd internal

.PHONY: fix
fix: ## Let golangci-lint mend what it can
	$(TOOL) golangci-lint run --fix

.PHONY: cover
cover: ## Run all tests and print the coverage of each package, and hold those of the core to 90 %
	go test -coverprofile=$(COVERAGE) ./...
	@$(MAKE) --no-print-directory cover-report

# The packages that the tool exists for. Counting what runs costs much under the race detector, so that it is done
# without, and of these alone.
CORE := internal/plan internal/config internal/flow internal/pace internal/apply internal/backup

.PHONY: cover-core
cover-core: ## Hold the coverage of the core to 90 %
	go test -short -coverprofile=$(COVERAGE) $(CORE:%=./%)
	@$(MAKE) --no-print-directory cover-report

# Reads what the last test run wrote.
.PHONY: cover-report
cover-report:
	@awk -v least=90 -v bound='$(CORE)' -f tools/coverage.awk $(COVERAGE)

.PHONY: bench
bench: ## Run all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (10s)
	@grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' internal | while IFS=: read -r file _ declaration; do \
		echo "$$file $${declaration#func }"; \
		go test -run '^$$' -fuzz "^$${declaration#func }$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")"; \
	done

.PHONY: docs
docs: ## Write what is generated: docs/commands.md, and the layers in .golangci.yml
	go run ./internal/cli/gendocs docs/commands.md
	go test ./internal/archtest -run '^TestLinterKnowsTheTable$$' -args -update

.PHONY: docs-check
docs-check: ## Check that the command reference is current, and run the pages
	go run ./internal/cli/gendocs -check docs/commands.md
	go test ./internal/docstest

.PHONY: screens
screens: build ## Take the pictures of docs/screens.md anew (needs tmux and curl)
	tools/screens.sh $(BINARY)

.PHONY: size
size: build ## Check the binary: size, time before main, forbidden packages
	@tools/size.sh $(BINARY)

.PHONY: check
check: vet lint docs-check race cover-core size ## Everything that CI asks for
