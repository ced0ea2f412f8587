#!/bin/sh
# What the browser test needs from the system. The stack installs its own packages when it starts.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "chromium is not installed (as root: apt-get install chromium); browser tests will be skipped" >&2
fi
