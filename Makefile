# `make lectures` and `make test` set up everything they need in .venv; Python >= 3.11 is all they ask for.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: lectures test test-browser test-render test-katex test-frameworks frameworks-table lint bench speed-table mutate clean
.PRECIOUS: .venv-frameworks/%/ready .venv-frameworks/%/python
lectures: .venv/ready
	$(BIN)/symnet lectures --latex build/lectures --coverage README.md

test: .venv/ready lint
	$(BIN)/pytest -n 2

# The site in a real browser: Debian's Chromium, which root gets here where it is missing.
test-browser: .venv/ready
	command -v chromium > /dev/null || (apt-get update && apt-get install -y --no-install-recommends chromium)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,browser]'
	$(BIN)/pytest tests/browser

# Frameworks do not agree on a NumPy: each group has an environment of its own, with the versions that were measured.
GROUPS := graphs keras aesara
graphs := torch jax flax optax onnx ort sklearn tinygrad
keras := keras
aesara := aesara

CHECKED := $(shell find symnet/candidates tests/frameworks -name "*.py")

# Theano and CNTK want a Python that is older than symnet's: it asks them in a process of their own.
OLD := theano cntk
theano-python := 3.8
cntk-python := 3.6
# Where such a Python is: on the PATH, of pyenv or of uv; nothing where there is none.
old-python = $(firstword $(foreach p,python$(1) $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/$(1).*/bin/python) \
  $(shell uv python find $(1) 2>/dev/null),$(shell $(p) -c "import sys; print(sys.executable)" 2>/dev/null)))

test-frameworks: $(GROUPS:%=test-frameworks-%) $(OLD:%=test-frameworks-%)

$(GROUPS:%=test-frameworks-%): test-frameworks-%: .venv-frameworks/%/ready
	SYMNET_FRAMEWORKS="$($*)" .venv-frameworks/$*/bin/python -m pytest -n 2 -W default tests/frameworks

$(OLD:%=test-frameworks-%): test-frameworks-%: .venv-frameworks/%/python .venv/ready
	@if [ ! -s $< ]; then echo "$@: not run, there is no Python $($*-python) on this machine"; else \
	  SYMNET_FRAMEWORKS=$* $(call named,$*,$<) $(BIN)/python -m pytest -n 2 -W default tests/frameworks; fi

named = SYMNET_$(shell echo $(1) | tr a-z A-Z)_PYTHON=$$(cat $(2))

# The file says where the Python with the framework is; it is empty where there is no such Python.
$(OLD:%=.venv-frameworks/%/python): .venv-frameworks/%/python: tests/frameworks/%.txt
	mkdir -p $(@D)
	@if [ -z "$(call old-python,$($*-python))" ]; then true > $@; else \
	  set -ex; $(call old-python,$($*-python)) -m venv $(@D); \
	  $(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/frameworks/$*.txt; \
	  $(if $(wildcard tests/frameworks/$*.sh),tests/frameworks/$*.sh $(@D);) echo $(@D)/bin/python > $@; fi

frameworks-table: $(GROUPS:%=.venv-frameworks/%.jsonl) $(OLD:%=.venv-frameworks/%.jsonl) .venv/ready
	$(BIN)/python -m tests.frameworks.table write README.md $(filter %.jsonl,$^)

$(OLD:%=.venv-frameworks/%.jsonl): .venv-frameworks/%.jsonl: .venv-frameworks/%/python .venv/ready $(CHECKED)
	@if [ ! -s $< ]; then echo "$@: empty, there is no Python $($*-python) on this machine"; true > $@; else \
	  $(call named,$*,$<) $(BIN)/python -m tests.frameworks.table check $* > $@.part && mv $@.part $@; fi

.venv-frameworks/%.jsonl: .venv-frameworks/%/ready $(CHECKED)
	.venv-frameworks/$*/bin/python -m tests.frameworks.table check $($*) > $@.part
	mv $@.part $@

.venv-frameworks/%/ready: pyproject.toml tests/frameworks/%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -e . pytest pytest-xdist hypothesis -r tests/frameworks/$*.txt
	touch $@

# Everything symnet writes in LaTeX, through pdflatex; as root it installs the TeX that is missing (Debian, Ubuntu).
TEX := texlive-latex-base texlive-latex-recommended texlive-pictures texlive-lang-cyrillic cm-super-minimal poppler-utils
test-render: .venv/ready
	@command -v pdflatex pdfinfo >/dev/null && kpsewhich beamer.cls t2aenc.def >/dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(TEX); }
	$(BIN)/pytest tests/render_tex/compile_latex.py

# Every formula through KaTeX, as web pages and notebooks do; build/formulas.html is the sheet of them to look at.
test-katex: .venv/ready
	@command -v npm > /dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends nodejs npm; }
	npm install --prefix build/node --silent --no-audit --no-fund --no-save katex@0.16
	$(BIN)/python -m tests.render_tex.formulas build/node/node_modules/katex build/formulas.html

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy symnet

# SYMNET_PEERS=PYTHON names an interpreter with PyTorch, JAX, CasADi, …: what is not installed is left out.
bench: .venv/ready
	$(BIN)/python -m tests.benchmarks

# The tables of README.md and docs/speed.md, and docs/growth.svg, from what `make bench` has left in build/bench/results.json.
speed-table: .venv/ready
	$(BIN)/python -m tests.benchmarks.report README.md docs/speed.md

# make mutate FILE=symnet/sums.py: which changes of one thing in the files would the tests not notice?
mutate: .venv/ready
	$(BIN)/python -m tests.mutation $(FILE)

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf .venv .venv-frameworks build
