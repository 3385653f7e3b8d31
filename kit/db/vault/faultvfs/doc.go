// Package faultvfs is a disk that breaks when told to, for tests: a SQLite VFS that
// keeps, beside the real files, what a disk would hold if the power went now.
//
// A Disk works like SQLite's own VFS until Fail makes an operation fail or the power is
// cut (Cut, CutAfter). After the cut every operation fails, as if the machine were off.
// PowerCut then writes into another folder what the disk would hold:
//
//   - what was synced is there;
//   - of what was written and not synced, each write is there, missing or torn (some of
//     its sectors of 512 bytes), independently of the others, so later writes may be
//     there and earlier ones not;
//   - a file created and never synced may be missing, and one deleted without a sync of
//     the folder may be back.
//
// Everything random comes from the seed. The Flip, Zero, Cut and Stale functions damage
// files that are closed, as disks do over time.
package faultvfs
