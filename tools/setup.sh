#!/bin/sh
# Create or reuse the environment $1 with the newest Python >= 3.12 and install $2 into it.
set -eu
venv=$1 what=$2

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

if [ -x "$venv/bin/python" ] && ! fits "$venv/bin/python"; then
    rm -rf "$venv"
fi
if [ ! -x "$venv/bin/python" ]; then
    found=
    for python in python3.14 python3.13 python3.12 python3 python; do
        if command -v "$python" >/dev/null 2>&1 && fits "$python"; then
            found=$python
            break
        fi
    done
    if [ -n "$found" ]; then
        "$found" -m venv "$venv"
    elif command -v uv >/dev/null 2>&1; then
        uv venv --quiet --seed --python '>=3.12' "$venv"
    else
        echo 'bayesneuron needs Python 3.12 or newer: install it from https://www.python.org/downloads/ or run "pip install uv", then try again.' >&2
        exit 1
    fi
fi
# uv installs in seconds what takes pip most of a minute; where it cannot be had, or finds no
# packages, as with an index that only pip is told of, pip does it
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 uv || true
    uv=$venv/bin/uv
fi
if ! { [ -x "$uv" ] && "$uv" pip install --quiet --python "$venv/bin/python" -e "$what"; }; then
    # pip compiles every module of every package; an import compiles those that are needed
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -e "$what"
fi
PYTHONDONTWRITEBYTECODE='' "$venv/bin/python" -c 'import bayesneuron.app.cli'
