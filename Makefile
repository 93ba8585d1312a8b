# make            what there is
# make run        a data hour in the playground, with nothing but Go
# make test       everything that must hold, as .ci/run does it

SHELL := /bin/sh
GO    ?= go
.DEFAULT_GOAL := help
.PHONY: help run check test cover bench chaos live commands image

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run Data Hour here, state in ./data
	$(GO) run ./cmd/datahour

check: ## Format, vet and staticcheck
	@.ci/need go
	@unformatted=$$(gofmt -l cmd bot adapters) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "Not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags live ./cmd/datahour
	$(GO) tool staticcheck ./...

test: check ## Build, check and run every test, in a real browser and with a real Redis
	@.ci/need cc redis-server chromium npm
	$(GO) build ./...
	$(GO) test -race -shuffle=on -timeout 12m ./...

cover: ## Tests with coverage, the program of the stories included; writes cover.out
	@.ci/need redis-server chromium npm
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1

bench: ## Measure, each figure beside its floor (cmd/bench/README.md); BENCH has flags: BENCH=-quick
	@.ci/need redis-server
	$(GO) run ./cmd/bench $(BENCH)

chaos: ## Kill the bot 500 times on each store, replace it, stop its store, and judge what stands; CHAOS has flags
	@.ci/need redis-server
	$(GO) run ./cmd/chaos -store sqlite $(CHAOS)
	$(GO) run ./cmd/chaos -store redis $(CHAOS)
	$(GO) run ./cmd/chaos -store redis -bots 2 $(CHAOS)
	$(GO) run ./cmd/chaos -standby $(CHAOS)
	$(GO) run ./cmd/chaos -stopped-store $(CHAOS)

LIVE := $(if $(LIVE_REDIS_URL),Redis) $(if $(DATAHOUR_TEST_MATTERMOST_URL),Mattermost) $(if $(DATAHOUR_TEST_SLACK_URL),Slack)
empty :=
live: ## Tests against the real servers that LIVE_REDIS_URL, DATAHOUR_TEST_MATTERMOST_URL and DATAHOUR_TEST_SLACK_URL name
	$(GO) test -tags live -run '^TestLive($(subst $(empty) ,|,$(strip $(LIVE))))' $(if $(DATAHOUR_TEST_MATTERMOST_RESTART),,-skip ServerRestart) -count=1 -timeout 30m ./cmd/datahour

commands: ## Write docs/commands.md anew from the table of commands
	$(GO) run ./cmd/datahour commands > docs/commands.md

image: ## Build the Docker image
	docker build --build-arg VERSION="$$(git describe --always --dirty)" -t datahour .
