#!/usr/bin/env bash
# web, worker, beat (script/Procfile), or any command of manage.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export SIWU_PYTHON=$PWD/.venv/bin/python SIWU_RUN_DIR=/var/lib/siwu SIWU_HOST=0.0.0.0 SIWU_PORT=8000 SIWU_STATIC_ROOT=${SIWU_STATIC_ROOT:-$PWD/static}
export XDG_CACHE_HOME=$SIWU_RUN_DIR/cache   # lists of fonts, made once
case "${1:-web}" in
    web | worker | beat) line=$(sed -n "s/^$1: //p" script/Procfile); exec bash -c "$line" ;;
    *) exec "$SIWU_PYTHON" manage.py "$@" ;;
esac
