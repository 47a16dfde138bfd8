#!/bin/sh
# A PostgreSQL cluster for one test run: starts it, prints its superuser URL as
# one line, keeps it until standard input ends, then stops it by its own pid
# file and removes every byte of it.
#
# The end of input is the signal to stop because the kernel sends it however
# the other side dies: a normal exit, a panic, or kill -9.
set -eu

START_ATTEMPTS=8
MEMORY_NEEDED_KIB=2097152 # 2 GiB: below it /dev/shm is too small for the write-ahead log

fail() {
    echo "private PostgreSQL: $1" >&2
    exit 1
}

# The newest installed server wins over one that PATH happens to name.
find_binaries() {
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done
    if command -v initdb >/dev/null && command -v postgres >/dev/null; then
        dirname "$(readlink -f "$(command -v initdb)")"
    fi
}

# fsync stays on, since the program refuses a server without it; memory makes it cheap.
# Where times are measured, the caller names a folder on the disk that is to count.
find_base() {
    if [ -n "${BAITLINE_TEST_POSTGRES_FOLDER:-}" ]; then
        [ -d "$BAITLINE_TEST_POSTGRES_FOLDER" ] || fail "BAITLINE_TEST_POSTGRES_FOLDER is not a folder: $BAITLINE_TEST_POSTGRES_FOLDER"
        echo "$BAITLINE_TEST_POSTGRES_FOLDER"
        return
    fi
    free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    if [ -w /dev/shm ] && [ "${free:-0}" -ge "$MEMORY_NEEDED_KIB" ]; then
        echo /dev/shm
    else
        echo "${TMPDIR:-/tmp}"
    fi
}

# PostgreSQL refuses to run as root.
as_server_user() {
    if [ -n "$server_user" ]; then
        setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups "$@"
    else
        "$@"
    fi
}

start_server() {
    attempt=0
    while [ "$attempt" -lt "$START_ATTEMPTS" ]; do
        attempt=$((attempt + 1))
        # Below 32768, where Linux begins to hand out ports of outgoing connections.
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
        if as_server_user "$binaries/pg_ctl" start --wait --silent --pgdata "$home/data" \
            --log "$home/log" --options "-p $port" </dev/null >/dev/null 2>&1; then
            return
        fi
    done
    tail -n 20 "$home/log" >&2
    fail "the server did not start in $START_ATTEMPTS attempts; the end of its log is above"
}

stop_server() {
    if [ -s "$home/data/postmaster.pid" ]; then
        as_server_user "$binaries/pg_ctl" stop --wait --silent --mode immediate \
            --pgdata "$home/data" </dev/null >/dev/null 2>&1 || true
    fi
    rm -rf "$home"
}

binaries=$(find_binaries)
[ -n "$binaries" ] || fail "initdb and postgres are neither under /usr/lib/postgresql/*/bin nor in PATH; install PostgreSQL (on Debian: apt-get install postgresql)"

server_user=''
if [ "$(id -u)" -eq 0 ]; then
    server_user=postgres
    id "$server_user" >/dev/null 2>&1 || server_user=nobody
fi

umask 077
base=$(find_base)
home=$(mktemp -d "$base/baitline-postgres.XXXXXX")
trap stop_server EXIT
trap 'exit 130' HUP INT TERM
cd "$home"

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "$password" >"$home/password"
[ -z "$server_user" ] || chown -R "$server_user" "$home"

as_server_user "$binaries/initdb" --pgdata "$home/data" --data-checksums --encoding UTF8 --locale C \
    --username postgres --auth password --pwfile "$home/password" </dev/null >"$home/initdb.log" 2>&1 || {
    tail -n 20 "$home/initdb.log" >&2
    fail "initdb failed; the end of its output is above"
}
cat >>"$home/data/postgresql.conf" <<'SETTINGS'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = on
synchronous_commit = on
SETTINGS

start_server
echo "postgresql://postgres:$password@127.0.0.1:$port/postgres"
exec >/dev/null 2>&1
read -r _ || true
