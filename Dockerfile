# One image for the operator and for its Jobs: one binary, no shell, not root.
# The bases are arguments, so that a mirror, a pinned digest or a base of your own can take their place.
# The runtime base needs glibc, libgcc and the CA certificates, and its glibc must not be older than the build base's.
ARG BUILD_IMAGE=docker.io/library/rust:1.95-slim-bookworm
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock clippy.toml rustfmt.toml ./
COPY operator operator
COPY crds crds
# Members of the workspace, which Cargo wants to see; nothing of them is built.
COPY benches benches
COPY e2e/chart e2e/chart
COPY e2e/fuzz e2e/fuzz
COPY e2e/oracle e2e/oracle
COPY e2e/servers e2e/servers
RUN cargo build --locked --release --package schemalift \
 && install -D -m 0755 target/release/schemalift /out/schemalift

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="schemalift" \
      org.opencontainers.image.description="Declarative database migrations for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build --chown=0:0 /out/schemalift /usr/local/bin/schemalift
# A number, so that Kubernetes can check runAsNonRoot without looking into /etc/passwd.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/schemalift"]
