#!/usr/bin/env bash
# Becomes the given command, and leaves a watcher behind that ends the command's whole process group when the host is gone.
# Standard input is a pipe whose other end only the host holds: it closes when the host ends, however it ends, kill -9 included.
# A line on it means that the host itself has seen the command end: nothing is left to watch.
#
#   setsid bash guard.sh SIGNAL PATIENCE CLEANUP command [argument...]
#     SIGNAL    first asked with this (INT, TERM); after PATIENCE tenths of a second with KILL
#     CLEANUP   shell command to run after that; empty for none
# (bash and not sh: dash drops variables whose names have hyphens, and connection strings are named like resources)
signal=$1 patience=$2 cleanup=$3
shift 3
exec 3<&0 </dev/null
setsid sh -c '
    group=$1 signal=$2 patience=$3 cleanup=$4
    exec >/dev/null 2>&1
    read -r released <&3 && exit 0
    kill "-$signal" "-$group"
    while [ "$patience" -gt 0 ] && kill -0 "-$group"; do
        patience=$((patience - 1))
        sleep 0.1
    done
    kill -KILL "-$group"
    [ -z "$cleanup" ] || sh -c "$cleanup"
' guard "$$" "$signal" "$patience" "$cleanup" &
exec 3<&-
exec "$@"
