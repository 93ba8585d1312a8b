# syntax=docker/dockerfile:1

# One static program and nothing else: no shell, no package manager, no root.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
# go.mod replaces a module by this folder.
COPY adapters/mattermost/goplugin adapters/mattermost/goplugin
COPY adapters/mattermost/gojay adapters/mattermost/gojay
COPY adapters/mattermost/testify adapters/mattermost/testify
RUN go mod download
COPY cmd cmd
COPY bot bot
COPY adapters adapters
ARG VERSION=unreleased
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/datahour ./cmd/datahour
# The folder for state, which belongs to the user that the program runs as.
RUN mkdir -m 0700 /out/data

FROM scratch
# For Redis behind TLS. Time zones are in the program.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/datahour /datahour
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV DATAHOUR_ADDR=0.0.0.0:8080 DATAHOUR_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
# The program itself asks, since there is no shell and no curl.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/datahour", "health"]
ENTRYPOINT ["/datahour"]
