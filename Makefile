# Hanzo Twin: everything is set up by the target that needs it. `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev up down status demo test check bench faults fuzz poison soak clean

VENV    := .venv
BIN     := $(VENV)/bin
STACK   := .stack
TWIN    := $(BIN)/hanzo-twin
PROJECTS := schemas libs/twin-common libs/twin-sim libs/hanzo-twin \
            services/scene-manager services/sync-engine services/sim-worker services/api-gateway
# A cache of what is installed once, and byte code of what is never imported, would be a third of the disk space.
PIP     := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-cache-dir
# What Go fetches and builds stays in the checkout, where the tests look for it.
GO      := GOMODCACHE=$(abspath $(STACK))/go/modules GOCACHE=$(abspath $(STACK))/go/build GOFLAGS=-modcacherw
INSTALL := $(PIP) install --no-compile --require-hashes
PYTEST  := $(BIN)/python -m pytest -q --durations=40 --durations-min=5
BENCHES ?= $(sort $(filter-out bench/_% bench/soak.py,$(wildcard bench/*.py)))

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STACK)/image.done ## install what the platform needs: packages, Kafka, Python
	@:
setup-dev: setup $(STACK)/dev.done $(STACK)/clients.done ## ... and what tests and checks need
	@:

up: setup ## start the stack and the services, in the background
	@$(TWIN) dev up

down: ## stop them all
	@if [ -x $(TWIN) ]; then $(TWIN) dev down; fi

status: ## show what runs
	@if [ -x $(TWIN) ]; then $(TWIN) dev status; else echo "not set up; run: make setup"; fi

demo: setup ## run the live demo through REST: an arm, its twin, a command, a worker killed in the middle
	@$(TWIN) demo

# What packages test of their own is shared by two processes; whole platforms under load take the cores one by one.
test: setup-dev ## run all tests, or some: make test ARGS="tests/e2e -k trace"
ifdef ARGS
	@$(PYTEST) $(ARGS)
else
	@failed=0; \
	$(PYTEST) -n 2 --dist loadfile schemas/tests libs services examples || failed=1; \
	$(PYTEST) -m shared_platform tests || failed=1; \
	$(PYTEST) -m "not shared_platform" tests || failed=1; \
	exit $$failed
endif

check: setup-dev ## lint, format, types, import contracts, schema gate
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(STACK)/imports.log 2>&1 || { cat $(STACK)/imports.log; exit 1; }
	@$(BIN)/python -m twin_schemas check

bench: setup-dev ## run the benches, or some: make bench BENCHES=bench/size.py
	@missed=; for bench in $(BENCHES); do echo "== $$bench"; $(BIN)/python $$bench || missed="$$missed $$bench"; done; \
	if [ -n "$$missed" ]; then echo "not all claims hold:$$missed"; exit 1; fi

faults: setup-dev ## inject faults under load, all kinds or some: make faults CELLS="kill-sim-worker freeze-*" STRIKES=3 SEED=1
	@missed=0; \
	$(BIN)/python tests/faults/table.py $(CELLS) $(if $(SEED),--seed $(SEED)) $(if $(STRIKES),--strikes $(STRIKES)) || missed=1; \
	$(if $(CELLS),,$(BIN)/python tests/faults/table.py --mutants $(if $(SEED),--seed $(SEED)) || missed=1;) exit $$missed

fuzz: setup-dev ## throw hostile bytes at every reader of foreign ones, or at some: make fuzz TARGETS="mqtt yaml" INPUTS=5000 SEED=1
	@$(BIN)/python tests/fuzz/run.py $(TARGETS) $(if $(INPUTS),--inputs $(INPUTS)) $(if $(SEED),--seed $(SEED))

soak: setup-dev ## a day of one twin and half an hour of thirty with faults, with plots: make soak MINUTES=30 OUT=docs/evidence
	@$(BIN)/python bench/soak.py $(if $(MINUTES),--minutes $(MINUTES)) $(if $(OUT),--out $(OUT))

poison: setup-dev ## write each kind of bad record to each topic of a running platform, and show what becomes of it
	@$(BIN)/python -m pytest -q -s tests/poison

clean: down ## remove everything that was set up, and the stack's data
	@rm -rf $(VENV) $(STACK) .hanzo-twin

# --- set-up: each stamp is newer than what it was made from -----------------------------------------------------

$(STACK)/debian.done: deploy/debian-packages.txt deploy/debian-packages.sh
	@mkdir -p $(STACK)
	@sh deploy/debian-packages.sh
	@touch $@

$(STACK)/debian-dev.done: deploy/debian-packages.txt deploy/debian-packages.sh
	@mkdir -p $(STACK)
	@sh deploy/debian-packages.sh dev
	@touch $@

$(VENV)/bin/python: | $(STACK)/debian.done
	@sh deploy/venv.sh $(VENV)

$(STACK)/runtime.done: requirements/runtime.txt $(PROJECTS:=/pyproject.toml) | $(VENV)/bin/python
	@echo "setup: Python packages of the platform"
	@$(INSTALL) -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index $(addprefix -e ,$(PROJECTS))
	@touch $@

$(STACK)/dev.done: requirements/dev.txt $(STACK)/runtime.done $(STACK)/kafka-tools.done | $(STACK)/debian-dev.done
	@echo "setup: Python packages of tests and checks"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

$(STACK)/kafka.done: deploy/kafka/pom.xml deploy/kafka/fetch.sh | $(STACK)/debian.done
	@echo "setup: Apache Kafka"
	@sh deploy/kafka/fetch.sh $(STACK)/kafka/libs
	@touch $@

$(STACK)/kafka-tools.done: tests/interop/pom.xml deploy/kafka/fetch.sh | $(STACK)/debian.done
	@echo "setup: Apache Kafka's command line tools, for tests"
	@sh deploy/kafka/fetch.sh $(STACK)/kafka-tools/libs tests/interop/pom.xml
	@touch $@

$(STACK)/clients.done: examples/clients/go/go.mod examples/clients/java/pom.xml | $(STACK)/debian-dev.done
	@echo "setup: libraries of the example clients in Go and Java, for tests"
	@cd examples/clients/go && $(GO) go build -o /dev/null .
	@mvn -q -B -l $(STACK)/clients.log -f examples/clients/java/pom.xml dependency:copy-dependencies \
	    -DoutputDirectory=$(abspath $(STACK))/clients || { cat $(STACK)/clients.log; exit 1; }
	@rm -rf $(STACK)/clients
	@touch $@

$(STACK)/image.done: $(STACK)/kafka.done $(STACK)/runtime.done
	@$(BIN)/python -m hanzo_twin.stack.parts.kafka_image
	@$(BIN)/python -c 'import hanzo_twin.cli; hanzo_twin.cli.build()' # byte code, for a quick first start
	@$(BIN)/python -c 'import scene_manager.entrypoints.main, sync_engine.entrypoints.main'
	@$(BIN)/python -c 'import sim_worker.entrypoints.main'
	@touch $@
