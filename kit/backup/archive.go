package backup

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"filippo.io/age"
)

// An archive is, within its seal: a line of JSON (header), then frames. A frame is a letter and its content:
//
//	T  a table begins: its name, the number of its columns, their names
//	R  a row of it: each value as a letter (n null, i integer, f float, b bytes, t text) and its bytes
//	E  the end: the number of rows in all
//
// Lengths and integers are varints. What follows the end, or an end that does not come, is refused.

const format = "milieu backup 1"

type header struct {
	Format string `json:"format"`
	Base   bool   `json:"base"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Before []byte `json:"before"` // root of the tree over the entries before From
	Root   []byte `json:"root"`   // root over those up to To
	Made   int64  `json:"made"`   // microseconds
	Mark   string `json:"mark,omitempty"`
}

// Limits on what is read: an archive comes from elsewhere, and its seal only says that somebody with the recipient's key made it.
const (
	maxHeader  = 4 << 10
	maxName    = 200
	maxColumns = 200
	maxValue   = 1 << 30
)

type writer struct {
	sealed io.WriteCloser
	out    *bufio.Writer
	buf    []byte
	rows   int64
}

func newWriter(to io.Writer, recipients []age.Recipient, h header) (*writer, error) {
	sealed, err := age.Encrypt(to, recipients...)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	h.Format = format
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	w := &writer{sealed: sealed, out: bufio.NewWriterSize(sealed, 64<<10)}
	_, err = w.out.Write(append(line, '\n'))
	return w, err
}

func (w *writer) text(s string) {
	w.buf = binary.AppendUvarint(w.buf, uint64(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *writer) flush() error {
	_, err := w.out.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

func (w *writer) table(name string, columns []string) error {
	w.buf = append(w.buf, 'T')
	w.text(name)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(columns)))
	for _, c := range columns {
		w.text(c)
	}
	return w.flush()
}

func (w *writer) row(values []any) error {
	w.rows++
	w.buf = append(w.buf, 'R')
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			w.buf = append(w.buf, 'n')
		case int64:
			w.buf = binary.AppendVarint(append(w.buf, 'i'), v)
		case float64:
			w.buf = binary.BigEndian.AppendUint64(append(w.buf, 'f'), math.Float64bits(v))
		case []byte:
			w.buf = append(w.buf, 'b')
			w.text(string(v))
		case string:
			w.buf = append(w.buf, 't')
			w.text(v)
		default:
			return fmt.Errorf("a value of type %T cannot be kept", v)
		}
	}
	return w.flush()
}

func (w *writer) end() error {
	w.buf = binary.AppendUvarint(append(w.buf, 'E'), uint64(w.rows))
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	return w.sealed.Close()
}

// errNotWhole says that an archive ends early or was changed.
var errNotWhole = errors.New("it is cut short or damaged")

type reader struct {
	in      *bufio.Reader
	header  header
	table   string
	columns []string
	rows    int64
}

// newReader opens the seal. A wrong key is told as such.
func newReader(from io.Reader, identities []age.Identity) (*reader, error) {
	plain, err := age.Decrypt(from, identities...)
	if err != nil {
		if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
			return nil, fmt.Errorf("this key does not open it: %w", err)
		}
		return nil, fmt.Errorf("%w (%w)", errNotWhole, err)
	}
	r := &reader{in: bufio.NewReaderSize(plain, 64<<10)}
	line, err := r.in.ReadSlice('\n')
	if err != nil || len(line) > maxHeader {
		return nil, errNotWhole
	}
	if err := json.Unmarshal(line, &r.header); err != nil || r.header.Format != format {
		return nil, fmt.Errorf("it is no backup that this program can read (%q)", r.header.Format)
	}
	return r, nil
}

// next reads up to the next row; nil at the end. A change of table shows in r.table.
func (r *reader) next() ([]any, error) {
	for {
		kind, err := r.in.ReadByte()
		if err != nil {
			return nil, errNotWhole
		}
		switch kind {
		case 'T':
			if err := r.begin(); err != nil {
				return nil, err
			}
		case 'R':
			if r.table == "" {
				return nil, errNotWhole
			}
			r.rows++
			return r.row()
		case 'E':
			n, err := binary.ReadUvarint(r.in)
			if err != nil || n != uint64(r.rows) {
				return nil, errNotWhole
			}
			if _, err := r.in.ReadByte(); err != io.EOF {
				return nil, errNotWhole
			}
			return nil, nil
		default:
			return nil, errNotWhole
		}
	}
}

func (r *reader) begin() error {
	name, err := r.bytes(maxName)
	if err != nil {
		return err
	}
	n, err := binary.ReadUvarint(r.in)
	if err != nil || n > maxColumns {
		return errNotWhole
	}
	r.table, r.columns = string(name), make([]string, n)
	for i := range r.columns {
		c, err := r.bytes(maxName)
		if err != nil {
			return err
		}
		r.columns[i] = string(c)
	}
	return nil
}

func (r *reader) bytes(limit uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(r.in)
	if err != nil || n > limit {
		return nil, errNotWhole
	}
	// Grown as it is read: a length that lies costs no memory.
	b, err := io.ReadAll(io.LimitReader(r.in, int64(n)))
	if err != nil || uint64(len(b)) != n {
		return nil, errNotWhole
	}
	return b, nil
}

func (r *reader) row() ([]any, error) {
	out := make([]any, len(r.columns))
	for i := range out {
		kind, err := r.in.ReadByte()
		if err != nil {
			return nil, errNotWhole
		}
		switch kind {
		case 'n':
		case 'i':
			if out[i], err = binary.ReadVarint(r.in); err != nil {
				return nil, errNotWhole
			}
		case 'f':
			var b [8]byte
			if _, err := io.ReadFull(r.in, b[:]); err != nil {
				return nil, errNotWhole
			}
			out[i] = math.Float64frombits(binary.BigEndian.Uint64(b[:]))
		case 'b', 't':
			b, err := r.bytes(maxValue)
			if err != nil {
				return nil, err
			}
			if out[i] = any(b); kind == 't' {
				out[i] = string(b)
			}
		default:
			return nil, errNotWhole
		}
	}
	return out, nil
}
