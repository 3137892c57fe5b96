#!/usr/bin/env bash
# The long form of the crash tests, on the release build, on both databases: BLUEBONNET_CRASH_ROUNDS kills over
# BLUEBONNET_CRASH_MESSAGES messages, and BLUEBONNET_CRASH_FILE_KILLS while files are uploaded and processed; and every
# failure that can be made on purpose on a file's way.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/prepare.sh system python
cargo build --release --locked -p bluebonnet
BLUEBONNET_BINARY="$PWD/target/release/bluebonnet" BLUEBONNET_FAILURES=all .venv/bin/python -m pytest -s \
    tests/conformance/test_kill.py tests/conformance/test_file_kill.py tests/conformance/test_file_failures.py
