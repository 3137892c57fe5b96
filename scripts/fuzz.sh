#!/usr/bin/env bash
# Fuzzes every target in fuzz/ for so many seconds each.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:-3600}
for target in $(cargo +nightly fuzz list); do
    echo "== $target, $seconds s"
    cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10
done
