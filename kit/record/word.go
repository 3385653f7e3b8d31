package record

// Word is a message key that stands for a word inside a line: it is translated before it is put in.
type Word string

// MessageKey is the key itself.
func (w Word) MessageKey() string { return string(w) }
