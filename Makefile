# Everything a user or a developer types. `make` alone lists it; V=1 shows the commands.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

V ?=
Q := $(if $(V),,@)
export V

SETUP := filters/tools/setup
MAKES := filters/tools/make

# `make demo DEMO=once` ends by itself; arguments for the others: `make e2e E2E='draw::'`, `make bench BENCH='--rounds 5'`.
DEMO ?=
E2E ?=
BENCH ?=
# `make fuzz FUZZ=xfcc FUZZ_SECONDS=60`: one target, for a minute.
FUZZ ?=
FUZZ_SECONDS ?= 600

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## bring what is missing: wasm targets, the pinned Envoy, test tools
	$(Q)$(SETUP)/setup.sh

.PHONY: build
build: wasm-targets ## build the filters into target/sluice/
	$(Q)$(MAKES)/build.sh filters

.PHONY: demo
demo: build envoy ## watch Envoy split traffic by a policy file (DEMO=once ends by itself)
	$(Q)cargo run --quiet --locked -p e2e --bin demo -- $(if $(DEMO),--$(DEMO))

.PHONY: test
test: setup build-tests ## run all tests: native, under wasm, artifacts, end to end
	$(Q)$(MAKES)/test.sh

.PHONY: lint
lint: wasm-targets ## check format, clippy, docs, purity of the cores, dependency arrows, scripts
	$(Q)$(MAKES)/lint.sh

.PHONY: e2e
e2e: build-tests envoy ## run the end-to-end tests against a local Envoy (E2E=<part of a name>)
	$(Q)cargo test --quiet --locked -p e2e -- $(E2E)

.PHONY: e2e-compose
e2e-compose: build-tests envoy ## run the end-to-end tests against containers (E2E=<part of a name>)
	$(Q)E2E_BACKEND=compose cargo test --quiet --locked -p e2e -- $(E2E)

.PHONY: fuzz
fuzz: ## read what strangers send until something breaks: each target for ten minutes (FUZZ=<part of a name>, FUZZ_SECONDS)
	$(Q)FUZZ='$(FUZZ)' FUZZ_SECONDS='$(FUZZ_SECONDS)' $(MAKES)/fuzz.sh

.PHONY: bench
bench: build-tests envoy ## measure CPU time per request, propagation of policies and revocations, memory
	$(Q)cargo run --quiet --locked --release -p e2e --bin bench -- $(BENCH)

.PHONY: abi
abi: build ## write the imports and exports of each filter into its abi.txt
	$(Q)SLUICE_ABI=write cargo test --quiet --locked -p sluice --test artifacts -- imports_and_exports

.PHONY: clean
clean: ## remove what was built (what was brought stays in .tools/)
	$(Q)rm -rf target

# Parts of the above.
.PHONY: wasm-targets envoy build-tests
wasm-targets:
	$(Q)$(SETUP)/wasm-targets.sh

envoy:
	$(Q)$(SETUP)/envoy.sh

build-tests: wasm-targets
	$(Q)$(MAKES)/build.sh filters tests
