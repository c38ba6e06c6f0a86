#!/usr/bin/env bash
# Installs what this machine lacks to run the platform, and nothing else. Safe to run again: fast when nothing is missing.
#
#   infra/setup.sh            what ./fleet up needs
#   infra/setup.sh --tests    and what ./fleet test needs
#   infra/setup.sh --bench    and the peers that ./fleet bench measures against
#   infra/setup.sh --check    installs nothing; prints what is missing, and ends with 1 when something is
set -euo pipefail
cd "$(dirname "$0")/.."

with_tests=false with_bench=false check=false
for argument in "$@"; do
    case $argument in
        --tests) with_tests=true ;;
        --bench) with_tests=true with_bench=true ;;
        --check) check=true ;;
        *) echo "setup.sh: unknown option $argument" >&2; exit 2 ;;
    esac
done

missing=()
need() { # need PACKAGE TEST...: the package when the test fails
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_rabbitmq() { [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || has rabbitmq-server; }

. infra/servers.sh
has_container_engine && engine=true || engine=false
configured postgres || $engine || need postgresql has_postgres
configured bus || $engine || need rabbitmq-server has_rabbitmq
need util-linux has setpriv
if $with_tests; then
    need mosquitto test -x /usr/sbin/mosquitto
    need mosquitto-clients has mosquitto_pub
    need python3-paho-mqtt /usr/bin/python3 -c 'import paho.mqtt.client'
    need openssl has openssl
    need softhsm2 has softhsm2-util
    need opensc has pkcs11-tool
    need libengine-pkcs11-openssl compgen -G '/usr/lib/*/engines-3/pkcs11.so'
    need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
    need nodejs has node
    need npm has npm
    # The stories run native servers even where an engine answers.
    need postgresql has_postgres
    need rabbitmq-server has_rabbitmq
fi
if $with_bench; then
    need golang-cfssl has cfssl
fi

if [ ${#missing[@]} -gt 0 ]; then
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
fi

if ! has dotnet; then
    echo "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 1
fi

if $check; then
    [ ${#missing[@]} -eq 0 ] || { echo "sudo apt-get install -y ${missing[*]}"; exit 1; }
    exit 0
fi

if [ ${#missing[@]} -gt 0 ]; then
    if ! has apt-get; then
        echo "Missing: ${missing[*]}. This machine has no apt-get: install them by its own means." >&2
        exit 1
    fi
    root=()
    if [ "$(id -u)" -ne 0 ]; then
        has sudo || { echo "Missing: ${missing[*]}. Install them as root: apt-get install -y ${missing[*]}" >&2; exit 1; }
        root=(sudo)
    fi

    # The packages would start servers of their own, on the standard ports. Ours are children of the host: keep the packages' from starting.
    policy=/usr/sbin/policy-rc.d
    kept=
    if [ -e $policy ]; then
        kept=$(mktemp)
        "${root[@]}" cp -p $policy "$kept"
    fi
    restore_policy() {
        if [ -n "$kept" ]; then "${root[@]}" cp -p "$kept" $policy && rm -f "$kept"; else "${root[@]}" rm -f $policy; fi
    }
    trap restore_policy EXIT
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null
    "${root[@]}" chmod 755 $policy

    echo "Installing ${missing[*]}"
    log=$(mktemp)
    apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold -q "$@" </dev/null >>"$log" 2>&1; }
    # No cluster of the distribution's own either: its files would only lie about.
    if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
        "${root[@]}" mkdir -p /etc/postgresql-common
        printf '# Written by FleetPlatform: its PostgreSQL keeps its data in the fleet folder.\ncreate_main_cluster = false\n' | "${root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    if ! apt install -y --no-install-recommends "${missing[@]}"; then
        if ! { apt update && apt install -y --no-install-recommends "${missing[@]}"; }; then
            cat "$log" >&2
            echo "Installing failed. Try: sudo apt-get update && sudo apt-get install -y ${missing[*]}" >&2
            exit 1
        fi
    fi
    rm -f "$log"
fi

# The third-party clients of the stories, exactly as locked.
if $with_tests && [ -f tests/clients/package-lock.json ]; then
    installed=tests/clients/node_modules/.package-lock.json
    if [ ! -f $installed ] || [ tests/clients/package-lock.json -nt $installed ]; then
        echo "Installing the packages of tests/clients"
        # Their native parts are inside the packages; no install script needs to run.
        (cd tests/clients && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2)
        touch $installed
    fi
fi

# The SDK's compiler to machine code: services start in half the time with it, and start without it.
fetched=infra/precompile/obj/fetched
version=$(dotnet --version)
if [ "$(cat $fetched 2>/dev/null)" != "$version" ]; then
    if timeout 120 dotnet restore infra/precompile/fetch.proj --nologo -v quiet </dev/null >/dev/null 2>&1; then
        echo "$version" >$fetched
    else
        echo "The compiler to machine code (package microsoft.netcore.app.crossgen2) could not be fetched: everything works, and starts slower."
    fi
fi
