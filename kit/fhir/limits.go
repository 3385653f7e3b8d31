package fhir

// Limits bound what one call of Read takes in. A zero field means the
// corresponding value of ImportLimits.
type Limits struct {
	// File is the most bytes of the whole stream, after decompression.
	File int64
	// Resource is the most bytes of one resource or entry; memory use is a small
	// multiple of it.
	Resource int
	// Depth is how deep objects and lists may nest.
	Depth int
	// Entries is the most entries (or lines) in a stream.
	Entries int
	// String is the most bytes in one text that is read. Narratives and
	// attachments are not read, and fall under Resource.
	String int
	// Values is the most JSON values in one resource that is read: small
	// objects take far more memory decoded than written.
	Values int
	// Problems is how many problems are kept; further ones are counted.
	Problems int
}

// ImportLimits suit an import by somebody at the machine.
var ImportLimits = Limits{
	File: 1 << 30, Resource: 8 << 20, Depth: 64, Entries: 500_000,
	String: 64 << 10, Values: 20_000, Problems: 10_000,
}

// WebLimits suit a request from outside.
var WebLimits = Limits{
	File: 16 << 20, Resource: 1 << 20, Depth: 64, Entries: 5_000,
	String: 16 << 10, Values: 5_000, Problems: 1_000,
}

// most gzip may swell beyond gzipFree bytes: pretty-printed FHIR reaches about
// 40 : 1, a bomb about 1000 : 1.
const (
	gzipRatio = 200
	gzipFree  = 8 << 20
)

func (l Limits) orDefaults() Limits {
	d := ImportLimits
	if l.File <= 0 {
		l.File = d.File
	}
	if l.Resource <= 0 {
		l.Resource = d.Resource
	}
	if l.Depth <= 0 {
		l.Depth = d.Depth
	}
	if l.Entries <= 0 {
		l.Entries = d.Entries
	}
	if l.String <= 0 {
		l.String = d.String
	}
	if l.Values <= 0 {
		l.Values = d.Values
	}
	if l.Problems <= 0 {
		l.Problems = d.Problems
	}
	return l
}
