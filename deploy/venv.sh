#!/bin/sh
# Makes the virtual environment: venv.sh FOLDER
set -eu
for python in python3.11 python3 none; do
    [ "$python" != none ] || {
        echo "setup: Python 3.11 or newer is missing; install it: apt-get install python3 python3-venv" >&2
        exit 1
    }
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && break
done
"$python" -m venv "$1"
