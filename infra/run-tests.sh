#!/usr/bin/env bash
# Runs built test projects, two at a time, the stories after them on their own, and prints what failed and the sum: N passed, N failed.
# usage: run-tests.sh CONFIGURATION/FRAMEWORK [PROJECT…]
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

# Runs one project; what it prints appears when it has ended. usage: run-tests.sh --one CONFIGURATION/FRAMEWORK RESULTS PROJECT
if [[ $1 == --one ]]; then
    log=$3/$4.log
    began=$SECONDS
    printf -- '-- %s\n' "$4"
    timeout --foreground 1800 dotnet "tests/$4/bin/$2/$4.dll" -noColor -noLogo </dev/null >"$log" 2>&1
    printf '\n== %s, %d s\n%s\n' "$4" $((SECONDS - began)) "$(grep -vE '^ +(Discover|Start|Finish)|^=== TEST EXEC' "$log")"
    exit 0
fi

output=$1
shift
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
projects=("$@")
(($#)) || mapfile -t projects < <(cd tests && ls -d *.Tests Architecture Stories)

# Much of a project's time is waiting, so two fill two processors. xargs and not "&", whose children could not be interrupted, which the tests of the host do.
run() { (($#)) && printf '%s\n' "$@" | xargs -n 1 -P 2 "infra/run-tests.sh" --one "$output" "$results"; }
mapfile -t others < <(printf '%s\n' "${projects[@]}" | grep -vx Stories)
run "${others[@]}"
[[ " ${projects[*]} " != *" Stories "* ]] || run Stories

passed=0 failed=0 broken=()
for project in "${projects[@]}"; do
    log=$results/$project.log
    # "   Name  Total: 16, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.3s"
    if [[ $(grep -E '^ +\S+ +Total: ' "$log" | tail -n 1) =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
        bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
        passed=$((passed + BASH_REMATCH[1] - BASH_REMATCH[3] - BASH_REMATCH[4] - BASH_REMATCH[5]))
        failed=$((failed + bad))
        ((bad == 0)) || broken+=("$(grep -E '\[FAIL\]' "$log" | sed "s/^ */$project: /")")
    else
        failed=$((failed + 1))
        broken+=("$project: ended without a result")
    fi
done

printf '\nAll tests took %d s\n' $SECONDS
for line in "${broken[@]}"; do printf '%s\n' "$line"; done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
