#!/usr/bin/env bash
# Builds the Dockerfile without Docker and without a registry: both bases are made of Debian packages, and the build base
# borrows this machine's Rust toolchain and crates. Then it looks at the image: user, entrypoint, no shell, size, and that
# the binary starts. Needs root, apt-get, buildah and mmdebstrap (installed when absent); five minutes at first.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

ROOT="$(dirname "$E2E_DIR")"
BASES="$CACHE/bases"
IMAGE="${1:-$BUILT_IMAGE}"
# Cargo takes what it made for its own only when the crates' sources lie where they lay.
CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}"
RELEASE=bookworm
MAX_MEGABYTES=100

install_tools() {
  command -v buildah >/dev/null && command -v mmdebstrap >/dev/null && return
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q buildah mmdebstrap
}

# What distroless cc holds, near enough: the C library, libgcc and the certificates; no package scripts, no shell.
make_runtime_tree() {
  # shellcheck disable=SC2016 # mmdebstrap expands $1
  mmdebstrap --quiet --variant=extract --include=libc6,libgcc-s1 --format=tar \
    --extract-hook='mkdir -p "$1/etc/ssl/certs" && cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"' \
    "$RELEASE" "$1"
}

make_build_tree() { mmdebstrap --quiet --variant=apt --include=gcc,libc6-dev,make --format=tar "$RELEASE" "$1"; }

ENVIRONMENT="PATH=/toolchain/bin:/usr/sbin:/usr/bin:/sbin:/bin CARGO_HOME=$CARGO_HOME"

# base_name FUNCTION: another way to make it is another base.
base_name() { echo "localhost/schemalift-$(tr _ - <<<"${1#make_}"):$({ declare -f "$1"; echo "$RELEASE $ENVIRONMENT"; } | sha256sum | cut -c1-12)"; }

# base FUNCTION [VARIABLE=VALUE...]: makes an image of a tree, once.
base() {
  local name make=$1 tree container
  name="$(base_name "$make")" tree="$BASES/$make.tar"
  shift
  buildah inspect --type image "$name" >/dev/null 2>&1 && return
  say "making $name"
  "$make" "$tree"
  container="$(buildah from scratch)"
  buildah add --quiet "$container" "$tree" / >/dev/null
  [ $# = 0 ] || buildah config "${@/#/--env=}" "$container"
  buildah commit --quiet --rm "$container" "$name" >/dev/null
  rm -f "$tree"
}

# Where the build stage finds what was compiled before. This machine's own crates will do where its C library is the base's;
# elsewhere the stage has a cache of its own.
target_folder() {
  if grep -q "^VERSION_CODENAME=$RELEASE\$" /etc/os-release; then
    echo "${CARGO_TARGET_DIR:-$ROOT/target}"
  else
    echo "$CACHE/dockerfile-target"
  fi
}

build() {
  local toolchain target former
  former="$(buildah images --quiet --no-trunc "$IMAGE" 2>/dev/null || true)"
  toolchain="$(rustc --print sysroot)"
  target="$(target_folder)"
  mkdir -p "$CARGO_HOME/registry" "$target"
  buildah build --quiet --network host --pull=never --tag "$IMAGE" \
    --volume "$toolchain:/toolchain:ro" --volume "$CARGO_HOME/registry:$CARGO_HOME/registry" --volume "$target:/src/target" \
    --volume /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro \
    --build-arg "BUILD_IMAGE=$(base_name make_build_tree)" --build-arg "RUNTIME_IMAGE=$(base_name make_runtime_tree)" "$ROOT" >/dev/null
  [ -z "$former" ] || [ "$former" = "$(buildah images --quiet --no-trunc "$IMAGE")" ] || buildah rmi "$former" >/dev/null
}

look() {
  local container folder bytes megabytes file
  [ "$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$IMAGE")" = 65532:65532 ] || die "the image does not run as 65532:65532"
  [ "$(buildah inspect --type image --format '{{.OCIv1.Config.Entrypoint}}' "$IMAGE")" = '[/usr/local/bin/schemalift]' ] || die "the entrypoint is another one"
  container="$(buildah from --pull=never "$IMAGE")"
  # shellcheck disable=SC2064 # the name of now, for it is a local one
  trap "buildah rm '$container' >/dev/null" EXIT
  folder="$(buildah mount "$container")"
  for file in bin/sh usr/bin/sh bin/bash usr/bin/dash; do
    [ ! -e "$folder/$file" ] || die "there is a shell in the image: /$file"
  done
  [ "$(stat -c '%u:%g %a' "$folder/usr/local/bin/schemalift")" = '0:0 755' ] || die "the binary can be changed by its user"
  bytes="$(du -sb "$folder" | cut -f1)" megabytes=$((bytes / 1000000))
  [ "$megabytes" -le "$MAX_MEGABYTES" ] || die "the image has $megabytes MB; at most $MAX_MEGABYTES are allowed"
  say "it starts as 65532: $(chroot --userspec=65532:65532 "$folder" /usr/local/bin/schemalift --version)"
  say "$IMAGE: $megabytes MB"
}

main() {
  local started=$SECONDS
  need_root
  install_tools
  mkdir -p "$BASES"
  base make_runtime_tree
  # shellcheck disable=SC2086 # two words
  base make_build_tree $ENVIRONMENT
  build
  look
  say "all is well after $((SECONDS - started))s"
}

main "$@"
