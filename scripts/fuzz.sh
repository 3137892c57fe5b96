#!/usr/bin/env bash
# Fuzzes every target in fuzz/ for so many seconds each. The code is safe Rust, so no sanitizer is needed: what is looked
# for are panics, endless loops and memory without bound. RUSTC_BOOTSTRAP lets a stable compiler count what is covered.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
export RUSTC_BOOTSTRAP=1
seconds=${1:-3600}
# What the project has of its own to begin with.
mkdir -p corpus/schedule
cp -n ../crates/forecast/schedules/cdsi-4.64/*.txt corpus/schedule/
for target in $(cargo fuzz list); do
    echo "== $target, $seconds s"
    cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=16384 -rss_limit_mb=2048 -timeout=25
done
