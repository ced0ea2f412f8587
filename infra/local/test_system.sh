#!/bin/sh
# What tests need from the system: a browser, and OpenMP for LightGBM. The stack installs its own packages when it starts.
set -eu
missing=
command -v chromium >/dev/null 2>&1 || missing=chromium
ldconfig -p | grep -q libgomp.so.1 || missing="$missing libgomp1"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "not installed: $missing (as root: apt-get install $missing); tests that need it will not run" >&2
fi
