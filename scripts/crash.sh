#!/usr/bin/env bash
# The long form of the crash tests: BLUEBONNET_CRASH_ROUNDS kills over BLUEBONNET_CRASH_MESSAGES messages, on the
# release build, on both databases.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/prepare.sh system python
cargo build --release --locked -p bluebonnet
BLUEBONNET_BINARY="$PWD/target/release/bluebonnet" .venv/bin/python -m pytest -s tests/conformance/test_kill.py
