#!/usr/bin/env bash
# Runs built test projects one after the other, the stories last, and prints what failed and the sum: N passed, N failed.
# usage: run-tests.sh CONFIGURATION/FRAMEWORK [PROJECT…]
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
output=$1
shift
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

all=$(cd "$root/tests" && ls -d *.Tests Architecture Stories | grep -vx Stories; echo Stories)
chosen=${*:-$all}
passed=0 failed=0 broken=()
for project in $chosen; do
    log=$results/$project.log
    printf '\n== %s\n' "$project"
    began=$SECONDS
    (cd "$root" && timeout --foreground 900 dotnet "tests/$project/bin/$output/$project.dll" -noColor -noLogo </dev/null) 2>&1 | tee "$log" | grep -vE '^ +(Discover|Start|Finish)' || :
    # "   Name  Total: 16, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.3s"
    if [[ $(grep -E '^ +\S+ +Total: ' "$log" | tail -n 1) =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+) ]]; then
        bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
        passed=$((passed + BASH_REMATCH[1] - BASH_REMATCH[3] - BASH_REMATCH[4]))
        failed=$((failed + bad))
        ((bad == 0)) || broken+=("$(grep -E '\[FAIL\]' "$log" | sed "s/^ */$project: /")")
    else
        failed=$((failed + 1))
        broken+=("$project: ended without a result")
    fi
    printf '   %s took %d s\n' "$project" $((SECONDS - began))
done

echo
for line in "${broken[@]}"; do printf '%s\n' "$line"; done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
