package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

type playgroundCommand struct{}

// Run serves the playground alone, so that it outlives a bot that is stopped,
// started or killed. A bot connects to it by DATAHOUR_PLAYGROUND_URL.
func (playgroundCommand) Run(ctx context.Context, t terminal) error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	if !c.Addr.local() {
		return fmt.Errorf("a playground is for one machine: set %s_ADDR=127.0.0.1:8090, not %s", prefix, c.Addr)
	}
	w, err := openWorld(c, c.PublicURL)
	if err != nil {
		return err
	}
	listener, err := listen(c.Addr)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	url := "http://" + listener.Addr().String()
	fmt.Fprintf(t.out, "The playground is at %s\nLet a bot connect to it: %s_PLAYGROUND_URL=%[1]s datahour\n", url, prefix)
	site := newSite(listener, newLog(c, t))
	site.show(w.Handler())
	served := site.serve()
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	return errors.Join(err, w.Close(), site.close())
}

// openWorld makes the playground's world, which keeps its rooms in DATA_DIR.
func openWorld(c config, public webAddress) (*world.World, error) {
	if err := c.makeDataDir(); err != nil {
		return nil, err
	}
	w, err := world.New(world.Options{File: filepath.Join(string(c.DataDir), "playground.jsonl"), PublicURL: string(public)})
	if err != nil {
		return nil, fmt.Errorf("opening the playground: %w", err)
	}
	return w, nil
}

// playgroundOrganisers are those of the playground's own people, until others are named.
func playgroundOrganisers() organisers {
	o := organisers{}
	for _, p := range world.DefaultPeople() {
		if p.Organiser {
			o[p.Platform] = append(o[p.Platform], bot.UserID(p.Platform+":"+p.ID))
		}
	}
	return o
}

func listen(a address) (net.Listener, error) {
	listener, err := net.Listen("tcp", string(a))
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w. Set %s_ADDR to another address, 127.0.0.1:8081 for example", a, err, prefix)
	}
	return listener, nil
}
