# make demo         set everything up and run examples/quickstart.py
# make test         set everything up and check everything, but for what takes long
# make test-all     the same, and what takes long
# make bench        measure what benchmarks/ has not measured yet, and write its pages
# make doc          the site, into doc/_build/html; make gallery lets the examples run, too
# make wheel        a wheel with the compiled kernels, into dist/
# make coverage     the tests, and which branches of sgnn/ they take
# make test-min     the least versions of constraints-min.txt, in a new .venv
# make sdist        a release of the sources, into dist/
# make reproduce    measure anew what reproduces papers, an hour of one core, into reproduced/
#
# All make a virtual environment in .venv, once, with the versions of constraints.txt.
# To use another interpreter: make demo PYTHON=python3.12
# Other seeds: make fuzz FROM=5000
# Benchmarks take their data from a folder with DATA=folder, else from OpenML. All take hours; what
# was stopped goes on where it was.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)/python

.PHONY: demo test test-all fuzz lint types test-min doctest coverage sdist bench wheel reproduce doc gallery clean
.NOTPARALLEL:

demo: $(VENV)/.plot
	$(RUN) examples/quickstart.py
	@$(RUN) -c 'from sgnn import kernels; print("Compiled kernels:", kernels.in_words())'

test: lint types
	$(RUN) -m pytest -n auto --durations 10

test-all: lint types $(VENV)/.doc
	$(RUN) -m pytest -n auto -m "slow or not slow"

FROM ?= 1000
fuzz: $(VENV)/.test
	$(RUN) -m tests.fuzz fits $(FROM) $$(($(FROM) + 4000))
	$(RUN) -m tests.fuzz paths $(FROM) $$(($(FROM) + 1000))

lint: $(VENV)/.test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types: $(VENV)/.test
	$(RUN) -m mypy

coverage: $(VENV)/.test
	$(RUN) -m pip install -c constraints.txt coverage
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m pytest -n auto
	$(RUN) -m coverage combine -q
	$(RUN) -m coverage report --skip-covered --show-missing --fail-under 95

sdist: $(VENV)/.made
	$(RUN) -m pip install -c constraints.txt build
	$(RUN) -m build --sdist

test-min: $(VENV)/.made
	$(RUN) -m pip install -c constraints-min.txt -e . pandas pytest
	$(RUN) -m pytest tests/networks tests/groups tests/training tests/estimators/test_common.py tests/estimators/test_weights.py

doctest: $(VENV)/.test
	$(RUN) -m pytest sgnn

bench: $(VENV)/.bench
	$(RUN) -m benchmarks all $(if $(DATA),--data $(DATA))

doc: $(VENV)/.doc
	$(RUN) -m sphinx -W --keep-going -j auto doc doc/_build/html

gallery: $(VENV)/.doc
	$(RUN) -m sphinx -W --keep-going -D plot_gallery=True doc doc/_build/html

wheel: $(VENV)/.made
	rm -rf build dist
	$(RUN) -m pip wheel --no-deps --wheel-dir dist .
	@$(RUN) -m zipfile --list dist/*.whl | grep -q '^sgnn/kernels/_network\..*\(so\|pyd\) ' \
		|| { echo 'The wheel lacks compiled kernels: is there a C compiler?' >&2; exit 1; }

reproduce: $(VENV)/.bench
	$(RUN) -m benchmarks reproduce --into reproduced $(if $(DATA),--data $(DATA))

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache quickstart.png
	find . -name __pycache__ -prune -exec rm -rf {} +
	rm -rf sgnn/kernels/*.so sgnn/kernels/*.pyd doc/_build doc/generated doc/auto_examples

# What an installation is made of: where it changes, sgnn is installed again.
SOURCES := pyproject.toml constraints.txt setup.py \
	$(wildcard sgnn/kernels/*.pyx sgnn/kernels/*.px[di] sgnn/kernels/*.h)

# .venv/.plot, .test, .doc and .bench say when sgnn was last installed with these extras.
$(VENV)/.plot: PACKAGES := -e ".[plot]"
$(VENV)/.test: PACKAGES := -e ".[test]"
$(VENV)/.doc: PACKAGES := -e ".[doc]"
$(VENV)/.bench: PACKAGES := -e ".[bench]"
$(VENV)/.plot $(VENV)/.test $(VENV)/.doc $(VENV)/.bench: $(SOURCES) | $(VENV)/.made
	$(RUN) -m pip install -c constraints.txt $(PACKAGES)
	@touch $@

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'sgnn needs Python 3.11 or newer; see PYTHON in the Makefile.' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
