# Two commands do all the set-up on a fresh machine: `make demo` and `make test`. Both are quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
DEMO := build/demo
RESEARCH := build/research
TOY := build/toy
LAB := build/lab

.DEFAULT_GOAL := help
.PHONY: help demo demo-research demo-train demo-lab train-headline train-trigger train-elements train-rate test slow lint docs bench screenshots clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "afterlore needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all]'
	@touch $@ $(VENV)/core.stamp $(VENV)/train.stamp $(VENV)/lab.stamp

$(VENV)/train.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what training needs, PyTorch among it: about 1.5 GB."
	$(PIP) --editable '.[train]'
	@touch $@ $(VENV)/core.stamp

$(VENV)/lab.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[lab]'
	@touch $@ $(VENV)/core.stamp

# Pictures are drawn without a screen, by EGL on the processor. An empty world shows whether that works here.
$(VENV)/gl.stamp: | $(BIN)/python
	@draws() { $(BIN)/python -c 'import mujoco; from afterlore.lab.render import Eye, Renderer; m = mujoco.MjModel.from_xml_string("<mujoco/>"); Renderer(m, 16, 16).frame(mujoco.MjData(m), Eye())' 2>/dev/null; }; \
	if ! draws && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libegl1 libgl1-mesa-dri; \
	fi; \
	draws || { echo "the laboratory cannot draw here: install the packages libegl1 and libgl1-mesa-dri (Debian, Ubuntu)"; exit 2; }
	@touch $@

# The page is tested in a real browser. Playwright's own download is not used: a distribution's chromium is what people have.
$(VENV)/chromium.stamp: | $(BIN)/python
	@browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }; \
	fonts() { fc-list :lang=zh 2>/dev/null | grep -q .; }; \
	if ! { browser >/dev/null && fonts; } && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fontconfig fonts-noto-cjk fonts-noto-color-emoji; \
	fi; \
	browser >/dev/null || \
	  { echo "the tests of the page need a browser: install the packages chromium and fonts-noto-cjk (Debian, Ubuntu), or Google Chrome"; exit 2; }
	@touch $@

demo: $(VENV)/core.stamp  ## build two days of briefs from the shipped samples, offline
	@$(BIN)/afterlore brief build samples/2026-03-10 --out $(DEMO) --date 2026-03-10 --offline --quiet
	@$(BIN)/afterlore brief build samples/2026-03-11 --out $(DEMO) --date 2026-03-11 --offline
	@$(BIN)/afterlore brief verify $(DEMO)
	@echo
	@echo "Open in a browser; every sentence opens its source:"
	@ls -1 $(DEMO)/*/brief.html $(DEMO)/index.html
	@echo "Edit it at the desk: $(BIN)/afterlore brief review $(DEMO)"
	@echo "The same as Markdown, mail, ledger and feeds:"
	@ls -1 $(DEMO)/*/brief.md $(DEMO)/*/brief.eml $(DEMO)/*/brief.json $(DEMO)/feed.*
	@echo "What was said and read on something: $(BIN)/afterlore context find 霁川 --in $(DEMO)"
	@echo
	@echo "The first story of $(DEMO)/2026-03-10/brief.md:"
	@echo
	@sed -n '/^## /,/^---$$/p;/^---$$/q' $(DEMO)/2026-03-10/brief.md

demo-research: $(VENV)/core.stamp  ## search the shipped corpus in rounds, offline, by rules in place of a model
	@$(BIN)/afterlore ask "In which town was the founder of the company that makes the Lumen-4 buoy born?" \
	  --corpus samples/research/corpus --model scripted --rounds 4 --budget calls=40,depth=3 --data-dir $(RESEARCH)
	@echo
	@echo "Open in a browser; it shows why the answer is believed:"
	@$(BIN)/afterlore runs replay "$$($(BIN)/afterlore runs ls --data-dir $(RESEARCH) | sed -n '1s/ .*//p')" \
	  --data-dir $(RESEARCH) --out $(RESEARCH)/replay.html

demo-train: $(VENV)/train.stamp  ## train a tiny model by every method, on a CPU, and see which ones collapse
	@$(BIN)/afterlore train toy --seeds 1 --out $(TOY)

demo-lab: $(VENV)/lab.stamp $(VENV)/gl.stamp  ## film two experts at work in the laboratory
	@$(BIN)/afterlore lab expert PickUpTube OpenBenchCentrifugeLid --episodes 1 --seed 1 --out $(LAB)
	@echo
	@echo "Open in a browser: $(LAB)/index.html"
	@echo "All tasks: $(BIN)/afterlore lab tasks    The laws of the physics: $(BIN)/afterlore lab verify --all"

train-headline: $(VENV)/train.stamp  ## the same with all seeds: the figures of docs/train.md
	@$(BIN)/afterlore train toy --out $(TOY)

train-trigger: $(VENV)/train.stamp  ## how strong the planted trigger has to be for each method to break
	@$(BIN)/afterlore train toy --cells trigger --out $(TOY)

train-elements: $(VENV)/train.stamp  ## the four elements of the R1 recipe, taken one by one
	@$(BIN)/afterlore train toy --cells elements --out $(TOY)

train-rate: $(VENV)/train.stamp  ## smaller steps of the optimiser
	@$(BIN)/afterlore train toy --cells rate --out $(TOY)

lint: $(VENV)/test.stamp  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint $(VENV)/chromium.stamp $(VENV)/gl.stamp  ## gates and all tests
	$(BIN)/pytest -n auto --dist loadgroup

slow: $(VENV)/test.stamp  ## tests that take minutes: processes killed while they write, a thousand runs over one budget
	$(BIN)/pytest -m slow

docs: $(VENV)/core.stamp  ## make the example and the JSON Schema
	@$(BIN)/python docs/make.py

screenshots: $(VENV)/test.stamp $(VENV)/chromium.stamp  ## take the pictures of the docs
	@$(BIN)/python docs/screenshots.py

bench: $(VENV)/test.stamp  ## what the work costs, and how that grows
	$(BIN)/afterlore brief bench --n 1000,10000
	$(BIN)/python benchmarks/context.py --n 1000,10000
	$(BIN)/python benchmarks/research.py
	$(BIN)/python benchmarks/train.py

clean:  ## remove what was built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
