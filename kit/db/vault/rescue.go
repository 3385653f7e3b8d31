package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"milieu/kit/db/vault/shim"

	sqlite3 "modernc.org/sqlite/lib"
)

// Report is what Verify or Decrypt found.
type Report struct {
	// Pages is the number of pages of the database, FromLog how many of them are
	// newest in the write-ahead log.
	Pages, FromLog uint32
	// Damages names every piece that cannot be trusted; those with Notice cost nothing.
	Damages []Damage
}

// Sound is true when nothing was lost.
func (r Report) Sound() bool {
	for _, d := range r.Damages {
		if !d.Notice {
			return false
		}
	}
	return true
}

// Verify reads every page and frame and reports what is damaged. The database must be
// closed, or be a copy taken while it was. The error says why it could not be read at
// all (ErrWrongKey, ErrPlain, fs.ErrNotExist).
func Verify(path string, keys Keys) (Report, error) {
	return walk(path, keys, true, func(uint32, []byte, *Damage) error { return nil })
}

// Decrypt writes the database at src, with what is in its write-ahead log, to a new
// file dst that any SQLite program opens (its pages keep 48 unused bytes). dst is
// readable by its owner only. Without goOn the first damage ends it and dst is removed;
// with goOn a stale page is taken as it is, a page that cannot be read becomes zeros,
// and the report names each: sqlite3's ".recover" can then save the rest. The database
// must be closed, or be a copy taken while it was.
func Decrypt(src string, keys Keys, dst string, goOn bool) (Report, error) {
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Report{}, fmt.Errorf("decrypt %s: %w", src, err)
	}
	var pages uint32
	r, err := walk(src, keys, goOn, func(page uint32, content []byte, d *Damage) error {
		if d != nil && !goOn {
			return *d
		}
		if page == 1 {
			asPlain(content)
		}
		pages = page
		_, err := out.WriteAt(content, int64(page-1)*PageSize)
		return err
	})
	if err == nil && pages != 0 {
		var count [4]byte
		binary.BigEndian.PutUint32(count[:], r.Pages)
		_, err = out.WriteAt(count[:], 28)
	}
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("decrypt %s: %w", src, err), os.Remove(dst))
	}
	return r, err
}

// asPlain makes page 1 that of an ordinary database: without a write-ahead log, and
// with a header even if the page is lost.
func asPlain(one []byte) {
	copy(one, sqliteMagic)
	binary.BigEndian.PutUint16(one[16:], PageSize)
	one[18], one[19], one[20] = 1, 1, Reserved
	one[21], one[22], one[23] = 64, 32, 32
	copy(one[92:96], one[24:28]) // the page count is valid for this change
}

// walker is a walk over all pages of a database.
type walker struct {
	*tool
	report Report
	log    *shim.Extra
	newest map[uint32]uint32 // page → frame
	lost   map[uint32]bool   // blocks of tokens that cannot be read
	desk   desk
}

// walk calls visit with each page in order, its content (zeros when lost) and what is
// wrong with it.
func walk(path string, keys Keys, goOn bool, visit func(page uint32, content []byte, d *Damage) error) (Report, error) {
	k, err := openTool(path, keys, Options{})
	if err != nil {
		return Report{}, err
	}
	defer k.close()
	w := &walker{tool: k, newest: map[uint32]uint32{}, lost: map[uint32]bool{}}
	if err := w.identify(goOn); err != nil {
		return w.report, err
	}
	if w.store.side != nil {
		defer func() { w.store.side.Close(k.t) }()
	}
	if w.log, err = k.extra(walSuffix); err != nil {
		return w.report, err
	}
	if w.log != nil {
		defer w.log.Close(k.t)
	}
	if err := w.journal(goOn); err != nil {
		return w.report, err
	}
	if err := w.readLog(goOn); err != nil {
		return w.report, err
	}
	if err := w.countPages(); err != nil {
		return w.report, err
	}
	for page := uint32(1); page <= w.report.Pages; page++ {
		content, d, err := w.page(page)
		if err != nil {
			return w.report, err
		}
		if d != nil {
			w.add(*d)
		}
		if err := visit(page, content, d); err != nil {
			return w.report, err
		}
	}
	return w.report, nil
}

func (w *walker) add(d Damage) { w.report.Damages = append(w.report.Damages, d) }

// identify finds the identity, from the pages themselves when -pages is lost.
func (w *walker) identify(goOn bool) error {
	side, err := w.extra(pagesSuffix)
	if err != nil {
		return err
	}
	s := w.store
	if side == nil {
		err = s.explainMissingPages(w.t, &w.main.Base)
	} else {
		var f found
		if f, err = readIdentity(w.t, w.v.sealer, side, &w.main.Base, s.path); err == nil {
			s.side, s.id, s.sealed = side, f.id, f.sealed
			s.known.Store(true)
			if f.notice != nil {
				w.add(*f.notice)
			}
			return nil
		}
	}
	var d Damage
	if !goOn || !errors.As(err, &d) {
		if side != nil {
			side.Close(w.t)
		}
		return err
	}
	w.add(d)
	var candidates []identity
	if side != nil {
		var head [identityClear]byte
		for slot := range 2 {
			side.ReadAt(w.t, head[:], int64(slot)*PageSize)
			candidates = append(candidates, identity(head[len(pagesMagic):]))
		}
	}
	id, ok := identityOfPages(w.t, w.v.sealer, &w.main.Base, candidates)
	if !ok {
		return err
	}
	s.side, s.id = side, id
	s.known.Store(side != nil)
	return nil
}

// journal looks for a transaction that was interrupted in rollback-journal mode.
func (w *walker) journal(goOn bool) error {
	j, err := w.extra(journalSuffix)
	if err != nil || j == nil {
		return err
	}
	defer j.Close(w.t)
	var head [28]byte
	j.ReadAt(w.t, head[:], 0)
	if allZero(head[:12]) {
		return nil
	}
	d := Damage{File: w.store.path + journalSuffix, Fault: Stale, Notice: goOn,
		Detail: "an interrupted transaction waits to be rolled back: open the database once with the program"}
	if !goOn {
		return d
	}
	w.add(d)
	return nil
}

// readLog finds the newest frame of each page. When frames that were durable cannot be
// read, the sound ones around them still count.
func (w *walker) readLog(goOn bool) error {
	m := mark{exact: true}
	var err error
	if w.store.known.Load() {
		if m, err = w.store.mark(w.t); err != nil {
			return err
		}
	}
	if w.log == nil {
		if m.frames > 0 && m.exact {
			d := Damage{File: w.store.path + walSuffix, Frame: 1, Fault: Missing, Detail: fmt.Sprintf("%d committed frames were there", m.frames)}
			if !goOn {
				return d
			}
			w.add(d)
		}
		return nil
	}
	size, rc := w.log.Size(w.t)
	if rc != sqlite3.SQLITE_OK {
		return ioError{"measure the log", rc}
	}
	a, err := auditLog(size, w.readFromLog, w.openFrame, nil)
	if err != nil {
		return err
	}
	upTo := a.committed
	if a.header && m.salts == a.salts {
		a.promised = max(a.promised, m.frames)
	}
	if err := a.judge(m, w.store.path); err != nil {
		var d Damage
		if !goOn || !errors.As(err, &d) {
			return err
		}
		w.add(d)
		if !a.header {
			a.salts, a.promised = m.salts, m.frames
		}
		upTo = max(upTo, min(a.promised, a.frames))
	}
	return w.collect(a.salts, upTo)
}

func (w *walker) collect(of salts, upTo uint32) error {
	unit := make([]byte, frameSize)
	pending := map[uint32]uint32{}
	for frame := uint32(1); frame <= upTo; frame++ {
		if err := w.readFromLog(unit, frameOffset(frame)); err != nil {
			return err
		}
		if w.openFrame(unit, frame) != nil || salts(unit[8:16]) != of {
			continue
		}
		pending[binary.BigEndian.Uint32(unit)] = frame
		if pages := binary.BigEndian.Uint32(unit[4:]); pages != 0 {
			for p, f := range pending {
				w.newest[p] = f
			}
			clear(pending)
			w.report.Pages = pages
		}
	}
	for p := range w.newest {
		if p > w.report.Pages {
			delete(w.newest, p)
		}
	}
	w.report.FromLog = uint32(len(w.newest))
	return nil
}

func (w *walker) readFromLog(p []byte, off int64) error {
	if rc := w.log.ReadAt(w.t, p, off); rc != sqlite3.SQLITE_OK {
		return ioError{"read the log", rc}
	}
	return nil
}

func (w *walker) openFrame(unit []byte, frame uint32) error {
	_, err := w.v.sealer.open(&w.desk, unit, framePlace(w.store.id, frame))
	return err
}

// countPages takes the page count from the log, from page 1, or from the file's size.
func (w *walker) countPages() error {
	size, rc := w.main.Size(w.t)
	if rc != sqlite3.SQLITE_OK {
		return ioError{"measure " + w.store.path, rc}
	}
	if w.report.Pages != 0 {
		return nil
	}
	w.report.Pages = uint32((size + PageSize - 1) / PageSize)
	one, d, err := w.page(1)
	if err != nil || d != nil || size == 0 {
		return err
	}
	if binary.BigEndian.Uint32(one[24:]) == binary.BigEndian.Uint32(one[92:]) {
		w.report.Pages = binary.BigEndian.Uint32(one[28:])
	}
	return nil
}

// page is the newest version of a page.
func (w *walker) page(page uint32) ([]byte, *Damage, error) {
	content, d, err := w.pageInFile(page)
	frame, inLog := w.newest[page]
	if !inLog || err != nil {
		return content, d, err
	}
	if d != nil && d.File == w.store.path {
		// A checkpoint cut short leaves this as well: the log has the page.
		d.Notice = true
		d.Detail = "a newer version is sound in the log; " + d.Detail
	}
	unit := make([]byte, frameSize)
	if err := w.readFromLog(unit, frameOffset(frame)); err != nil {
		return nil, nil, err
	}
	if err := w.openFrame(unit, frame); err != nil {
		return make([]byte, PageSize), &Damage{File: w.store.path + walSuffix, Frame: frame, Page: page, Fault: Altered}, nil
	}
	clear(unit[framePlain:])
	return unit[frameHeader:], d, nil
}

// pageInFile is a page as the main file has it.
func (w *walker) pageInFile(page uint32) ([]byte, *Damage, error) {
	raw := make([]byte, PageSize)
	rc := w.main.ReadAt(w.t, raw, int64(page-1)*PageSize)
	short := rc == sqlite3.SQLITE_IOERR_SHORT_READ
	if rc != sqlite3.SQLITE_OK && !short {
		return nil, nil, ioError{fmt.Sprintf("read page %d of %s", page, w.store.path), rc}
	}
	s := w.store
	if !s.known.Load() { // without tokens only the seals can be checked
		if allZero(raw) {
			return raw, nil, nil
		}
		if err := openPage(w.v.sealer, &w.desk, raw, page, s.id); err != nil {
			return make([]byte, PageSize), &Damage{File: s.path, Page: page, Fault: Altered, Detail: err.Error()}, nil
		}
		return raw, nil, nil
	}
	token, err := s.token(w.t, page)
	var lost Damage
	if errors.As(err, &lost) {
		if openPage(w.v.sealer, &w.desk, raw, page, s.id) != nil {
			return make([]byte, PageSize), &Damage{File: s.path, Page: page, Fault: Altered, Detail: err.Error()}, nil
		}
		// Sound, though perhaps an older version: said once for all pages of the block.
		if b := (page - 1) / tokensPerBlock; !w.lost[b] {
			w.lost[b] = true
			return raw, &lost, nil
		}
		return raw, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if short {
		if token == 0 {
			return make([]byte, PageSize), nil, nil
		}
		return make([]byte, PageSize), &Damage{File: s.path, Page: page, Fault: Missing, Detail: "the file ends before it"}, nil
	}
	copied := append([]byte(nil), raw...)
	err = s.page(w.t, &w.desk, raw, page)
	if err == nil {
		return raw, nil, nil
	}
	var d Damage
	if !errors.As(err, &d) {
		return nil, nil, err
	}
	if d.Fault == Stale && openPage(w.v.sealer, &w.desk, copied, page, s.id) == nil {
		return copied, &d, nil
	}
	return make([]byte, PageSize), &d, nil
}
