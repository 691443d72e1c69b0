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
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the stripped binary into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/$(PROGRAM)

# Each platform of a release compiles, with its tests. What was compiled once is not compiled again.
.PHONY: cross
cross: ## Build and vet for each platform of a release
	@targets=$$(go run ./internal/release/mkrelease -list); \
	export CGO_ENABLED=0; \
	for target in $$targets; do \
		echo "$$target"; \
		GOOS=$${target%/*} GOARCH=$${target#*/} go build ./...; \
		GOOS=$${target%/*} GOARCH=$${target#*/} go vet ./...; \
	done

# The one platform on which nobody works. Vet compiles, and needs no code to be generated for it.
.PHONY: vet-windows
vet-windows:
	GOOS=windows CGO_ENABLED=0 go vet ./...

TARGETS ?= all

# What people write into these can have quotes and blanks: a shell gets it by its environment, and never as its text.
release-snapshot release-check install rollback uninstall: export VERSION := $(VERSION)
release-snapshot release-check install: export SOURCE_DATE_EPOCH := $(SOURCE_DATE_EPOCH)
release-snapshot release-check: export TARGETS := $(TARGETS)
install rollback uninstall: export PREFIX := $(PREFIX)
install rollback uninstall: export DESTDIR := $(DESTDIR)

RELEASE := go run ./internal/release/mkrelease -version "$$VERSION" -epoch "$$SOURCE_DATE_EPOCH"
.PHONY: release-snapshot
release-snapshot: ## Write the archives, checksums and SBOMs of all platforms (or TARGETS=linux/amd64) to dist/
	$(RELEASE) -targets "$$TARGETS" -out dist

.PHONY: release-check
release-check: ## Make the release twice, the second time in another folder with an empty cache, and compare the bytes
	tools/release-check.sh "$$TARGETS"

# Asked before anything is built.
WANT_PREFIX = @case "$$PREFIX" in \
	/*) ;; \
	'') echo 'error: say where: make $@ PREFIX=/some/folder' >&2; exit 1 ;; \
	*) echo "error: PREFIX must be an absolute path, not \"$$PREFIX\"" >&2; \
		echo "hint: make $@ PREFIX=\"$$PWD/$${PREFIX\#./}\"" >&2; exit 1 ;; \
	esac

.PHONY: install
install: ## Install into PREFIX, beside the versions that are there (docs/install.md)
	$(WANT_PREFIX)
	@stage=$$(mktemp -d) && trap 'rm -rf "$$stage"' EXIT; \
	$(RELEASE) -stage -out "$$stage/release" && "$$stage/release/install.sh" "$$PREFIX"

.PHONY: rollback
rollback: ## Make the version before the current one in PREFIX again, or VERSION
	$(WANT_PREFIX)
	@tools/install.sh --rollback "$$PREFIX" $${VERSION:+"$$VERSION"}

.PHONY: uninstall
uninstall: ## Remove everything from PREFIX, or VERSION alone
	$(WANT_PREFIX)
	@tools/install.sh --uninstall "$$PREFIX" $${VERSION:+"$$VERSION"}

.PHONY: test
test: ## Run all tests
	go test ./...

# The tests run the program some three thousand times. With the race detector each of them would sleep for a second
# before it ends, unless it is told not to. Pages, releases and the rules of the layers have nothing that could race, and
# -short leaves out what the plain run shows as well: more cases of a property, commands that do one thing after another.
TESTED = $$(go list ./... | grep -v -e /docstest$$ -e /archtest$$ -e /release$$)

.PHONY: race
race: ## Run all tests with the race detector (needs a C compiler)
	GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 go test -race -short -timeout 15m $(TESTED)

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

# What is counted is what is in the binary, by whichever test runs it: also by those that run the program as a process
# of its own, which counts for itself. Generators and the support of tests are not shipped.
SHIPPED = $$(go list -deps ./cmd/$(PROGRAM) | grep /pcc-$(PROGRAM)/internal/ | paste -sd,)

.PHONY: cover
cover: ## Print how much of the binary the tests run, and hold it to 85 %, and each package of the core to 90 %
	go test -timeout 20m -coverpkg=$(SHIPPED) -coverprofile=$(COVERAGE) $(TESTED) | sed 's/coverage: .*//'
	@awk -v least=90 -v bound='$(CORE)' -v overall=85 -f tools/coverage.awk $(COVERAGE)

# The packages that the tool exists for. Counting what runs costs much under the race detector, so that it is done
# without, and of these alone, each by its own tests.
CORE := internal/plan internal/config internal/flow internal/drift internal/pace internal/apply internal/backup

.PHONY: cover-core
cover-core: ## Hold each package of the core to 90 % by its own tests
	go test -short -coverprofile=$(COVERAGE) $(CORE:%=./%)
	@awk -v least=90 -v bound='$(CORE)' -f tools/coverage.awk $(COVERAGE)

LIVE_REPORT ?= live-report.json

.PHONY: live-report
live-report: ## Ask a test project what nobody outside knows, and compare with the emulator (docs/live-tests.md)
	cd internal/live && go test -tags live -count=1 -timeout 30m -run '^TestLiveReport$$' -args -report $(abspath $(LIVE_REPORT))

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
docs: ## Write what is generated: docs/commands, tables of the reference, the layers in .golangci.yml
	go run ./internal/cli/gendocs docs/commands
	go test ./internal/config -run '^TestDocumentationIsGenerated$$' -args -update
	go test ./internal/docstest -run '^TestFormatsAreDescribed$$' -args -update
	go test ./internal/docstest -run '^TestMap$$' -args -update
	go test ./internal/archtest -run '^TestLinterKnowsTheTable$$' -args -update

# The date of the pages is that of the last commit, so that they are the same for everybody.
MANDIR ?= bin/man/man1

.PHONY: man
man: ## Write the manual pages of all commands into MANDIR (bin/man/man1)
	SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)}" go run ./internal/cli/genman $(MANDIR)

# The cache of tests does not see pages outside of the module of the tools, hence -count.
.PHONY: docs-check
docs-check: ## Check that the references are current, and run the pages
	go run ./internal/cli/gendocs -check docs/commands
	go test ./internal/config -run '^Test(Document|Every|Defaults)'
	go test -parallel 4 ./internal/docstest
	go test -C tools -count=1 ./site

.PHONY: site
site: ## Make a static site of the documentation in bin/site
	go run -C tools ./site -root .. -out ../bin/site

.PHONY: screens
screens: build ## Take the pictures of docs/screens.md anew (needs tmux and curl)
	tools/screens.sh $(BINARY)

.PHONY: security
security: ## Run gosec with all rules, and govulncheck where its database can be reached
	tools/security.sh

.PHONY: size
size: build ## Check the binary: size, time before main, forbidden packages
	@tools/size.sh $(BINARY)

.PHONY: check
check: vet vet-windows lint docs-check race cover-core size ## Everything that CI asks for
