#!/usr/bin/env bash
# Builds the two parts of Argo CD that argocd.sh runs, and installs what they need beside. Run install.sh first.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$E2E_DIR/lib/install.sh"

REQUIRED="
redis-server redis-server
git          git
gpg          gnupg
"

build_argocd() {
  (cd "$E2E_DIR/argocd" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1.new" github.com/argoproj/argo-cd/v3/cmd && mv "$1.new" "$1")
}

# The cluster's resource definitions come from the same module as the program.
copy_definitions() {
  local module
  module="$(cd "$E2E_DIR/argocd" && go list -m -f '{{.Dir}}' github.com/argoproj/argo-cd/v3)"
  mkdir -p "$1.new"
  cp "$module"/manifests/crds/*-crd.yaml "$1.new/"
  chmod -R u+w "$1.new"
  rm -rf "$1"
  mv "$1.new" "$1"
}

install_packages
mkdir -p "$CACHE_BIN"
build "$(argocd_program)" build_argocd "$(argocd_program)"
[ -d "$(argocd_definitions)" ] || copy_definitions "$(argocd_definitions)"
say "Argo CD is in place: $(argocd_program)"
