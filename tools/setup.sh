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
if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$venv/bin/python" -e "$what"
else
    # pip compiles every module of every package; an import compiles those that are needed
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -e "$what"
    PYTHONDONTWRITEBYTECODE='' "$venv/bin/python" -c 'import bayesneuron.app.cli'
fi
