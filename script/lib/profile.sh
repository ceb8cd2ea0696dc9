# Where a profile (server or test) keeps its files and as whom it runs. Sourced by setup, server and test.

umask 022
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
PYTHON=$ROOT/.venv/bin/python
exec 3>&1 4>&2   # what a person reads; steps send everything else to the log

say() { printf '%s\n' "$*" >&3; }

DIED=""
die() {  # what happened (Chinese), the same in English, more lines
    DIED=1
    printf '\n错误：%s\n' "$1" >&4
    printf 'Error: %s\n' "$2" >&4
    shift 2
    [ $# -eq 0 ] || printf '%s\n' "$@" >&4
    exit 1
}

path_hash() { printf '%s' "$ROOT" | sha256sum | cut -c1-10; }

# A service never runs as root: the user siwu, or the owner of the checkout when siwu cannot reach it (sudo in a private home).
reaches() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups test -r "$ROOT/manage.py" -a -x "$ROOT" 2>/dev/null; }

open_profile() {
    PROFILE=$1
    [[ $ROOT != *[\'\"\$\\]* ]] || die "路径不能含引号、\$ 或反斜线：$ROOT" "the path must not hold quotes, \$ or backslashes: $ROOT"
    RUN=$ROOT/.run/$PROFILE
    local owner
    if [ -e "$RUN" ]; then
        RUN=$(readlink -f "$RUN")
        owner=$(stat -c %U "$RUN")
        if [ "$EUID" -ne 0 ] && [ "$owner" != "$(id -un)" ]; then
            die "$RUN 属于用户 $owner，请用该用户或 sudo 运行。" "$RUN belongs to $owner: run this as $owner or with sudo."
        fi
        SERVICE_USER=$owner
    elif [ "$EUID" -ne 0 ]; then
        SERVICE_USER=$(id -un)
    else
        owner=$(stat -c %U "$ROOT")
        SERVICE_USER=siwu
        if ! id siwu >/dev/null 2>&1; then
            useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin siwu
        fi
        if ! reaches siwu && [ "$owner" != root ] && [ "$owner" != UNKNOWN ] && reaches "$owner"; then
            SERVICE_USER=$owner
        fi
    fi
    if [ "$SERVICE_USER" = root ] || [ "$SERVICE_USER" = UNKNOWN ]; then
        die "$RUN 的所有者不可用（$SERVICE_USER）；请移走该目录后重试。" "$RUN has an owner that cannot run services ($SERVICE_USER): move it away and try again."
    fi
    CODE_USER=$SERVICE_USER
    if [ "$EUID" -eq 0 ] && ! reaches "$SERVICE_USER"; then CODE_USER=root; fi
    PG=$RUN/pg
    LOGS=$RUN/log
    ENV_FILE=$RUN/env
    SOCKETS=$RUN/sock
    # A unix socket's address holds 107 bytes and goes into URLs, so that an odd or a long path needs a short one beside it.
    if [ "$(printf '%s' "$SOCKETS/.s.PGSQL.65535" | wc -c)" -gt 100 ] || [[ $SOCKETS =~ [^A-Za-z0-9_./-] ]]; then
        SOCKETS=/tmp/siwu-$(path_hash)-$PROFILE
    fi
    REDIS_SOCKET=$SOCKETS/redis.sock
    export SIWU_ENV_FILE=$ENV_FILE
}

AS=()
become() {  # sets AS: what to put before a command to run it as this user
    AS=()
    if [ "$EUID" -eq 0 ] && [ "$1" != root ]; then
        AS=(setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups env HOME="$RUN")
    fi
}
as_user() { become "$1"; shift; "${AS[@]}" "$@"; }
as_service() { as_user "$SERVICE_USER" "$@"; }     # PostgreSQL and Redis
as_code() { as_user "$CODE_USER" "$@"; }           # Django
manage() { (cd "$ROOT" && as_code "$PYTHON" manage.py "$@"); }

setting() {  # one value: the environment first, then the profile's file
    local name=$1
    if [ -n "${!name:-}" ]; then printf '%s' "${!name}"; return; fi
    [ -r "$ENV_FILE" ] || return 0
    sed -n "s/^$name=//p" "$ENV_FILE" | tail -n 1 | sed "s/^'\(.*\)'\$/\1/"
}
is_private() { [[ " $(sed -n 's/^SIWU_PRIVATE=//p' "$ENV_FILE" 2>/dev/null | tr -d \') " == *" $1 "* ]]; }
