#!/usr/bin/env bash
# image.sh BINARY TAG: makes an image of the binary with the shared libraries it needs, and gives it to the cluster.
# Pods use it with imagePullPolicy Never or IfNotPresent. The tar itself stays as .work/image.tar.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

# One path a line. A static binary has none, and ldd calls that a failure.
libraries() {
  local listing
  listing="$(ldd "$1" 2>&1)" || return 0
  ! grep 'not found' <<<"$listing" >&2 || die "$1 lacks the libraries above on this machine too"
  grep -o '/[^ ]*' <<<"$listing" | sort -u
}

make_image() {
  local binary=$1 tag=$2 output=$3 library found
  local files=(--file "$binary:/usr/local/bin/schemalift" --file "$CERTIFICATES:$CERTIFICATES")
  found="$(libraries "$binary")"
  while read -r library; do
    [ -z "$library" ] || files+=(--file "$library:$library")
  done <<<"$found"
  "$E2E_DIR/lib/image.py" --tag "$tag" --entrypoint /usr/local/bin/schemalift "${files[@]}" "$output"
}

main() {
  [ $# = 2 ] || die "usage: image.sh BINARY TAG"
  [ -x "$1" ] || die "$1 is not an executable file"
  [ -r "$CERTIFICATES" ] || die "missing: $CERTIFICATES. Run $E2E_DIR/install.sh"
  mkdir -p "$E2E_WORK"
  make_image "$1" "$2" "$E2E_WORK/image.tar"
  [ -S "$CONTAINERD_SOCKET" ] || die "made $E2E_WORK/image.tar, but the cluster is not up to take it. Run $E2E_DIR/cluster.sh up"
  ctr_e2e images import --snapshotter "$SNAPSHOTTER" "$E2E_WORK/image.tar" >/dev/null || die "containerd refused $E2E_WORK/image.tar"
  say "the cluster has image $2 ($(sha256sum "$E2E_WORK/image.tar" | cut -c1-12))"
}

main "$@"
