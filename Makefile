# The common tasks. `make help` lists them; `npx flotilla help` has everything else.

.DEFAULT_GOAL := all
.PHONY: all test e2e e2e-boot iso publish deploy destroy bench docs help

flotilla := node cli/flotilla.mjs
# npm writes this file when an installation is done.
installed := node_modules/.package-lock.json

all: $(installed) ## Make everything from fleet.yaml; publish it on this machine, or show the plan
	@$(flotilla) up

test: $(installed) ## Check types, lint and format, and run every test
	npm run --silent check
	npm run --silent test

e2e: $(installed) ## Run a hub and its devices on the real parts (as root; first test/peers/build.sh e2e)
	@node --import tsx test/e2e/main.ts $(ARGUMENTS)

e2e-boot: $(installed) ## Boot devices in QEMU (as root; first test/peers/build.sh e2e boot)
	@node --import tsx test/e2e/boot/main.ts $(ARGUMENTS)

iso: $(installed) ## Write images that install devices: make iso DEVICE=store-0001, DEVICES='store-*', DEVICES=all, RING=, one for a whole SITE=, BASE=fedora-coreos.iso, ALLOW_RELEASE=1
	@$(if $(DEVICE)$(DEVICES)$(SITE)$(RING),,echo "Name a device: make iso DEVICE=store-0001, or several: make iso DEVICES='store-*' (or all)" >&2; exit 2;) \
	$(flotilla) image $(if $(filter all,$(DEVICES)),--all,$(foreach word,$(DEVICE) $(DEVICES),'$(word)')) $(if $(BASE),--base '$(BASE)')$(if $(SITE), --site '$(SITE)'$(if $(DEVICE)$(DEVICES)$(RING),, --shared))$(if $(RING), --ring '$(RING)')$(if $(ALLOW_RELEASE), --allow-release)

publish: $(installed) ## Push the state to the state repository: make publish ARGUMENTS=--yes without a terminal
	@$(flotilla) publish $(ARGUMENTS)

deploy: $(installed) ## Make the hub in the cloud, or bring it up to date: make deploy ARGUMENTS='--repository-key state-reader'
	@$(flotilla) deploy $(ARGUMENTS)

destroy: $(installed) ## Delete the hub in the cloud, with everything that costs money
	@$(flotilla) destroy $(ARGUMENTS)

bench: $(installed) ## Measure how long a large fleet takes
	@node --import tsx test/bench/main.ts $(ARGUMENTS)

docs: ## Build the site of the documents into dist/docs
	cd docs/site && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build

help: ## Show this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | sed 's/^make all|/make|/' | \
	  awk -F '|' '{ printf "%-14s %s\n", $$1, $$2 }'

# No package needs its install script here, and none may run one.
$(installed): package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
