package app

import "milieu/kit/signin/oidc"

// organisationFlag says which organisation's accounts open the house.
type organisationFlag struct {
	Organisation string `type:"path" placeholder:"FILE" help:"Settings of the organisation whose accounts open this house (OpenID Connect), as JSON: docs/operating.md shows them. The secret is in a file that they name, or in MILIEU_ORGANISATION_SECRET."`
}

// settings reads them; nil when no organisation is named.
func (f *organisationFlag) settings() (*oidc.Settings, error) {
	if f.Organisation == "" {
		return nil, nil
	}
	return oidc.Load(f.Organisation)
}
