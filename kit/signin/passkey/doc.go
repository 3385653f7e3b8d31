// Package passkey signs people in with passkeys (W3C Web Authentication): a key that a phone, a computer or a small device on a key ring keeps
// and never gives away, opened by its owner's finger, face or PIN. It proves who somebody is and that they are here, to this house's address
// alone, so that it cannot be asked for by a page that only looks like ours; it stands alone, without a name to type and without a password.
//
// A person may have several, each with a name of their own. The house keeps public keys only.
package passkey
