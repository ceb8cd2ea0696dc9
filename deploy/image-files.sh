#!/usr/bin/env bash
# Inside the image being built, and on a server: browser packages, translations, static files. No settings are needed, and none are kept.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD PYTHON=$PWD/.venv/bin/python
mkdir -p .run
source script/lib/packages.sh
install_browser_packages
find locale -name '*.po' -exec sh -c 'msgfmt --check-format -o "${1%.po}.mo" "$1"' _ {} \;
SIWU_SECRET_KEY=for-this-step-only DATABASE_URL=postgis:///none REDIS_URL=redis://127.0.0.1:1 SIWU_STATIC_ROOT=$ROOT/static \
    "$PYTHON" manage.py collectstatic --no-input --verbosity 0
rm -rf .run
