# The two commands are `make run` and `make test`; the README says what each takes.
PYTHON ?= python3
export PYTHON

.PHONY: setup setup-dev setup-synthetic setup-train setup-readers run run-synthetic valuation search down status test test-long lint format clean

setup: .venv/.ready
setup-dev: .venv/.ready-dev
setup-synthetic: .venv/.ready-synthetic
setup-train: .venv/.ready-train
setup-readers: .venv-readers/.ready

.venv/.ready: requirements.txt pyproject.toml infra/local/bootstrap.sh
	sh infra/local/bootstrap.sh requirements.txt
	touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt
	sh infra/local/bootstrap.sh requirements-dev.txt
	touch $@

# An extra: the weights of the local model have terms of their own, which `winnow synthetic serve` shows.
.venv/.ready-synthetic: .venv/.ready requirements-synthetic.txt
	sh infra/local/bootstrap.sh requirements-synthetic.txt
	touch $@

# An extra: what valuations and mixture searches train with. By pip: where an index offers a build of PyTorch for CPUs
# beside the one for CUDA, pip takes the small one, uv gigabytes of the other.
.venv/.ready-train: .venv/.ready requirements-train.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-train.txt
	touch $@

# An extra: the libraries with which trainers read exports, for `winnow export check`.
.venv-readers/.ready: .venv/.ready infra/readers/requirements.txt infra/readers/libraries.txt
	.venv/bin/python -m venv .venv-readers
	.venv-readers/bin/pip install --quiet --disable-pip-version-check -r infra/readers/requirements.txt
	.venv-readers/bin/pip install --quiet --disable-pip-version-check --no-deps -r infra/readers/libraries.txt
	touch $@

run: setup
	.venv/bin/python -m curation_lib.runner.warm
	.venv/bin/python -m infra.local.demo

run-synthetic: setup-synthetic
	.venv/bin/python -m curation_lib.runner.warm
	.venv/bin/python -m infra.local.demo --corpus demo-synthetic

valuation: setup-train
	.venv/bin/python -m curation_lib.runner.warm
	.venv/bin/python -m infra.local.valuation

search: setup-train
	.venv/bin/python -m curation_lib.runner.warm
	.venv/bin/python -m infra.local.search

down: setup
	.venv/bin/python -m infra.local down

status: setup
	.venv/bin/python -m infra.local status

test: setup-dev setup-readers setup-train
	sh infra/local/test_system.sh
	.venv/bin/python -m curation_lib.runner.warm
	.venv/bin/python -m pytest -m "not long and not stack" -n 2 --dist loadfile
	.venv/bin/python -m pytest -m "stack"

test-long: setup-dev setup-train
	.venv/bin/python -m pytest -m long

lint: setup-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: setup-dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: down
	rm -rf .venv .venv-readers
