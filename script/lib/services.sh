# The private PostgreSQL and Redis of one profile: start, stop, survive a power cut. Sourced by setup, server and test.

# A number in a pid file proves nothing: the process must be the right program in the right folder.
process_in() {  # pid, working folder, pattern of the program's name
    local pid=$1
    [[ $pid =~ ^[0-9]+$ ]] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$2" ] && [[ $(cat "/proc/$pid/comm" 2>/dev/null) == $3 ]]
}
postgres_pid() {
    local pid; pid=$(head -n 1 "$PG/postmaster.pid" 2>/dev/null) || return 1
    process_in "$pid" "$PG" 'postgres*' && printf '%s' "$pid"
}
redis_pid() {
    local pid; pid=$(cat "$RUN/redis/redis.pid" 2>/dev/null) || return 1
    process_in "$pid" "$RUN/redis" '*redis*' && printf '%s' "$pid"
}

port_is_free() {
    as_code /usr/bin/python3 - "$1" "$2" <<'PY'
import socket, sys
family, kind, protocol, _, address = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=socket.SOCK_STREAM)[0]
with socket.socket(family, kind, protocol) as candidate:
    candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        candidate.bind(address)
    except OSError:
        sys.exit(1)
PY
}
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

make_folders() {
    local path
    # Semaphores of web and worker live here; a plain chroot has the folder without the mode that every machine gives it.
    if ! as_service test -w /dev/shm; then
        [ "$EUID" -eq 0 ] || die "用户 $SERVICE_USER 不能写入 /dev/shm。" "$SERVICE_USER cannot write to /dev/shm: chmod 1777 /dev/shm"
        install -d -m 1777 /dev/shm
    fi
    if [ "$EUID" -eq 0 ]; then
        if [ ! -e "$RUN" ] && [ "$CODE_USER" = root ]; then
            # The service user cannot enter the checkout: its data lives outside, and a link says where.
            local data; data=/var/lib/siwu/$(path_hash)/$PROFILE
            install -d -m 755 /var/lib/siwu "$(dirname "$data")"
            install -d -o "$SERVICE_USER" -g "$(id -gn "$SERVICE_USER")" -m 750 "$data"
            ln -sfn "$data" "$RUN"
            open_profile "$PROFILE"
        fi
        install -d -o "$SERVICE_USER" -g "$(id -gn "$SERVICE_USER")" -m 750 "$RUN"
    else
        mkdir -p -m 750 "$RUN"
    fi
    for path in log redis media static stamp; do as_service mkdir -p -m 750 "$RUN/$path"; done
    if [ ! -d "$SOCKETS" ]; then as_service mkdir -m 750 "$SOCKETS"; fi
    if [ -L "$SOCKETS" ] || [ "$(stat -c %U "$SOCKETS")" != "$SERVICE_USER" ]; then
        die "$SOCKETS 属于别人，不能使用。" "$SOCKETS belongs to somebody else: remove it."
    fi
    PG=$RUN/pg
}

create_cluster() {
    local bin; bin=$(postgres_bin)
    if [ -f "$PG/PG_VERSION" ] && [ -f "$PG/siwu.conf" ]; then
        [ -n "$bin" ] || die "数据库集群是 PostgreSQL $(cat "$PG/PG_VERSION")，本机没有该版本。" "the cluster was made by PostgreSQL $(cat "$PG/PG_VERSION"), which is not installed."
        STEP_NOTE="已有 exists"
        return
    fi
    # A cluster that has been started keeps its options: such a folder may hold data and is never removed.
    [ ! -e "$PG/postmaster.opts" ] || die "$PG 不完整（缺 siwu.conf），请先检查。" "$PG is incomplete (siwu.conf is missing): look into it first."
    rm -rf "${RUN:?}/pg"   # what an interrupted set-up left
    as_service "$bin/initdb" -D "$PG" -U siwu_admin -E UTF8 --locale=C.UTF-8 --auth-local=peer --auth-host=reject --data-checksums
    as_service tee "$PG/pg_hba.conf" >/dev/null <<CONF
local  all          siwu_admin                peer map=siwu
host   all          siwu_admin  all           reject
local  all          all                       scram-sha-256
host   all          all         127.0.0.1/32  scram-sha-256
CONF
    { echo "siwu $SERVICE_USER siwu_admin"; [ "$EUID" -ne 0 ] || echo "siwu root siwu_admin"; } | as_service tee "$PG/pg_ident.conf" >/dev/null
    printf "\ninclude 'siwu.conf'\n" | as_service tee -a "$PG/postgresql.conf" >/dev/null
    configure_cluster "$(free_port)"
}

configure_cluster() {  # port
    local shared=256MB
    [ "$PROFILE" != test ] || shared=128MB
    as_service tee "$PG/siwu.conf" >/dev/null <<CONF
# Written by script/setup at every start; your own settings belong after the include line of postgresql.conf.
port = $1
listen_addresses = '127.0.0.1'
unix_socket_directories = '$SOCKETS'
unix_socket_permissions = 0770
max_connections = 100
shared_buffers = $shared
work_mem = 16MB
maintenance_work_mem = 256MB
effective_cache_size = 1GB
random_page_cost = 1.1
max_wal_size = 2GB
jit = off                        # compiling costs more than it saves on queries of milliseconds
fsync = on
timezone = 'UTC'
logging_collector = on
log_directory = '$LOGS'
log_filename = 'postgresql-%a.log'
log_rotation_age = 1d
log_truncate_on_rotation = on    # a week of logs, no more
log_min_duration_statement = 2s
$(archive_lines)
CONF
}

# SIWU_ARCHIVE names a folder, best on another disk: WAL goes there as it is written (geo/recovery). Without it nothing is archived.
archive_lines() {
    [ -n "$(setting SIWU_ARCHIVE)" ] || return 0
    echo "archive_mode = on"
    echo "archive_command = 'pgbackrest --config=$(setting SIWU_ARCHIVE)/pgbackrest.conf --stanza=siwu archive-push %p'"
    echo "archive_timeout = 60s"
}

open_archive() {
    local folder; folder=$(setting SIWU_ARCHIVE)
    [[ $folder = /* ]] || die "SIWU_ARCHIVE 要写完整路径。" "SIWU_ARCHIVE must be a full path."
    grep -q '^archive_mode = on' "$PG/siwu.conf" ||
        die "数据库在没有归档的情况下运行：先 script/server --stop，再重新启动。" "the database runs without an archive: script/server --stop, then start again."
    [ "$EUID" -ne 0 ] || install -d -o "$SERVICE_USER" -g "$(id -gn "$SERVICE_USER")" -m 750 "$folder"
    as_service mkdir -p -m 750 "$folder" "$folder/log" "$folder/lock" "$folder/spool"
    if [ -e "$folder/pgbackrest.conf" ]; then   # yours may hold more; the port is another one after some restarts
        as_service sed -i "s@^pg1-port=.*@pg1-port=$(cluster_port)@" "$folder/pgbackrest.conf"
    else
        as_service tee "$folder/pgbackrest.conf" >/dev/null <<CONF
[global]
repo1-path=$folder/repo
repo1-retention-full=4
start-fast=y
compress-type=zst
process-max=2
archive-async=y
archive-timeout=600
log-path=$folder/log
lock-path=$folder/lock
spool-path=$folder/spool
log-level-console=warn

[siwu]
pg1-path=$PG
pg1-port=$(cluster_port)
pg1-socket-path=$SOCKETS
pg1-user=siwu_admin
CONF
    fi
    as_service pgbackrest --config="$folder/pgbackrest.conf" --stanza=siwu stanza-create
    STEP_NOTE=$folder
}

cluster_port() { sed -n 's/^port = //p' "$PG/siwu.conf"; }

start_postgres() {
    local bin pid port lock; bin=$(postgres_bin)
    if pid=$(postgres_pid); then STEP_NOTE="已在运行 running, pid $pid"; return; fi
    # After a power cut the recorded number may belong to another program, which PostgreSQL would take for itself.
    pid=$(head -n 1 "$PG/postmaster.pid" 2>/dev/null || true)
    if [ -n "$pid" ] && [ -d "/proc/$pid" ]; then rm -f "$PG/postmaster.pid"; fi
    port=$(cluster_port)
    port_is_free 127.0.0.1 "$port" || port=$(free_port)
    for lock in "$SOCKETS"/.s.PGSQL.*; do [ ! -e "$lock" ] || rm -f "$lock"; done
    configure_cluster "$port"
    as_service "$bin/pg_ctl" start -D "$PG" -w -t 60 -l "$LOGS/postgresql-start.log" -s 3>&- 4>&- 8>&- 9>&- || {
        tail -n 20 "$LOGS/postgresql-start.log" "$LOGS/postgresql-$(date -u +%a).log" || true
        return 1
    }
    STEP_NOTE="port $port"
}

start_redis() {
    local server pid; server=$(redis_server | head -n 1)
    if pid=$(redis_pid); then STEP_NOTE="已在运行 running, pid $pid"; return; fi
    as_service tee "$RUN/redis/redis.conf" >/dev/null <<CONF
port 0
unixsocket $REDIS_SOCKET
unixsocketperm 770
daemonize yes
pidfile redis.pid
logfile redis.log
appendonly yes
save ""
maxmemory 512mb
maxmemory-policy volatile-lru
CONF
    # Queue entries carry no expiry and are never evicted; cached tiles and sessions do and may be.
    rm -f "$RUN/redis/redis.pid" "$REDIS_SOCKET"
    ln -sfn "$server" "$RUN/redis/redis-server" 2>/dev/null || true   # this program looks at its own name
    (cd "$RUN/redis" && as_service "$RUN/redis/redis-server" redis.conf 3>&- 4>&- 8>&- 9>&-)
    for _ in $(seq 100); do
        if [ -S "$REDIS_SOCKET" ] && redis_pid >/dev/null; then return; fi
        sleep 0.1
    done
    tail -n 20 "$RUN/redis/redis.log"
    return 1
}

wait_end() {  # pid, seconds
    local deadline=$((SECONDS + $2))
    while [ -d "/proc/$1" ] && [[ $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) != Z ]]; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

stop_services() {
    local pid
    if pid=$(redis_pid); then
        kill -TERM "$pid"
        wait_end "$pid" 20 || say "Redis（pid $pid）没有结束 did not end"
    fi
    if pid=$(postgres_pid); then
        kill -INT "$pid"   # fast shutdown: sessions end, data is written
        wait_end "$pid" 60 || say "PostgreSQL（pid $pid）没有结束 did not end"
    fi
}

secret() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
