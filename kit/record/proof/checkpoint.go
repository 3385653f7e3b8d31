package proof

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/db"
)

// Sign gives a checkpoint of the log as it stands: a signed note of three lines, the signer's name, the size, the root.
func Sign(q db.Querier, signer note.Signer) ([]byte, error) {
	t, err := Head(q)
	if err != nil {
		return nil, err
	}
	return SignTree(t, signer)
}

// SignTree gives a checkpoint of any tree.
func SignTree(t tlog.Tree, signer note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), t.N, base64.StdEncoding.EncodeToString(t.Hash[:]))
	out, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, fmt.Errorf("signing a checkpoint: %w", err)
	}
	return out, nil
}

// Open reads a checkpoint whose signature the verifier knows. Any other is refused.
func Open(checkpoint []byte, verifier note.Verifier) (tlog.Tree, error) {
	var t tlog.Tree
	n, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return t, fmt.Errorf("opening a checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return t, fmt.Errorf("opening a checkpoint: it is signed, but it is no checkpoint of %s", verifier.Name())
	}
	if t.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil || t.N < 0 {
		return t, fmt.Errorf("opening a checkpoint: %q is no size", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return t, fmt.Errorf("opening a checkpoint: %q is no root", lines[2])
	}
	copy(t.Hash[:], root)
	return t, nil
}

// ErrForked says that the log is not the one a checkpoint was made of, carried on.
type ErrForked struct {
	Checkpoint, Log tlog.Tree
}

// Error implements error.
func (e *ErrForked) Error() string {
	if e.Log.N < e.Checkpoint.N {
		return fmt.Sprintf("the log has %d entries, but %d when the checkpoint was signed: entries are missing, the database was cut or rolled back", e.Log.N, e.Checkpoint.N)
	}
	return fmt.Sprintf("the first %d entries of the log are not those of the checkpoint: the record was changed after it was signed", e.Checkpoint.N)
}

// Against checks that the log as it stands carries on the one a checkpoint was made of. *ErrForked when it does not. It trusts the stored
// hashes: that they are those of the entries is for Verify to say.
func Against(q db.Querier, checkpoint tlog.Tree) error {
	now, err := Head(q)
	if err != nil {
		return err
	}
	return AgainstIn(Hashes(q), now, checkpoint)
}

// AgainstIn checks the same of any tree, by its stored hashes and its size and root as they stand.
func AgainstIn(hashes tlog.HashReader, now, checkpoint tlog.Tree) error {
	forked := &ErrForked{checkpoint, now}
	if now.N < checkpoint.N {
		return forked
	}
	if checkpoint.N == 0 {
		return nil
	}
	p, err := tlog.ProveTree(now.N, checkpoint.N, hashes)
	if err != nil {
		return fmt.Errorf("proving a log of %d to be the beginning of one of %d: %w", checkpoint.N, now.N, err)
	}
	if tlog.CheckTree(p, now.N, now.Hash, checkpoint.N, checkpoint.Hash) != nil {
		return forked
	}
	return nil
}
