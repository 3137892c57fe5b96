#!/usr/bin/env bash
# Runs every check and prints the counts in the last line: `N passed, N failed[, N skipped]`.
# A check without counts of its own (format, lints, dependencies) counts as one. Fails when anything failed.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/target/tools/bin:$PATH" CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
passed=0 failed=0 skipped=0

# Temporary files stand in memory where there is room: hundreds of databases are made, and each lives for seconds. What the tests
# show is what a program that was killed leaves behind, which is the same there.
in_memory=$(df --output=avail --block-size=1G /dev/shm 2>/dev/null | tail -n 1)
scratch=$(mktemp -d "$([ "${in_memory:-0}" -ge 6 ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/bluebonnet.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
export TMPDIR="$scratch"
log="$scratch/log"

# Whoever builds once has no use for what makes the next build faster.
[ "${CI:-}" != true ] || export CARGO_INCREMENTAL=0

say() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

# One check that passes or fails as a whole.
check() {
    say "$1"
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        return 1
    fi
}

# A run of many tests: counts them from its output; a run that ends badly without a failed test counts as one failure.
count() {
    say "$1"
    local status before=$failed
    "${@:3}" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    "count_$2" <"$log"
    if [ "$status" -ne 0 ] && [ "$failed" -eq "$before" ]; then
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}
add() { passed=$((passed + ${1:-0})) failed=$((failed + ${2:-0})) skipped=$((skipped + ${3:-0})); }

# The number before a word: `number passed "12 passed, 1 failed"` gives 12.
number() { grep -oE "[0-9]+ $1" <<<"$2" | tail -n 1 | cut -d ' ' -f 1; }

count_cargo() {
    local line
    while read -r line; do
        add "$(number passed "$line")" "$(number failed "$line")" "$(number ignored "$line")"
    done < <(grep '^test result:')
}
count_pytest() {
    local line
    line=$(grep -E '^=+ .*(passed|failed|error|skipped).* in ' | tail -n 1)
    add "$(number passed "$line")" "$(number failed "$line")" "$(number skipped "$line")"
    add 0 "$(number 'errors?' "$line")"
}

count_node() {
    local text
    text=$(grep -E '^(#|ℹ) (pass|fail|skipped) ')
    add "$(awk '$2 == "pass" { print $3 }' <<<"$text")" "$(awk '$2 == "fail" { print $3 }' <<<"$text")" \
        "$(awk '$2 == "skipped" { print $3 }' <<<"$text")"
}

check_vulnerabilities() {
    say "known vulnerabilities"
    if ! timeout 60 cargo deny --log-level error fetch db 2>/dev/null; then
        echo "skipped: the database of known vulnerabilities cannot be fetched from here"
        skipped=$((skipped + 1))
        return
    fi
    check "dependencies without known vulnerabilities" cargo deny --offline --locked check advisories
}

check "system packages" scripts/prepare.sh system
check "Python packages" scripts/prepare.sh python
check "assets of the pages" scripts/prepare.sh assets
check "dependency checker" scripts/prepare.sh deny
# The checker reads all of them, those for other systems too, which no build here would fetch.
check "sources of dependencies" cargo fetch --locked --quiet
check "sources of what the fuzz targets need" cargo fetch --locked --quiet --manifest-path fuzz/Cargo.toml

check "format" cargo fmt --all --check
check "lints" cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
check "licenses, bans and sources of dependencies" \
    cargo deny --offline --locked --log-level error check licenses bans sources
check_vulnerabilities

# The tests of one crate share a PostgreSQL server, as threads of one process.
if check "the program and the tests" cargo build --workspace --tests --locked --quiet; then
    count "Rust tests" cargo cargo test --workspace --locked --no-fail-fast --quiet
    count "stories in the browser" node node --test --test-concurrency=3 --test-reporter=tap tests/stories/
    # They wait more than they work: a file of them a worker.
    count "conformance tests" pytest .venv/bin/python -m pytest tests/conformance -n 3 --dist loadfile --durations=8
fi

printf '\n%s checks took %s s\n' "$((passed + failed + skipped))" "$SECONDS"
counts="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || counts="$counts, $skipped skipped"
echo "$counts"
[ "$failed" -eq 0 ]
