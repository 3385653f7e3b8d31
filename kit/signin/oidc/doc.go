// Package oidc signs people in with the account that an organisation around the house has given them (OpenID Connect, authorization code flow
// with PKCE). The organisation says who somebody is; what they may do here the house alone says.
//
// An account is tied to a person by issuer and subject, once, and never by what it is called: either by the person, signed in by a way of
// their own, or by an invitation. Tokens are read and forgotten. When the organisation cannot be reached everybody's own ways stay open.
package oidc
