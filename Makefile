# `make lectures` and `make test` set up everything they need in .venv; Python >= 3.11 is all they ask for.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: lectures test test-browser test-render lint bench mutate clean
lectures: .venv/ready
	$(BIN)/symnet lectures --latex build/lectures --coverage README.md

test: .venv/ready lint
	$(BIN)/pytest -n 2

# The site in a real browser: Debian's Chromium, which root gets here where it is missing.
test-browser: .venv/ready
	command -v chromium > /dev/null || (apt-get update && apt-get install -y --no-install-recommends chromium)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,browser]'
	$(BIN)/pytest tests/browser

# Everything symnet writes in LaTeX, through pdflatex; as root it installs the TeX that is missing (Debian, Ubuntu).
TEX := texlive-latex-base texlive-latex-recommended texlive-pictures texlive-lang-cyrillic cm-super-minimal poppler-utils
test-render: .venv/ready
	@command -v pdflatex pdfinfo >/dev/null && kpsewhich beamer.cls t2aenc.def >/dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(TEX); }
	$(BIN)/pytest tests/render_tex/compile_latex.py

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy symnet

# SYMNET_PEERS=PYTHON names an interpreter with PyTorch, JAX, CasADi, …: what is not installed is left out.
bench: .venv/ready
	$(BIN)/python -m tests.benchmarks

# make mutate FILE=symnet/sums.py: which changes of one thing in the file would its tests not notice? (a few minutes)
mutate: .venv/ready
	$(BIN)/python -m tests.mutation $(FILE)

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf .venv build
