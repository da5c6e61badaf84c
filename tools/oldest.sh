#!/bin/sh
# Every step with the oldest Python and dependencies that are declared: about four minutes.
# Exit status 77: there is no Python 3.12.
set -eu
cd "$(dirname "$0")/.."
env=build/oldest-env
for python in python3.12 "$(pyenv prefix 3.12 2>/dev/null || true)/bin/python3.12"; do
    if "$python" -c '' >/dev/null 2>&1; then
        rm -rf "$env"
        "$python" -m venv "$env"
        uv=$(command -v uv || echo .venv/bin/uv)
        "$uv" pip install --quiet --python "$env/bin/python" --constraint tools/oldest.txt . \
            2>/dev/null ||
            "$env/bin/python" -m pip install --quiet --constraint tools/oldest.txt .
        cd build
        exec oldest-env/bin/python ../tools/smoke.py
    fi
done
echo 'oldest: expected Python 3.12 on the path, or known to pyenv' >&2
exit 77
