# make demo    set everything up and run examples/quickstart.py
# make test    set everything up and check everything
#
# Both make a virtual environment in .venv, once, with the versions of constraints.txt.
# To use another interpreter: make demo PYTHON=python3.12
# Benchmarks with the larger data sets: make bench DATA=folder

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: demo test lint doctest bench bench-defaults bench-penalties bench-selection bench-speed clean
.NOTPARALLEL:

demo: $(VENV)/.plot
	$(RUN) examples/quickstart.py

test: lint
	$(RUN) -m pytest -n auto

lint: $(VENV)/.test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

doctest: $(VENV)/.test
	$(RUN) -m pytest sgnn

bench: bench-speed bench-penalties bench-defaults bench-selection

bench-speed: $(VENV)/.bench
	$(RUN) benchmarks/speed.py
	$(RUN) benchmarks/scaling.py
	$(RUN) benchmarks/learning_rates.py
	$(if $(DATA),$(RUN) benchmarks/removal.py $(DATA))

bench-penalties: $(VENV)/.bench
	$(RUN) benchmarks/prox_cost.py
	$(RUN) benchmarks/penalties.py --jobs 2

bench-defaults: $(VENV)/.bench
	$(RUN) benchmarks/defaults.py $(if $(DATA),--data $(DATA))

bench-selection: $(VENV)/.bench
	$(RUN) benchmarks/correlated.py
	$(if $(DATA),$(RUN) benchmarks/paths.py $(DATA))
	$(if $(DATA),$(RUN) benchmarks/feature_selection.py $(DATA))
	$(if $(DATA),$(RUN) benchmarks/selection_penalties.py $(DATA))
	$(if $(DATA),$(RUN) benchmarks/wide.py $(DATA))
	$(if $(DATA),$(RUN) benchmarks/known_answer.py $(DATA))

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache quickstart.png
	find . -name __pycache__ -prune -exec rm -rf {} +

# .venv/.plot, .test and .bench say when sgnn was last installed with these extras.
$(VENV)/.plot: PACKAGES := -e ".[plot]"
$(VENV)/.test: PACKAGES := -e ".[test]"
$(VENV)/.bench: PACKAGES := -e ".[bench]"
$(VENV)/.plot $(VENV)/.test $(VENV)/.bench: pyproject.toml constraints.txt | $(VENV)/.made
	$(RUN) -m pip install -c constraints.txt $(PACKAGES)
	@touch $@

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'sgnn needs Python 3.11 or newer; see PYTHON in the Makefile.' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
