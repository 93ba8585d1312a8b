package floor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// load is one connection of Load. It writes requests to the socket itself:
// http.Client costs about as much as the server that is measured, on the same
// two processors, and would hide half of what there is to see.
func load(ctx context.Context, to *url.URL, latencies []time.Duration, next func() int, compose func(int) (string, http.Header)) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", to.Host)
	if err != nil {
		return fmt.Errorf("connecting to what is loaded: %w", err)
	}
	defer func() { _ = conn.Close() }()                         // nothing is left to lose
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends a read that waits
	defer stop()
	reader, writer := bufio.NewReader(conn), bufio.NewWriter(conn)
	for i := next(); i < len(latencies); i = next() {
		body, header := compose(i)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(body))
		if err != nil {
			return fmt.Errorf("making request %d: %w", i, err)
		}
		for name, v := range header {
			request.Header[name] = v
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		began := time.Now()
		if err := request.Write(writer); err != nil {
			return fmt.Errorf("writing request %d: %w", i, err)
		}
		if err := writer.Flush(); err != nil {
			return fmt.Errorf("sending request %d: %w", i, err)
		}
		response, err := http.ReadResponse(reader, request)
		if err != nil {
			return fmt.Errorf("reading answer %d: %w", i, err)
		}
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			return fmt.Errorf("reading answer %d: %w", i, err)
		}
		latencies[i] = time.Since(began)
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("answer %d was %s: %s", i, response.Status, strings.TrimSpace(string(answer)))
		}
	}
	return nil
}
