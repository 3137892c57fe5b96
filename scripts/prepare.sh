#!/usr/bin/env bash
# Brings what the checks need and this machine lacks: `prepare.sh [system] [python] [assets] [deny]`, all without arguments.
# Every step does nothing when its work is already there. A step that cannot do its work says so and ends in failure.
set -euo pipefail
cd "$(dirname "$0")/.."

# Packages of a Debian or Ubuntu system, when this user may install them; otherwise the names of what is missing.
prepare_system() {
    local missing=()
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
    command -v openssl >/dev/null || missing+=(openssl)
    command -v cc >/dev/null || missing+=(build-essential)
    # Clients of the file door.
    command -v sftp >/dev/null || missing+=(openssh-client)
    command -v lftp >/dev/null || missing+=(lftp)
    command -v rclone >/dev/null || missing+=(rclone)
    command -v psftp >/dev/null || missing+=(putty-tools)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    command -v npm >/dev/null || missing+=(nodejs npm)
    command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
        echo "prepare: please install: ${missing[*]}" >&2
        return 1
    fi
    # The database server is for private clusters of the tests; no cluster of the system is made or started.
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# A virtual environment with the pinned packages.
prepare_python() {
    local wanted
    wanted=$(cksum <tests/requirements.txt)
    [ -x .venv/bin/python ] && [ "$(cat .venv/requirements.cksum 2>/dev/null)" = "$wanted" ] && return
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
    echo "$wanted" >.venv/requirements.cksum
}

# What the pages are dressed in, and what tries them in a browser: as the lock file says, without running anything of it.
prepare_assets() {
    local lock=crates/web/node_modules/.package-lock.json
    [ -e "$lock" ] && [ ! crates/web/package-lock.json -nt "$lock" ] && return
    command -v npm >/dev/null || { echo "prepare: please install Node.js 20 or later, with npm" >&2; return 1; }
    npm ci --ignore-scripts --no-audit --no-fund --silent --prefix crates/web
    touch "$lock"
}

# The checker of licenses, bans and sources, built once; without optimization, which would take longer than it saves.
prepare_deny() {
    command -v cargo-deny >/dev/null || [ -x target/tools/bin/cargo-deny ] && return
    cargo install cargo-deny --version 0.20.2 --locked --quiet --debug --root target/tools --target-dir target/tools/build
    rm -rf target/tools/build
}

[ $# -gt 0 ] || set -- system python assets deny
for part in "$@"; do "prepare_$part"; done
