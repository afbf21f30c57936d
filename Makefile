# `make check` is the inner loop, `make test` is everything. Both fail rather than skip.
.PHONY: check test fmt lint unit chart image live oracle e2e soak clean

check: fmt lint unit

fmt:
	cargo fmt --all --check

lint:
	cargo clippy --workspace --all-targets --locked -- -D warnings

# Everything that needs no server.
unit:
	cargo test --workspace --locked --lib --bins
	cargo test --locked -p schemalift -p schemalift-lint -p schemalift-datamodel -p schemalift-plan -p schemalift-sql -p schemalift-schema -p schemalift-introspection -p schemalift-api -p schemalift-controller
	cargo test --locked -p schemalift-oracle-tests --test verdicts

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

# The long version: thousands of random cases.
soak:
	PROPERTY_CASES=2000 cargo test --locked --release -p schemalift-pipeline --test properties

clean:
	cargo clean
	rm -rf e2e/.work
