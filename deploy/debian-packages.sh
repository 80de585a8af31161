#!/bin/sh
# Sees to it that the packages of debian-packages.txt are there, with `dev` those for tests, too: installs what is
# missing when root, and otherwise prints the exact line to run.
set -eu
PATH=$PATH:/usr/sbin:/sbin # where Debian puts mosquitto

present() {
    case $1 in
        command:*) command -v "${1#command:}" > /dev/null ;;
        venv) python3 -c 'import venv, ensurepip' 2> /dev/null ;;
        java:*)
            major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
            [ "${major:-0}" -ge "${1#java:}" ]
            ;;
    esac
}

missing=
while read -r package check use; do
    case $package in '' | \#*) continue ;; esac
    [ -z "$use" ] || [ "$use" = "${1-}" ] || continue
    present "$check" || missing="$missing $package"
done < "$(dirname "$0")/debian-packages.txt"
[ -n "$missing" ] || exit 0

# Debian starts these as services of their own, and nothing but a policy for the whole machine could keep it from that.
daemons=
for package in $missing; do
    case $package in mosquitto | prometheus) daemons="$daemons $package" ;; esac
done
command -v systemctl > /dev/null || daemons=

install="apt-get install -y --no-install-recommends -o APT::Keep-Downloaded-Packages=false$missing"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    echo "setup: this machine lacks$missing; run: sudo sh -c 'apt-get update && $install', then the same command again" >&2
    [ -z "$daemons" ] || echo "setup: afterwards stop what Debian starts by itself: sudo systemctl disable --now$daemons" >&2
    exit 1
fi
echo "setup: Debian packages:$missing"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -q && $install; } > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "setup: could not install$missing; the lines above say why" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
[ -z "$daemons" ] ||
    echo "setup: Debian has started$daemons; the platform runs its own, so stop them: systemctl disable --now$daemons"
