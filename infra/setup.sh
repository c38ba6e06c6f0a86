#!/usr/bin/env bash
# Installs what the platform needs on Debian 12 and is not there yet; with --tests also what its tests need. Safe to repeat, and
# quick when nothing is missing. The packages' own services are kept from starting: the platform runs its own.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tests=false
[[ ${1:-} == --tests ]] && tests=true

say() { printf 'setup: %s\n' "$*" >&2; }
as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

command -v dotnet >/dev/null || { say "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"; exit 1; }

packages=()
# needs PACKAGE FILE: the package is wanted unless the file exists.
needs() { compgen -G "$2" >/dev/null || packages+=("$1"); }
needs postgresql '/usr/lib/postgresql/*/bin/postgres'
needs rabbitmq-server /usr/lib/rabbitmq/bin/rabbitmq-server
needs util-linux /usr/bin/setpriv
needs openssl /usr/bin/openssl
if $tests; then
    needs mosquitto /usr/sbin/mosquitto
    needs mosquitto-clients /usr/bin/mosquitto_sub
    needs python3 /usr/bin/python3
    needs python3-paho-mqtt /usr/lib/python3/dist-packages/paho/mqtt/client.py
    needs golang-cfssl /usr/bin/cfssl
    command -v node >/dev/null || packages+=(nodejs)
    command -v npm >/dev/null || packages+=(npm)
fi

if ((${#packages[@]})); then
    say "installing ${packages[*]}"
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod +x "$policy"
        trap 'as_root rm -f "$policy"' EXIT
    fi
    log=$(mktemp)
    if ! { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${packages[@]}"; } </dev/null >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        say "apt-get failed; the whole log is in $log"
        exit 1
    fi
    rm -f "$log"
fi

clients=$root/tests/clients
if $tests && ! cmp -s "$clients/package-lock.json" "$clients/node_modules/.installed-lock"; then
    say "installing the third-party clients of tests/clients"
    # Their native parts are inside the packages; no install script needs to run.
    (cd "$clients" && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error </dev/null >&2)
    cp "$clients/package-lock.json" "$clients/node_modules/.installed-lock"
fi
