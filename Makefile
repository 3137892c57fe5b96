# The commands of the project. `make help` lists them.

DATA    ?= ./data
HTTP    ?= 127.0.0.1:8080
# None: that of Texas for a new registry, and the kept one for one that is there.
PROFILE ?=
PEOPLE  ?= 2000
ROUNDS  ?= 20
MESSAGES ?= 10000
FILE_KILLS ?= 200
SECONDS_EACH ?= 3600
FLIPS   ?= 500
HISTORIES ?= 10000

.DEFAULT_GOAL := help
.PHONY: help run test assets walks crash flips rehearsal histories bench fuzz deny format

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: assets ## Build for release and serve a demonstration registry: DATA=./data HTTP=127.0.0.1:8080 PROFILE=profiles/example.toml PEOPLE=2000
	cargo build --release --locked
	"$${CARGO_TARGET_DIR:-target}/release/bluebonnet" demo --data "$(DATA)" --http "$(HTTP)" $(if $(PROFILE),--profile "$(PROFILE)") \
		--people "$(PEOPLE)" --credentials "$(DATA)/credentials.json"

test: ## Run every check: format, lints, dependencies, Rust tests, conformance tests
	@scripts/test.sh

crash: ## Kill the server under load, the long form: ROUNDS=20 MESSAGES=10000 FILE_KILLS=200
	@BLUEBONNET_CRASH_ROUNDS="$(ROUNDS)" BLUEBONNET_CRASH_MESSAGES="$(MESSAGES)" \
		BLUEBONNET_CRASH_FILE_KILLS="$(FILE_KILLS)" scripts/crash.sh

walks: assets ## Make the pictures of docs/using/ anew (needs Chromium)
	cargo build --locked -p bluebonnet
	BLUEBONNET_WALKS="$(CURDIR)/docs/using/pictures" node --test tests/stories/walks.test.mjs

flips: ## Open and close the gate under load, the long form: FLIPS=500
	@scripts/prepare.sh system python
	cargo build --release --locked -p bluebonnet
	BLUEBONNET_FLIPS="$(FLIPS)" BLUEBONNET_BINARY="$${CARGO_TARGET_DIR:-target}/release/bluebonnet" \
		.venv/bin/python -m pytest -s tests/conformance/test_gate_flips.py

rehearsal: ## Rehearse an upgrade behind the front on PostgreSQL, with 50 senders and the release build
	@scripts/rehearse-upgrade.sh

histories: ## Compare random histories with a simple model of doses, the long form: HISTORIES=10000
	BLUEBONNET_HISTORIES="$(HISTORIES)" cargo test --release --locked -p bluebonnet-registry --test it -- histories --nocapture

assets: crates/web/node_modules/.package-lock.json ## Fetch the pages' style sheet, fonts and icons (npm)

# npm writes this file last.
crates/web/node_modules/.package-lock.json: crates/web/package.json crates/web/package-lock.json
	@scripts/prepare.sh assets

bench: assets ## Run the benchmarks and print one table
	@scripts/prepare.sh python
	cargo run --release --locked -p bluebonnet-bench

fuzz: ## Fuzz the readers of ER7 and SOAP: SECONDS_EACH=3600 (needs cargo-fuzz)
	@scripts/fuzz.sh "$(SECONDS_EACH)"

deny: ## Check licenses, bans, sources and, with the network, known vulnerabilities of the dependencies
	@scripts/prepare.sh deny
	cargo fetch --locked --quiet
	PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo deny check

format: ## Format the Rust code
	cargo fmt --all
