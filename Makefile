# `make check` is the inner loop, `make test` is everything. Both fail rather than skip.
.PHONY: check test fmt lint unit fuzz chart image live oracle e2e soak bench load audit clean

check: fmt lint unit

fmt:
	cargo fmt --all --check

lint:
	shellcheck $$(git ls-files '*.sh' .ci)
	cargo clippy --workspace --all-targets --locked -- -D warnings

# All tests are asked for by the whole workspace and their names: another choice of packages has other features, and everything
# that they share would be compiled again.
TESTS = cargo test --workspace --locked

UNIT = codes commands constructs coverage crds fixtures lint manifest mysql_types names own_plans plans prisma1 psl random robustness rules \
       sdl squawk statements strong_migrations upgrade verdicts

# Everything that needs no server.
unit:
	$(TESTS) --lib --bins $(UNIT:%=--test %)

# Texts that nobody would write, by chance, and texts that are too deep or too long.
fuzz:
	$(TESTS) --test chance --test limits --test seeds

# The chart rendered by a real Helm, Argo CD's health script, and the generated docs.
chart:
	$(TESTS) --test argocd --test chart --test docs --test tree

# The Dockerfile built without Docker and without a registry, and a look at what came out.
image:
	e2e/dockerfile.sh

# PostgreSQL 13, 15, 17 and 18, MariaDB and MySQL, started by the tests themselves, and SQLite files.
live:
	.ci/live

# Verdicts, SQL and formatting of datamodels against Prisma's own engines, which npm installs on demand.
oracle:
	$(TESTS) --test agreement --test changes --test introspection -- --nocapture

# A real Kubernetes on this machine, unless KUBECONFIG names one.
e2e:
	e2e/run.sh

test:
	bash .ci/test

# The long version: thousands of random cases, a hundred times as many texts, and a kill at every boundary of a run.
soak:
	BOLERO_RANDOM_ITERATIONS=150000 $(TESTS) --release --test chance
	PROPERTY_CASES=2000 $(TESTS) --release --test live properties::
	KILLS=all RUST_TEST_THREADS=4 $(TESTS) --release --test kills

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
