# make demo    the panel with 24 pretend machines, in a database of its own; Ctrl-C ends everything
# make test    all checks and tests, on SQLite and, where it answers, on PostgreSQL
# make check   style and types alone
# make prove   what the panel promises, at length: kills, locks, full disks, wrong clocks, and the histories of thousands of presses
# make bench   measures every performance goal on SQLite and PostgreSQL, beside its peers; the table is in var/bench.md too
# make mutants  changes the code that decides who may do what in one place at a time; says what no test noticed; ONLY='vps.access.*'
# make soak    MINUTES=10: the panel in use, with faults and kills: what its processes hold, and what went wrong
# make clean   removes what the others made, but no database

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check --constraint deploy/constraints.txt
BUILT_FROM := pyproject.toml deploy/constraints.txt deploy/hatch_build.py deploy/npm/package-lock.json
TEST_POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/postgres
POSTGRES_ANSWERS = $(BIN)/python -c 'import sys, psycopg; psycopg.connect(sys.argv[1], connect_timeout=5)' $(TEST_POSTGRES_URL)
# Half of the time a test waits: for a page, a process, an interval. So more of them than cores run at once. Hundreds of
# processes are started by then: what one has compiled, the others must not compile again, whatever this shell says.
unexport PYTHONDONTWRITEBYTECODE
# A test that starved beside the others is run once more by itself, and named (tests/again.py).
PYTEST := $(BIN)/python -m tests.again $(BIN)/pytest -n 4 --dist worksteal
# The matrix asks for every page on each database; of the views these have more to ask there.
VIEWS_TWICE := $(addprefix views/test_,audit.py board.py board_keys.py bulk_progress.py health.py power.py teams.py)
# These open no database, or look at what any database makes alike: once is enough.
ONCE := provider rfb simulator bench soak accounts/test_pages.py accounts/test_passkeys.py prove/test_disk_full.py \
	$(addprefix test_,again.py budget.py console_nowhere.py deploy.py factors_nowhere.py hostile.py imports.py login_nowhere.py \
	mail_settings.py matrix_forms.py past_checks.py past_holes.py past_holes_cards.py past_holes_people.py past_withdrawals.py \
	production.py settings.py signin_links_nowhere.py) \
	$(addprefix commands/test_,demo.py postgres_restarts.py serve.py) \
	$(addprefix services/test_,console_faults.py fault_table.py handing_down.py hostile.py interest_locked.py login_faults.py \
	pace.py punctual.py single_refusals.py two_tokens.py) \
	$(filter-out $(VIEWS_TWICE),$(patsubst tests/%,%,$(wildcard tests/views/test_*.py))) \
	$(addprefix e2e/test_,address.py axe.py bulk.py console.py console_hands.py console_heals.py console_qemu.py \
	console_secrets.py failing.py first_token.py hostile.py keys.py login.py login_hands.py machine.py phone.py plain.py \
	power.py power_faults.py power_plain.py refresh.py sessions.py team.py tokens.py weight.py)
# What a provider says is looked for in what SQLite keeps; what people type and what databases say, in both.
ONCE_CASES := $(addprefix test_secrets_nowhere.py::test_after_,every_fault_of_the_provider a_provider_that_repeats_the_token_in_every_way) \
	views/test_bulk_progress.py::test_what_strangers_say_shows_as_text \
	$(addprefix e2e/test_power_once.py::test_,a_press_in_a_menu_shows_at_once_on_what_opened_it \
	after_a_press_neither_loading_again_nor_going_back_sends_it where_a_question_does_not_come_its_link_is_followed \
	a_panel_that_fails_leaves_it_open_too)

PROOFS := commands/test_rotate_token_keys.py commands/test_postgres_restarts.py commands/test_power_kills.py commands/test_bulk_kills.py \
	commands/test_power_parallel.py prove/test_history_checker.py prove/test_history.py prove/test_database_locked.py \
	prove/test_disk_full.py prove/test_clock_jumps.py

.PHONY: demo test check collect prove bench mutants soak clean

demo: .venv/demo.stamp
	@$(BIN)/python manage.py demo

# While the types are checked, the tests are compiled, which each of the workers would do by itself.
test: .venv/test.stamp
	@$(MAKE) --no-print-directory --jobs=2 check collect
	$(PYTEST)
	@if $(POSTGRES_ANSWERS); then \
		echo "The same on PostgreSQL:"; \
		TEST_DATABASE_URL=$(TEST_POSTGRES_URL) $(PYTEST) $(ONCE:%=--ignore=tests/%) $(ONCE_CASES:%=--deselect=tests/%); \
	else \
		echo "PostgreSQL does not answer at TEST_POSTGRES_URL: the tests did NOT run on it."; \
		test "$(REQUIRE_ALL)" != 1; \
	fi

check: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run

collect: .venv/test.stamp
	@$(BIN)/pytest --collect-only -qq > /dev/null

prove: .venv/test.stamp
	PROVE=1 $(BIN)/pytest -q $(PROOFS:%=tests/%)
	@if $(POSTGRES_ANSWERS); then \
		echo "The same on PostgreSQL:"; \
		PROVE=1 TEST_DATABASE_URL=$(TEST_POSTGRES_URL) $(BIN)/pytest -q $(addprefix tests/,$(filter-out $(ONCE),$(PROOFS))); \
	else \
		echo "PostgreSQL does not answer at TEST_POSTGRES_URL: nothing was proved on it."; \
		test "$(REQUIRE_ALL)" != 1; \
	fi

bench: .venv/test.stamp
	$(BIN)/python -m tests.bench --server $(TEST_POSTGRES_URL) $(BENCH)

mutants: .venv/mutants.stamp
	nice $(BIN)/python -m tests.mutants $(if $(ONLY),'$(ONLY)')

soak: .venv/test.stamp
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),10) $(SOAK)

clean:
	rm -rf .venv mutants var/static static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This needs Python 3.11 or newer."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/%.stamp: $(BUILT_FROM) | .venv/bin/python
	$(INSTALL) --editable '.[$*]'
	@touch $@
