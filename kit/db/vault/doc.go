// Package vault keeps a SQLite database sealed on disk: every page is encrypted and
// authenticated, tied to its place, its database and its latest version. A page that
// was altered, zeroed, moved, cut off or replaced by an older one is refused by name;
// it never becomes data.
//
// It is a VFS layered over modernc.org/sqlite's own (package shim is its C side).
// Register gives a VFS name for some Keys, DSN a connection string, Explain the reason
// behind SQLite's "disk I/O error", Verify and Decrypt read a database without SQLite,
// Rotate moves it to a new key. Package faultvfs is the broken disk it is tested on.
//
// # Rules of use
//
// WAL mode with synchronous FULL (or NORMAL, which may lose the last commits in a power
// cut); a rollback journal only to create the database. temp_store is memory: temporary
// files are refused, as they would be written in clear (a VACUUM therefore needs memory
// for the whole database; VACUUM INTO does not). PRAGMAs that would break these rules
// are refused with a reason. Never open a database's file by package os in a process
// that has it open: closing it again drops SQLite's locks.
//
// # Format, version 1 (frozen)
//
// Integers are little-endian unless SQLite's own. A sealed unit is a body and 48 bytes:
//
//	body      ciphertext, as long as the plain text
//	16 bytes  tag
//	24 bytes  nonce
//	 1 byte   format version, 1
//	 1 byte   kind: 1 page, 2 log frame, 3 journal page, 4 tokens, 5 identity, 6 mark
//	 2 bytes  key epoch
//	 4 bytes  note: in a log frame, how many frames of its generation were known to be
//	          durable when it was sealed; otherwise 0
//
// The cipher is XAES-256-GCM (C2SP): 256-bit key, 192-bit nonce. Associated data are
// the last 8 bytes of the unit (version to note), the unit's place (8 bytes) and the
// database's identity (16 random bytes). A nonce's first 12 bytes are random and drawn
// once per process and 2^26 units; XAES derives a key from them, which is therefore
// derived once and not for every page (that would double the cost). The other 12 are 8
// random bytes and a count: the count keeps nonces apart whatever the generator does,
// the random bytes keep a cloned machine apart from its twin. No limit on the pages
// written under one key is ever reached: 2^26 units under a derived key leave GCM's
// bound near 2^-61, and 2^32 derived keys collide with probability 2^-33. Rotate keys
// because people leave, not because pages were written.
//
// The database file has SQLite's pages of 4096 bytes, the last 48 reserved. A page is a
// unit of kind 1 whose place is its number. Page 1 has the identity in clear in its
// first 16 bytes, where SQLite's constant magic would be; its unit begins after it.
//
// The write-ahead log has SQLite's layout. Its 32-byte header is in clear (it holds only
// random salts). A frame of 4120 bytes, SQLite's 24-byte header and the page together,
// is one unit of kind 2 whose place is its number from 1, so page numbers and SQLite's
// checksums over plain text are sealed too.
//
// A rollback journal has SQLite's layout; each page image is a unit of kind 3 whose
// place is its byte offset. Its headers, page numbers and 32-bit sums are in clear.
//
// The file DATABASE-pages belongs to the database as much as the -wal does:
//
//	offset 0, 4096      two slots for the identity: 16 bytes magic "milieu vault 1\0\0",
//	                    16 bytes identity, unit of kind 5 (place: slot) whose first byte
//	                    has bit 0 set once the database has been synced
//	offset 8192, 8704   two slots for the log's mark: unit of kind 6 (place: slot) of
//	                    24 bytes: sequence number (8), salts (8), durable frames (4), 0 (4)
//	offset 12288+8192b  two slots for the tokens of pages 505b+1 … 505b+505: unit of kind
//	                    4 (place: 2b+slot): sequence number (8), 505 tokens of 8 bytes
//
// A page's token is the first 8 bytes of its tag (1 if that is 0), or 0 for a page that
// was never written; only that one may read as zeros. Of two slots the sound one with
// the higher sequence number counts.
//
// # Why it survives a power cut
//
// Tokens change in memory as a checkpoint writes pages, and are synced before the
// database file is. A crash in between leaves pages that do not match their tokens, but
// exactly those pages are still in the log, which SQLite synced before the checkpoint,
// resets only after it and reads them from until then; the next checkpoint writes them
// again. In rollback-journal mode the journal writes them again. A slot is overwritten
// only while its twin is known to be durable, so a torn slot has a sound twin. Another
// process may checkpoint: whoever finds a token not matching reads the slots again, and
// tokens are written out before SQLite publishes the checkpoint.
//
// In the log, a torn end is no damage, and one flipped byte must not look like one.
// After each sync of the log the mark says how many frames, up to the last commit, are
// durable, and later frames repeat it in their notes. At recovery the vault walks the
// log as SQLite will: if the chain breaks before a frame that was durable, it refuses
// the database instead of letting SQLite drop the rest. The mark is taken back durably
// before a log is restarted, emptied or deleted.
//
// # What it cannot see
//
// All files rolled back together to an earlier moment are sound and consistent: the
// caller's head file (the log's sequence and root) must catch that. The mark is not
// synced itself: after a power cut that lost it, damage to the very last commit looks
// like a torn end; the head file catches this as well. With synchronous NORMAL commits
// since the last checkpoint have no mark. -shm holds page numbers and one running
// 64-bit checksum of the log in clear while the database is open, no content. File
// sizes and times, and which pages change, are visible. Keys and pages in memory are
// not protected.
package vault
