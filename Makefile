# make demo: set up and run the main job. make test: set up and run every check.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
OUTPUT ?= bayesneuron-output
# checks that run side by side, each on one thread; more than the cores would only crowd them
WORKERS ?= 2
FILES := neuralfoil sklearn-contrib-bde

.PHONY: demo test notebooks pages lint docs wheel oldest audit bench clean

demo: $(VENV)/.run
	$(BIN)/bayesneuron demo --output $(OUTPUT)

test: $(VENV)/.dev lint docs
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Every notebook, at reduced size.
notebooks: $(VENV)/.dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal \
		tests/test_documents.py -k notebooks --durations=0 --durations-min=1

# Pages of the notebooks at full size, an hour; of some of them: make pages ONLY="01 05". Those
# whose code has not changed since the last run here are not executed again. Three notebooks read
# recordings: BAYESNEURON_DATA says where they are.
pages: $(VENV)/.dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/notebook_pages.py $(ONLY)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

# The wheel in an environment that holds nothing else: every module must be there.
wheel: $(VENV)/.dev
	rm -rf dist build/wheel-env
	$(BIN)/python -m build --wheel --outdir dist .
	$(BIN)/python -m venv build/wheel-env
	build/wheel-env/bin/python -m pip install --quiet dist/*.whl
	cd build && wheel-env/bin/python ../tools/import_all.py

oldest:
	sh tools/oldest.sh

# Known faults of what is installed. It needs pypi.org, and says so where that cannot be reached.
audit: $(VENV)/.dev
	sh tools/audit.sh $(VENV)

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/run_all.py

$(VENV)/.run: pyproject.toml tools/setup.sh
	sh tools/setup.sh $(VENV) .
	touch $@

# Two notebooks read files of packages whose code they do not run, so not what that code needs.
$(VENV)/.dev: pyproject.toml tools/setup.sh
	sh tools/setup.sh $(VENV) '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(FILES) || \
		echo 'notebooks that read files of $(FILES) are left out'
	touch $@ $(VENV)/.run

clean:
	rm -rf build dist docs/_build $(OUTPUT)
