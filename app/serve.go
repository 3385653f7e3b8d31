package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"milieu/kit/clock"
	"milieu/kit/room"
	"milieu/kit/web"
)

type serveCmd struct {
	dataFlags
	Addr string `default:"127.0.0.1:8080" help:"Where to listen: HOST:PORT."`
	outsideFlags
	organisationFlag
	tlsFlags
	Downtime string `type:"path" placeholder:"DIR" help:"Where the sealed downtime pack is written every 30 minutes."`
	Backup   string `type:"path" placeholder:"DIR" help:"Where sealed backups are shipped while serving."`
	keepFlag
	Profile string `type:"path" placeholder:"FILE" hidden:"" help:"Write a CPU profile until the end."`
}

// Run serves until the program is told to stop.
func (c *serveCmd) Run(ctx context.Context, s *std) error {
	if c.Profile != "" {
		f, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	data, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer data.Close()
	if data.Outside, err = c.outside(); err != nil {
		return err
	}
	if data.Organisation, err = c.settings(); err != nil {
		return err
	}
	kept, err := c.certificate(data, data.Outside.Origin, c.Addr, clock.System(), s)
	if err != nil {
		return err
	}
	data.Outside.Secure = data.Outside.Secure || kept != nil
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listening at %s: %w", c.Addr, err)
	}
	now, err := data.DB.Clock(ctx)
	if err != nil {
		l.Close()
		return err
	}
	h, err := data.start(ctx, s, now)
	if err != nil {
		l.Close()
		return err
	}
	work, stop := context.WithCancel(ctx)
	defer stop()
	if c.Backup != "" {
		if err := h.ship(work, data, c.Backup, c.rule(), s); err != nil {
			return errors.Join(err, h.Close())
		}
	}
	if c.Downtime != "" {
		if err := h.pack(work, data.Keys, c.Downtime, s); err != nil {
			return errors.Join(err, h.Close())
		}
	}
	scheme := "http"
	if kept != nil {
		scheme = "https"
	}
	if c.Redirect != "" {
		plain, err := net.Listen("tcp", c.Redirect)
		if err != nil {
			return errors.Join(fmt.Errorf("listening at %s: %w", c.Redirect, err), h.Close())
		}
		sent := redirect(work, plain, secured(data.Outside.Origin, l.Addr()), s.log)
		defer func() { stop(); <-sent }()
	}
	fmt.Fprintf(s.out, "Milieu is at %s://%s\n", scheme, l.Addr())
	return errors.Join(h.serve(ctx, l, over(kept)), h.Close())
}

// running is a building at work: its sweeper, its upkeep, its web server.
type running struct {
	*room.Building
	stop context.CancelFunc
	done chan struct{}
}

// start wires the rooms together and sets going what runs beside the web server.
func (d *Data) start(ctx context.Context, s *std, c clock.Clock) (*running, error) {
	b, err := d.Build(ctx, c, s.log, s.progress())
	if err != nil {
		return nil, err
	}
	if err := b.Sweeper.Start(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	r := &running{b, stop, make(chan struct{})}
	go func() {
		defer close(r.done)
		go b.Committer.Follow(work)
		var ending sync.WaitGroup // it writes to the view log, which is closed afterwards
		ending.Go(func() { r.endViews(work) })
		b.Sweeper.Run(work)
		ending.Wait()
	}()
	return r, nil
}

// serve answers requests, over TLS where secure says how, until ctx ends, then lets those under way finish.
func (r *running) serve(ctx context.Context, l net.Listener, secure *tls.Config) error {
	srv := web.Server(r.Site)
	srv.ErrorLog = quietly(r.Log)
	failed := make(chan error, 1)
	go func() {
		if secure == nil {
			failed <- srv.Serve(l)
			return
		}
		srv.TLSConfig = secure
		failed <- srv.ServeTLS(l, "", "")
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	r.Hub.Close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(end); err != nil {
		return srv.Close()
	}
	return nil
}

// Close stops the work beside the server and files what is queued.
func (r *running) Close() error {
	r.stop()
	<-r.done
	return errors.Join(r.Committer.Close(), r.CloseViews())
}
