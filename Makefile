# Every target is a line in `make help`. The commands themselves are ops/main.ts; this file only gives them a short name.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
OPS = node ops/main.ts
# VITEST_JSON names a folder for results that `.ci/run` counts.
VITEST = vitest run $(if $(VITEST_JSON),--reporter=default --reporter=json --outputFile.json=$(VITEST_JSON)/$@.json)
STAMP = node_modules/.package-lock.json
.DEFAULT_GOAL := help
.PHONY: help install drill test prepare rehearse conformance mend doctor up smoke down bench clean format lint types unit clouds charts engine sandbox schema sizes sandbox-stop

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Install what package-lock.json names

$(STAMP): package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $(STAMP)

drill: $(STAMP) ## Take an application from nothing to served and back to nothing (APP=orthanc|probe FULL=1 KEEP=1 SANDBOX=name)
	@$(OPS) drill

test: format lint types unit clouds charts engine sandbox ## Everything but the drill: format, lint, types and all tests

prepare: $(STAMP) ## Install the system packages and build the tools and images, once
	@$(OPS) prepare

rehearse: $(STAMP) ## A drill of a cloud's stack file with the cloud simulated (STACK=drill-aws FULL=1)
	@$(OPS) rehearse

conformance: $(STAMP) ## The rules that every platform keeps, on a stack of the probe in the sandbox (TARGET=all|local|existing|aws|azure|gcp FULL=1 RULES=ingress)
	@$(OPS) conformance

mend: $(STAMP) ## Settle what an interrupted `pulumi up` left: docs/interrupted.md (STACK=us-prod)
	@$(OPS) mend

doctor: $(STAMP) ## Say what this machine has, what would be used, and how to mend what is missing
	@$(OPS) doctor

up: $(STAMP) ## Start the sandbox and bring up stack local on it
	@$(OPS) up

smoke: $(STAMP) ## Check what `make up` brought up
	@$(OPS) smoke

down: $(STAMP) ## Destroy what `make up` brought up
	@$(OPS) down

bench: $(STAMP) ## Measure speed and size, as ratios against the least that could be (BENCH=local|clouds|cells TENANTS=2,10)
	@$(OPS) bench

clean: $(STAMP) ## Stop the sandbox and remove what it made and the evidence (ALL=1: built tools and images too)
	@$(OPS) clean

sandbox-stop: $(STAMP) ## Stop the sandbox cluster; nothing of it stays but the caches
	@$(OPS) sandbox stop

format: $(STAMP) ## Check the format (FIX=1 writes it)
	@biome format $(if $(FIX),--write) .

lint: $(STAMP) ## Check style and common mistakes (FIX=1 mends what it can)
	@biome lint $(if $(FIX),--write) .

types: $(STAMP) ## Check the types
	@tsc -p .

unit: $(STAMP) ## The fast tests: need only npm
	@$(VITEST) --project unit

clouds: $(STAMP) ## Each cloud's provider and its simulation: need only npm, and a minute or two
	@$(VITEST) --project clouds

charts: prepare ## Lint and render every chart with Helm 3 and 4
	@$(VITEST) --project charts

engine: prepare ## The real engine against a real cluster
	@$(VITEST) --project engine

sandbox: prepare ## The sandbox itself: cluster, controllers, images, report
	@$(VITEST) --project sandbox

schema: $(STAMP) ## Write stacks/schema.json, with which editors complete a stack file, and docs/vocabulary.md
	@node stacks/schema.ts

sizes: $(STAMP) ## Write docs/sizes.md from the tables of sizes and prices
	@node stacks/sizes.ts
