#!/usr/bin/env bash
# A throw-away MariaDB that pods and this machine can reach: mariadb.sh start|url|client|remove NAME
#   start   makes it, unless it runs; prints its URL without a database
#   url     prints that URL
#   client  prints the option file of the program "mariadb" for it
#   remove  ends it and deletes its data
# Its user "app" may do anything; the password is random.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$E2E_DIR/lib/process.sh"

# The server refuses to run as root.
server_user() { if id mysql >/dev/null 2>&1; then echo mysql; else echo nobody; fi; }

create() {
  local password port user
  password="$(openssl rand -hex 16)" port="$(free_port)" user="$(server_user)"
  # A folder of its own for temporary tables: a server that starts clears that folder.
  install -d -m 700 -o "$user" "$DATA" "$DATA/tmp"
  (cd / && setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups test -w "$DATA") ||
    die "user $user cannot reach $DATA; set E2E_WORK to a folder that every user may enter"
  (cd / && setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups mariadb-install-db --no-defaults \
    --datadir="$DATA/data" --auth-root-authentication-method=normal --skip-test-db --tmpdir="$DATA/tmp") >"$LOG" 2>&1 9>&- ||
    { cat "$LOG" >&2; die "mariadb-install-db failed"; }
  (umask 077 && {
    printf "CREATE USER IF NOT EXISTS app@'%%' IDENTIFIED BY '%s';\nGRANT ALL PRIVILEGES ON *.* TO app@'%%';\n" "$password" >"$DATA/init.sql"
    printf '[client]\nhost=%s\nport=%s\nuser=app\npassword=%s\n' "$NODE_IP" "$port" "$password" >"$CLIENT"
    echo "mysql://app:$password@$NODE_IP:$port" >"$URL"
  })
  chown "$user" "$DATA/init.sql"
  echo "$port" >"$DATA/port"
}

answers() { mariadb --defaults-file="$CLIENT" --execute='SELECT 1'; }

start_server() {
  local user
  user="$(server_user)"
  ensure_node_address
  [ -s "$URL" ] || { rm -rf "$DATA"; create; }
  running "$SERVICE" || start "$SERVICE" setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups \
    "$PROGRAM" --no-defaults --datadir="$DATA/data" --socket="$DATA/socket" --port="$(cat "$DATA/port")" --tmpdir="$DATA/tmp" \
    --bind-address="$NODE_IP" --skip-name-resolve --init-file="$DATA/init.sql" --max-connections=200 \
    --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0 --sync-frm=0
  wait_until 60 "MariaDB $NAME" answers || { tail -n 20 "$E2E_WORK/log/$SERVICE.log" >&2; die "MariaDB $NAME did not start"; }
  cat "$URL"
}

usage() { die "usage: mariadb.sh start|url|client|remove NAME"; }

[ $# -ge 2 ] || usage
NAME=$2
[[ $NAME =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "the name $NAME may have small letters, digits and dashes only"
SERVICE="mariadb-$NAME"
DATA="$E2E_WORK/$SERVICE"
LOG="$E2E_WORK/log/install-$SERVICE.log"
URL="$E2E_WORK/$SERVICE.url"
CLIENT="$E2E_WORK/$SERVICE.cnf"

need_root
PROGRAM="$(PATH=/usr/sbin:$PATH command -v mariadbd)" || die "missing: a MariaDB server. Run $E2E_DIR/install.sh"
mkdir -p "$E2E_WORK/log" "$E2E_WORK/run"
case $1 in
  start) start_server ;;
  url) cat "$URL" 2>/dev/null || die "there is no MariaDB $NAME; make it by mariadb.sh start $NAME" ;;
  client) echo "$CLIENT" ;;
  remove) stop "$SERVICE" 20; rm -rf "$DATA" "$URL" "$CLIENT" "$LOG" ;;
  *) usage ;;
esac
