# Debian packages and Go builds, for the install scripts. These set REQUIRED: lines of a command or file
# (a pattern may stand for it) that shows a Debian package to be there, then the package.

have() { case $1 in /*) compgen -G "$1" >/dev/null ;; *) command -v "$1" >/dev/null ;; esac; }

missing_packages() {
  local proof package
  while read -r proof package; do
    [ -z "$proof" ] || have "$proof" || echo "$package"
  done <<<"$REQUIRED"
}

# RUNLEVEL=1 keeps a package from starting its service, such as a second containerd beside ours.
apt_install() {
  command -v apt-get >/dev/null || die "missing: $*. There is no apt-get here; install them by this system's own means and run this again"
  need_root
  say "installing Debian packages: $*"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq || say "apt-get update failed; trying with the package lists that are here"
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    die "apt-get could not install: $*"
}

install_packages() {
  local packages still
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -gt 0 ] || return 0
  apt_install "${packages[@]}"
  still="$(missing_packages | xargs)"
  [ -z "$still" ] || die "still missing after apt-get install: $still"
}

# build OUTPUT COMMAND...: runs a Go build unless its result is there; a build cut short leaves nothing behind.
build() {
  local output=$1 started=$SECONDS
  shift
  [ ! -x "$output" ] || return 0
  command -v go >/dev/null || die "missing: the Go toolchain (1.26 or later), to build ${output##*/}"
  say "building ${output##*/}; the first time takes minutes"
  "$@" || die "the build of ${output##*/} failed; the compiler's own message is above"
  say "built ${output##*/} in $((SECONDS - started))s"
}
