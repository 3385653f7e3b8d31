package device

// Schema is what lending to devices keeps outside the record.
const Schema = `
CREATE TABLE IF NOT EXISTS device_key (number INTEGER NOT NULL PRIMARY KEY, private BLOB NOT NULL, made INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS device_grant (
	id BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, device TEXT NOT NULL, unit BLOB, made INTEGER NOT NULL, until INTEGER NOT NULL,
	secret BLOB NOT NULL, skew INTEGER NOT NULL, pack INTEGER NOT NULL, ended INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS device_grant_device ON device_grant (device, person, until);
CREATE INDEX IF NOT EXISTS device_grant_unit ON device_grant (unit, until);
CREATE TABLE IF NOT EXISTS device_heard (device TEXT NOT NULL PRIMARY KEY, person BLOB NOT NULL, unit BLOB, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device_unread (
	id BLOB NOT NULL PRIMARY KEY, grant_id BLOB, carrier BLOB NOT NULL, device TEXT NOT NULL, received INTEGER NOT NULL, reason TEXT NOT NULL,
	sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device_unread_step (id BLOB NOT NULL PRIMARY KEY, at INTEGER NOT NULL, person BLOB NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device_form (entry BLOB NOT NULL PRIMARY KEY, page TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
`
