package shim

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// makeMethods builds the one table of file methods all VFSs made here share.
// Version 2 has no xFetch: memory-mapped pages would bypass Read.
func makeMethods() {
	t := libc.NewTLS()
	defer t.Close()
	methodsMem = Alloc(t, methodsSize)
	m := at[sqlite3.Tsqlite3_io_methods](methodsMem)
	m.FiVersion = 2
	m.FxClose = fn(xClose)
	m.FxRead = fn(xRead)
	m.FxWrite = fn(xWrite)
	m.FxTruncate = fn(xTruncate)
	m.FxSync = fn(xSync)
	m.FxFileSize = fn(xFileSize)
	m.FxLock = fn(xLock)
	m.FxUnlock = fn(xUnlock)
	m.FxCheckReservedLock = fn(xCheckReservedLock)
	m.FxFileControl = fn(xFileControl)
	m.FxSectorSize = fn(xSectorSize)
	m.FxDeviceCharacteristics = fn(xDeviceCharacteristics)
	m.FxShmMap = fn(xShmMap)
	m.FxShmLock = fn(xShmLock)
	m.FxShmBarrier = fn(xShmBarrier)
	m.FxShmUnmap = fn(xShmUnmap)
}

func xOpen(t *libc.TLS, pVfs, zName, pFile uintptr, flags int32, out uintptr) int32 {
	h := at[head](pFile)
	h.methods = 0
	v := vfsOf(pVfs)
	if v == nil {
		return sqlite3.SQLITE_CANTOPEN
	}
	name := ""
	if zName != 0 {
		name = libc.GoString(zName)
	}
	b := &Base{vfs: v, file: pFile + headSize, zName: zName}
	at[sqlite3.Tsqlite3_file](b.file).FpMethods = 0
	f, held, rc := v.sys.Open(t, name, b, flags)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	slot, ok := takeSlot(&openFile{file: f, base: b, vfs: v})
	if !ok {
		f.Close(t)
		return sqlite3.SQLITE_CANTOPEN
	}
	v.open.Add(1)
	h.slot = slot
	h.methods = methodsMem
	SetInt32(out, held)
	return sqlite3.SQLITE_OK
}

func xClose(t *libc.TLS, p uintptr) int32 {
	o := opened(p)
	rc := o.file.Close(t)
	giveSlot(at[head](p).slot)
	at[head](p).methods = 0
	o.vfs.open.Add(-1)
	return rc
}

func xRead(t *libc.TLS, p, to uintptr, n int32, off int64) int32 {
	return opened(p).file.Read(t, to, n, off)
}

func xWrite(t *libc.TLS, p, from uintptr, n int32, off int64) int32 {
	return opened(p).file.Write(t, from, n, off)
}

func xTruncate(t *libc.TLS, p uintptr, size int64) int32 { return opened(p).file.Truncate(t, size) }

func xSync(t *libc.TLS, p uintptr, flags int32) int32 { return opened(p).file.Sync(t, flags) }

func xFileSize(t *libc.TLS, p, out uintptr) int32 {
	n, rc := opened(p).file.Size(t)
	*at[int64](out) = n
	return rc
}

func xFileControl(t *libc.TLS, p uintptr, op int32, arg uintptr) int32 {
	return opened(p).file.Control(t, op, arg)
}

func xDeviceCharacteristics(t *libc.TLS, p uintptr) int32 {
	return opened(p).file.Characteristics(t)
}

func xLock(t *libc.TLS, p uintptr, level int32) int32   { return opened(p).base.Lock(t, level) }
func xUnlock(t *libc.TLS, p uintptr, level int32) int32 { return opened(p).base.Unlock(t, level) }

func xCheckReservedLock(t *libc.TLS, p, out uintptr) int32 {
	b := opened(p).base
	return as[fnFilePtr](b.m().FxCheckReservedLock)(t, b.file, out)
}

func xSectorSize(t *libc.TLS, p uintptr) int32 {
	b := opened(p).base
	if b.m().FxSectorSize == 0 {
		return 4096
	}
	return as[fnFile](b.m().FxSectorSize)(t, b.file)
}

func xShmMap(t *libc.TLS, p uintptr, page, size, extend int32, out uintptr) int32 {
	b := opened(p).base
	if b.m().FiVersion < 2 || b.m().FxShmMap == 0 {
		return sqlite3.SQLITE_IOERR_SHMMAP
	}
	return as[fnShmMap](b.m().FxShmMap)(t, b.file, page, size, extend, out)
}

func xShmLock(t *libc.TLS, p uintptr, off, n, flags int32) int32 {
	b := opened(p).base
	return as[fnShmLock](b.m().FxShmLock)(t, b.file, off, n, flags)
}

func xShmBarrier(t *libc.TLS, p uintptr) {
	b := opened(p).base
	as[fnVoid](b.m().FxShmBarrier)(t, b.file)
}

func xShmUnmap(t *libc.TLS, p uintptr, del int32) int32 {
	b := opened(p).base
	return as[fnFileInt](b.m().FxShmUnmap)(t, b.file, del)
}

func xDelete(t *libc.TLS, pVfs, zName uintptr, syncDir int32) int32 {
	v := vfsOf(pVfs)
	if v == nil {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	return v.sys.Delete(t, libc.GoString(zName), syncDir != 0)
}

func lowerOf(t *libc.TLS, pVfs uintptr) (uintptr, *sqlite3.Tsqlite3_vfs) {
	v := vfsOf(pVfs)
	if v == nil {
		p := sqlite3.Xsqlite3_vfs_find(t, 0)
		return p, at[sqlite3.Tsqlite3_vfs](p)
	}
	return v.lower, at[sqlite3.Tsqlite3_vfs](v.lower)
}

func xAccess(t *libc.TLS, pVfs, zName uintptr, flags int32, out uintptr) int32 {
	p, b := lowerOf(t, pVfs)
	return as[fnAccess](b.FxAccess)(t, p, zName, flags, out)
}

func xFullPathname(t *libc.TLS, pVfs, zName uintptr, n int32, out uintptr) int32 {
	p, b := lowerOf(t, pVfs)
	return as[fnFullPath](b.FxFullPathname)(t, p, zName, n, out)
}

func xRandomness(t *libc.TLS, pVfs uintptr, n int32, out uintptr) int32 {
	p, b := lowerOf(t, pVfs)
	return as[fnIntPtr](b.FxRandomness)(t, p, n, out)
}

func xSleep(t *libc.TLS, pVfs uintptr, micros int32) int32 {
	p, b := lowerOf(t, pVfs)
	return as[fnIntInt](b.FxSleep)(t, p, micros)
}

func xCurrentTime(t *libc.TLS, pVfs, out uintptr) int32 {
	p, b := lowerOf(t, pVfs)
	return as[fnPtr](b.FxCurrentTime)(t, p, out)
}

func xCurrentTimeInt64(t *libc.TLS, pVfs, out uintptr) int32 {
	p, b := lowerOf(t, pVfs)
	return as[fnPtr](b.FxCurrentTimeInt64)(t, p, out)
}

func xGetLastError(t *libc.TLS, pVfs uintptr, n int32, out uintptr) int32 {
	p, b := lowerOf(t, pVfs)
	if b.FxGetLastError == 0 {
		return 0
	}
	return as[fnIntPtr](b.FxGetLastError)(t, p, n, out)
}
