package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

type healthCommand struct{}

// Run asks /healthz, for Docker's HEALTHCHECK: the image has no shell and no curl.
func (healthCommand) Run(ctx context.Context, t terminal) error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Addr.dialled()+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("asking for its health: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking for its health: %w", err)
	}
	defer answer.Body.Close()
	words, err := io.ReadAll(io.LimitReader(answer.Body, 200))
	if err != nil {
		return fmt.Errorf("reading about its health: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it is not well: %s: %s", answer.Status, strings.TrimSpace(string(words)))
	}
	_, err = fmt.Fprintln(t.out, strings.TrimSpace(string(words)))
	return err
}
