// Package names finds people by what they are called, however it is spelled: names folded to plain letters, compared by how they sound and by
// how near they are, and the index of the words and numbers that each chart can be found by.
//
// The index is part of the clients' projection, which writes it by Know. It knows no client: it leads from a written word to charts.
package names
