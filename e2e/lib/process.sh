# Daemons: start them, find them again, end them. Sourced by cluster.sh.

# A pid alone may by now belong to a stranger, so a pid file also holds the time at which its process began.
born() { [ -r "/proc/$1/stat" ] && sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

pid_of() {
  local pid began
  read -r pid began 2>/dev/null <"$E2E_WORK/run/$1.pid" || return 1
  [ "$(born "$pid")" = "$began" ] || return 1
  # A zombie that nobody has reaped yet is as good as gone.
  ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null || return 1
  echo "$pid"
}

running() { pid_of "$1" >/dev/null; }

# start NAME COMMAND...: by setsid, so that Ctrl-C in the terminal does not reach it.
start() {
  local name=$1 pid
  shift
  setsid "$@" >>"$E2E_WORK/log/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!
  echo "$pid $(born "$pid")" >"$E2E_WORK/run/$name.pid"
}

gone() { ! running "$1"; }

# stop NAME SECONDS: asks first; kills what has not listened in time.
stop() {
  local name=$1 seconds=$2 pid
  if pid=$(pid_of "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    wait_until "$seconds" "$name (pid $pid) to end; killing it" gone "$name" || kill -KILL "$pid" 2>/dev/null || true
    wait_until 5 "$name (pid $pid) to vanish" gone "$name" || true
  fi
  rm -f "$E2E_WORK/run/$name.pid"
}

# The shims of our own containerd and no other's: they carry its socket's address as an argument.
shims() { pgrep -f "^[^ ]*containerd-shim[^ ]* .*-address $CONTAINERD_SOCKET( |\$)" || true; }

# A container's first process is its shim's child; the kernel ends the rest of its pid namespace with it.
kill_pods() {
  local shim
  for shim in $(shims); do
    pkill -KILL -P "$shim" || true
    kill -KILL "$shim" 2>/dev/null || true
  done
  wait_until 10 "the pods' processes to end" no_shims || true
}

no_shims() { [ -z "$(shims)" ]; }

# unmount_below FOLDER: innermost first.
unmount_below() {
  local point
  cut -d' ' -f5 /proc/self/mountinfo | grep -F "$1/" | tac | while read -r point; do
    point="$(printf '%b' "$point")"
    [[ $point == "$1"/* ]] || continue
    umount "$point" 2>/dev/null || umount -l "$point" || say "could not unmount $point"
  done || true
}
