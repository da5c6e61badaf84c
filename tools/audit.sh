#!/bin/sh
# Known faults of the packages that an environment holds, by pip-audit in an environment of its own.
# Its data are those of pypi.org. Where they cannot be reached nothing is known, and nothing fails.
set -eu
venv=${1:-.venv}
python=$venv/bin/python
address=https://pypi.org/pypi/pip/24.0/json # some mirrors have packages, and not what is known of them
probe="import sys, urllib.request as u
sys.exit(b'vulnerabilities' not in u.urlopen('$address', timeout=10).read())"
if ! "$python" -c "$probe" 2>/dev/null
then
    echo "audit: not run, $address cannot be reached"
    exit 0
fi
"$python" -m venv build/audit-env
build/audit-env/bin/python -m pip install --quiet pip-audit
build/audit-env/bin/pip-audit --progress-spinner off --skip-editable \
    --path "$("$python" -c "import sysconfig; print(sysconfig.get_paths()['purelib'])")"
