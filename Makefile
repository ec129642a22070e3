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
# `make soak SOAK='--minutes 3 --seed 7'`, `make chaos CHAOS='--only mutate --seed 7'`: the same again.
SOAK ?=
CHAOS ?=
# `make e2e ENVOY=1.36.4`: another pinned Envoy. `make e2e-matrix VERSIONS='1.36.4 1.40.0'`: some of them.
ENVOY ?=
VERSIONS ?=
ifneq ($(ENVOY),)
export ENVOY_VERSION := $(ENVOY)
endif
# `make fuzz FUZZ=xfcc FUZZ_SECONDS=60`: one target, for a minute.
FUZZ ?=
FUZZ_SECONDS ?= 600
# `make dist SOURCE=https://...`: where the source is, for the labels of images. `make reproduce FILTERS=canary`: only that one.
SOURCE ?=
FILTERS ?=

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

# What may differ between versions: callbacks, attributes, configuration, how streams end.
OF_THE_HOST := auth::chain auth::death auth::older auth::secret auth::signature auth::withheld calls:: config::every held:: hostile:: \
	inherit:: observability:: ratelimit::failure ratelimit::global ratelimit::in_flight reload:: routes:: upgrade:: xds::

.PHONY: e2e-matrix
e2e-matrix: build-tests ## run the end-to-end tests on every pinned Envoy, write e2e/COMPATIBILITY.md (VERSIONS, E2E)
	$(Q)VERSIONS='$(VERSIONS)' $(MAKES)/e2e-matrix.sh $(E2E)

.PHONY: e2e-oldest
e2e-oldest: build-tests ## run those end-to-end tests that are about the host on the oldest pinned Envoy
	$(Q)VERSIONS=oldest $(MAKES)/e2e-matrix.sh $(OF_THE_HOST)

.PHONY: e2e-compose
e2e-compose: build-tests envoy ## run the end-to-end tests against containers (E2E=<part of a name>)
	$(Q)E2E_BACKEND=compose cargo test --quiet --locked -p e2e -- $(E2E)

.PHONY: fuzz
fuzz: ## read what strangers send until something breaks: each target for ten minutes (FUZZ=<part of a name>, FUZZ_SECONDS)
	$(Q)FUZZ='$(FUZZ)' FUZZ_SECONDS='$(FUZZ_SECONDS)' $(MAKES)/fuzz.sh

.PHONY: bench
bench: build-tests envoy ## measure CPU time per request, throughput, propagation of policies and revocations, memory
	$(Q)cargo build --quiet --locked --release -p e2e --bins
	$(Q)cargo run --quiet --locked --release -p e2e --bin bench -- $(BENCH)

.PHONY: bench-report
bench-report: build-tests envoy ## measure all that and more, write e2e/bench/REPORT.md and the README's figures (BENCH=--quick: target/bench/)
	$(Q)cargo build --quiet --locked --release -p e2e --bins
	$(Q)cargo run --quiet --locked --release -p e2e --bin bench -- --report $(BENCH)

.PHONY: soak
soak: build-tests envoy ## the whole chain at 70 % of its capacity for ten minutes: verdicts, memory, latency (SOAK='--minutes 3')
	$(Q)cargo build --quiet --locked --release -p e2e --bins
	$(Q)cargo run --quiet --locked --release -p e2e --bin soak -- $(SOAK)

.PHONY: chaos
chaos: build-tests envoy ## the whole chain under mutated requests, faults, changing policies, leaving clients (CHAOS='--seed 7')
	$(Q)cargo build --quiet --locked --release -p e2e --bins
	$(Q)cargo run --quiet --locked --release -p e2e --bin chaos -- $(CHAOS)

.PHONY: abi
abi: build ## write the imports and exports of each filter into its abi.txt, and the hardened configurations that allow just these
	$(Q)SLUICE_ABI=write cargo test --quiet --locked -p sluice --test artifacts --test capabilities -- imports_and_exports hardened

.PHONY: manifests
manifests: ## write those files of envoy-config/ that are made of others: watched files, the chain for Istio and Envoy Gateway
	$(Q)SLUICE_MANIFESTS=write cargo test --quiet --locked -p sluice --test manifests -- made_files

.PHONY: dist
dist: build ## pack the filters into target/dist/: modules, images, what is in them, sums (SOURCE=https://... for labels)
	$(Q)SOURCE='$(SOURCE)' FILTERS='$(FILTERS)' $(MAKES)/dist.sh

.PHONY: oci-test
oci-test: dist envoy ## push the images to a registry, pull and unpack them as gateways do, run them in Envoy
	$(Q)$(SETUP)/oci-tools.sh
	$(Q)cargo test --quiet --locked -p e2e -- packages::

.PHONY: reproduce
reproduce: wasm-targets ## build what is committed twice, from nothing, and compare every byte of target/dist/ (FILTERS=<names>)
	$(Q)FILTERS='$(FILTERS)' $(MAKES)/reproduce.sh

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
