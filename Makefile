# `make lectures` and `make test` set up everything they need in .venv; Python >= 3.11 is all they ask for.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: lectures test test-browser test-render test-katex test-frameworks frameworks-table lint bench mutate clean
.PRECIOUS: .venv-frameworks/%/ready
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

test-frameworks: $(GROUPS:%=test-frameworks-%)

$(GROUPS:%=test-frameworks-%): test-frameworks-%: .venv-frameworks/%/ready
	SYMNET_FRAMEWORKS="$($*)" .venv-frameworks/$*/bin/python -m pytest -n 2 -W default tests/frameworks

frameworks-table: $(GROUPS:%=.venv-frameworks/%.jsonl) .venv/ready
	$(BIN)/python -m tests.frameworks.table write README.md $(GROUPS:%=.venv-frameworks/%.jsonl)

.venv-frameworks/%.jsonl: .venv-frameworks/%/ready $(shell find symnet/candidates tests/frameworks -name "*.py")
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

# make mutate FILE=symnet/sums.py: which changes of one thing in the files would the tests not notice?
mutate: .venv/ready
	$(BIN)/python -m tests.mutation $(FILE)

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf .venv .venv-frameworks build
