#!/usr/bin/env bash
# A throw-away PostgreSQL that pods and this machine can reach: postgres.sh start|stop|url|remove NAME
#   start   makes it, or starts it again with its old data and port; prints its URL
#   stop    ends it; "stop NAME immediate" ends it as a crash would
#   url     prints its URL
#   remove  ends it and deletes its data
# E2E_PG_PASSWORD is the password of its superuser "postgres" (random when not set); E2E_PG_BIN chooses another server.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

server_folder() {
  local folder
  folder="${E2E_PG_BIN:-$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)}"
  [ -n "$folder" ] || folder="$(pg_config --bindir 2>/dev/null || true)"
  [ -x "$folder/postgres" ] || die "missing: a PostgreSQL server. Run $E2E_DIR/install.sh, or set E2E_PG_BIN to the folder of its programs"
  echo "$folder"
}

# The server refuses to run as root.
server_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

as_server() {
  local user
  user="$(server_user)"
  (cd / && setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups env HOME=/ LC_ALL=C.UTF-8 "$@" 9>&-)
}

url_encoded() { python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.stdin.read(), safe=""))'; }

create() {
  local password=${E2E_PG_PASSWORD:-$(openssl rand -hex 16)} secret port
  mkdir -p "$DATA"
  chmod 700 "$DATA"
  chown "$(server_user)" "$DATA"
  as_server test -w "$DATA" || die "user $(server_user) cannot reach $DATA; set E2E_WORK to a folder that every user may enter"
  secret="$(mktemp)"
  printf %s "$password" >"$secret"
  chown "$(server_user)" "$secret"
  as_server "$BIN/initdb" --pgdata="$DATA" --username=postgres --pwfile="$secret" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$LOG" 2>&1 || { rm -rf "$DATA" "$secret"; cat "$LOG" >&2; die "initdb failed"; }
  rm -f "$secret"
  port="$(free_port)"
  cat >>"$DATA/postgresql.conf" <<CONF
listen_addresses = '$NODE_IP,127.0.0.1'
port = $port
unix_socket_directories = ''
password_encryption = scram-sha-256
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
CONF
  echo "host all all $POD_CIDR scram-sha-256" >>"$DATA/pg_hba.conf"
  echo "host all all $NODE_IP/32 scram-sha-256" >>"$DATA/pg_hba.conf"
  (umask 077 && echo "postgresql://postgres:$(printf %s "$password" | url_encoded)@$NODE_IP:$port/postgres" >"$URL")
}

answers() { as_server "$BIN/pg_ctl" status --pgdata="$DATA"; }

start_server() {
  ensure_node_address
  [ -s "$URL" ] || { rm -rf "$DATA"; create; }
  answers >/dev/null 2>&1 ||
    as_server "$BIN/pg_ctl" start --wait --timeout=60 --silent --pgdata="$DATA" --log="$DATA/server.log" </dev/null >/dev/null 2>&1 ||
    { tail -n 20 "$DATA/server.log" >&2; die "PostgreSQL $NAME did not start; its log is $DATA/server.log"; }
  cat "$URL"
}

stop_server() {
  answers >/dev/null 2>&1 || return 0
  as_server "$BIN/pg_ctl" stop --wait --mode="${1:-fast}" --silent --pgdata="$DATA" >/dev/null || die "PostgreSQL $NAME did not stop"
}

usage() { die "usage: postgres.sh start|stop|url|remove NAME"; }

[ $# -ge 2 ] || usage
NAME=$2
[[ $NAME =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "the name $NAME may have small letters, digits and dashes only"
DATA="$E2E_WORK/pg-$NAME"
LOG="$E2E_WORK/log/initdb-$NAME.log"
URL="$E2E_WORK/pg-$NAME.url"

need_root
mkdir -p "$E2E_WORK/log"
BIN="$(server_folder)"
case $1 in
  start) start_server ;;
  stop) stop_server "${3:-fast}" ;;
  url) cat "$URL" 2>/dev/null || die "there is no PostgreSQL $NAME; make it by postgres.sh start $NAME" ;;
  remove) stop_server immediate; rm -rf "$DATA" "$URL" "$LOG" ;;
  *) usage ;;
esac
