# `make check` is the inner loop, `make test` is everything. Both fail rather than skip.
.PHONY: check test fmt lint unit fuzz chart image live oracle e2e soak bench load audit clean

check: fmt lint unit

fmt:
	cargo fmt --all --check

lint:
	shellcheck $$(git ls-files '*.sh' .ci)
	cargo clippy --workspace --all-targets --locked -- -D warnings

# Everything that needs no server.
unit:
	cargo test --workspace --locked --lib --bins
	cargo test --locked -p schemalift --test commands
	cargo test --locked -p schemalift-lint -p schemalift-datamodel -p schemalift-plan -p schemalift-sql -p schemalift-schema -p schemalift-introspection -p schemalift-upgrade -p schemalift-api -p schemalift-controller
	cargo test --locked -p schemalift-oracle-tests --test verdicts --test coverage

# Texts that nobody would write, by chance, and texts that are too deep or too long.
fuzz:
	cargo test --locked -p schemalift-fuzz

# The chart rendered by a real Helm, Argo CD's health script, and the generated docs.
chart:
	cargo test --locked -p schemalift-chart-tests

# The Dockerfile built without Docker and without a registry, and a look at what came out.
image:
	e2e/dockerfile.sh

# PostgreSQL 13, 15, 17 and 18, MariaDB and MySQL, started by the tests themselves, and SQLite files.
live:
	.ci/live

# Verdicts, SQL and formatting of datamodels against Prisma's own engines, which npm installs on demand.
oracle:
	cargo test --locked -p schemalift-oracle-tests --test agreement --test changes --test introspection -- --nocapture

# A real Kubernetes on this machine, unless KUBECONFIG names one.
e2e:
	e2e/run.sh

test:
	bash .ci/test

# The long version: thousands of random cases, a hundred times as many texts, and a kill at every boundary of a run.
soak:
	BOLERO_RANDOM_ITERATIONS=150000 cargo test --locked --release -p schemalift-fuzz --test chance
	PROPERTY_CASES=2000 cargo test --locked --release -p schemalift-pipeline --test live properties::
	KILLS=all RUST_TEST_THREADS=4 cargo test --locked --release -p schemalift --test kills

# Speed and memory beside Prisma's engines and the database itself; ends with an error where a goal is missed.
bench:
	cargo run --locked --release -p schemalift-benches

# Known vulnerabilities of what we depend on, from RustSec's list on GitHub.
audit:
	.ci/deny advisories

# An application at work on a million rows while a migration runs, beside plain DDL; draws docs/load.svg.
load:
	LOAD_PICTURE=docs/load.svg cargo run --locked --release -p schemalift-benches -- load

clean:
	cargo clean
	rm -rf e2e/.work
