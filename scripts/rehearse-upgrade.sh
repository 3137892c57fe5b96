#!/usr/bin/env bash
# Rehearses an upgrade on PostgreSQL before the real one: a registry of its own is served by the old program, a window
# begins, the database is killed and started anew, the schema is migrated, and the new program takes the ports, while
# clients knock at every door. Fails when a connection was refused, an answer was wrong, or an upload or an acknowledged
# message is missing. No registry in use is touched.
#
#   scripts/rehearse-upgrade.sh [OLD-PROGRAM [NEW-PROGRAM]]
#
# Without programs the release build is both. BLUEBONNET_SENDERS=50 is the number of senders.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/prepare.sh system python
if [ $# -eq 0 ]; then
    cargo build --release --locked -p bluebonnet
    set -- "${CARGO_TARGET_DIR:-$PWD/target}/release/bluebonnet"
fi
export BLUEBONNET_BINARY="$1" BLUEBONNET_BINARY_AFTER="${2:-$1}" BLUEBONNET_SENDERS="${BLUEBONNET_SENDERS:-50}"
CI=true .venv/bin/python -m pytest -q -s tests/conformance/test_rebuilding.py
