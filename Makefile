# make demo    the panel with 24 pretend machines, in a database of its own; Ctrl-C ends everything
# make test    all checks and tests, on SQLite and, where it answers, on PostgreSQL
# make check   style and types alone
# make bench   measures: the simulator's rate, and rounds of 1000 machines
# make clean   removes what the others made, but no database

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint deploy/constraints.txt
BUILT_FROM := pyproject.toml deploy/constraints.txt deploy/hatch_build.py deploy/npm/package-lock.json
TEST_POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/postgres
# These open no database, or look at pages that any database makes alike: once is enough.
ONCE := provider rfb simulator test_imports.py test_budget.py e2e/test_axe.py e2e/test_keys.py e2e/test_phone.py e2e/test_weight.py

.PHONY: demo test check bench clean

demo: .venv/demo.stamp
	@$(BIN)/python manage.py demo

test: check
	$(BIN)/pytest -n 2
	@if $(BIN)/python -c 'import sys, psycopg; psycopg.connect(sys.argv[1], connect_timeout=5)' $(TEST_POSTGRES_URL); then \
		echo "The same on PostgreSQL:"; \
		TEST_DATABASE_URL=$(TEST_POSTGRES_URL) $(BIN)/pytest -n 2 $(ONCE:%=--ignore=tests/%); \
	else \
		echo "PostgreSQL does not answer at TEST_POSTGRES_URL: the tests did NOT run on it."; \
		test "$(REQUIRE_ALL)" != 1; \
	fi

check: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: .venv/test.stamp
	$(BIN)/python -m tests.bench.simulator_rate
	$(BIN)/python -m tests.bench.collector_round

clean:
	rm -rf .venv var/static static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This needs Python 3.11 or newer."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/%.stamp: $(BUILT_FROM) | .venv/bin/python
	$(INSTALL) --editable '.[$*]'
	@touch $@
