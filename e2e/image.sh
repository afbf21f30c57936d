#!/usr/bin/env bash
# image.sh BINARY TAG: makes an image of the binary with the shared libraries it needs, and gives it to the cluster.
# image.sh --folder FOLDER TAG: the same for a folder of files, to be mounted as an image volume.
# image.sh --built TAG: gives the image that dockerfile.sh built.
# Prints the image's name by digest. Pods use either name with pullPolicy Never or IfNotPresent. The tar stays as .work/image.tar.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

CERTIFICATES=/etc/ssl/certs/ca-certificates.crt
OUTPUT="$E2E_WORK/image.tar"

# One path a line. A static binary has none, and ldd calls that a failure.
libraries() {
  local listing
  listing="$(ldd "$1" 2>&1)" || return 0
  ! grep 'not found' <<<"$listing" >&2 || die "$1 lacks the libraries above on this machine too"
  grep -o '/[^ ]*' <<<"$listing" | sort -u
}

make_image() {
  local binary=$1 tag=$2 library found
  local files=(--file "$binary:/usr/local/bin/schemalift" --file "$CERTIFICATES:$CERTIFICATES")
  [ -r "$CERTIFICATES" ] || die "missing: $CERTIFICATES. Run $E2E_DIR/install.sh"
  found="$(libraries "$binary")"
  while read -r library; do
    [ -z "$library" ] || files+=(--file "$library:$library")
  done <<<"$found"
  "$E2E_DIR/lib/image.py" --tag "$tag" --entrypoint /usr/local/bin/schemalift "${files[@]}" "$OUTPUT"
}

# name_by_digest TAG: the runtime knows an imported image by its tag alone until it is told the other name.
name_by_digest() {
  local tag=$1 digest name
  digest="$(ctr_e2e images ls "name==$tag" | awk 'NR == 2 { print $3 }')"
  name="${tag%:*}@$digest"
  ctr_e2e images tag --force "$tag" "$name" >/dev/null
  echo "$name"
}

give_to_cluster() {
  [ -S "$CONTAINERD_SOCKET" ] || die "made $OUTPUT, but the cluster is not up to take it. Run $E2E_DIR/cluster.sh up"
  ctr_e2e images import --snapshotter "$SNAPSHOTTER" "$OUTPUT" >/dev/null || die "containerd refused $OUTPUT"
  name_by_digest "$1"
}

usage() { die "usage: image.sh BINARY TAG | image.sh --folder FOLDER TAG | image.sh --built TAG; a TAG is such as localhost/schemalift:e2e"; }

main() {
  local tag="${!#}"
  [[ $tag == */*:* ]] || usage
  mkdir -p "$E2E_WORK"
  if [ "$1" = --folder ] && [ $# = 3 ]; then
    [ -d "$2" ] || die "$2 is not a folder"
    "$E2E_DIR/lib/image.py" --tag "$tag" --folder "$2" "$OUTPUT"
  elif [ $# = 2 ] && [ "$1" = --built ]; then
    rm -f "$OUTPUT"
    buildah push --quiet "$BUILT_IMAGE" "docker-archive:$OUTPUT:$tag" || die "there is no $BUILT_IMAGE. Run $E2E_DIR/dockerfile.sh"
  elif [ $# = 2 ]; then
    [ -x "$1" ] || die "$1 is not an executable file"
    make_image "$1" "$tag"
  else
    usage
  fi
  give_to_cluster "$tag"
}

main "$@"
