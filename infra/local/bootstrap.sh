#!/bin/sh
# Makes .venv and installs a lock into it: bootstrap.sh requirements.txt
# Needs Python 3.11 or later; where Debian's Python comes without venv, root gets it through apt.
set -eu
lock=$1
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { echo "error: no $python; install Python 3.11+ or set PYTHON=/path/to/python" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: $("$python" --version) is too old; set PYTHON to a Python 3.11 or later" >&2; exit 1; }
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        minor=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
            echo "error: this Python has no venv; as root: apt-get install $minor" >&2; exit 1; }
        apt-get update -qq && apt-get install -y -qq --no-install-recommends "$minor"
        rm -rf .venv
        "$python" -m venv .venv
    fi
fi
# uv installs the lock in a fraction of pip's time.
uv=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements-dev.txt)
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv"
.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python -r "$lock"
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --editable .
.venv/bin/python -m infra.local.demo_inputs --language-model-only
