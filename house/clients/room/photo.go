package room

import (
	"fmt"
	"io"
	"net/http"

	"milieu/house/clients"
	"milieu/kit/blob"
	"milieu/kit/fault"
	"milieu/kit/web"
)

// showPhoto gives the photo of a client to who may see the client.
func showPhoto(c *web.Ctx) error {
	id, err := c.Chart("chart")
	if err != nil {
		return err
	}
	card, err := clients.CardOf(c.Read(), id)
	if err != nil || card.PhotoBlob == "" {
		return notHere()
	}
	address, err := blob.Parse(card.PhotoBlob)
	if err != nil {
		return err
	}
	b, err := blob.Get(c.Read(), address)
	if err != nil {
		return err
	}
	h := c.W.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Length", fmt.Sprint(len(b.Data)))
	h.Set("Cache-Control", "private, no-store")
	c.W.WriteHeader(http.StatusOK)
	_, _ = c.W.Write(b.Data) // whoever asked has gone
	return nil
}

// takePhoto keeps a photo that was sent: drawn anew, so that nothing but the picture is left of the file.
func takePhoto(c *web.Ctx) error {
	id, err := c.Chart("chart")
	if err != nil {
		return err
	}
	// More memory than the request may have: no part of a photo ever lies in a temporary file, where it would be readable.
	if err := c.R.ParseMultipartForm(blob.MaxPhoto + 1<<20); err != nil {
		return fault.Wrap(fault.Invalid, err, "the photo did not arrive whole: send it again")
	}
	defer c.R.MultipartForm.RemoveAll() //nolint:errcheck // what fits in memory leaves no file behind
	consent := c.R.FormValue("consent")
	if consent == "" {
		return &fault.Error{Kind: fault.Invalid, Text: "some answers need another look", Fields: []fault.Field{{Name: "consent", Text: "say who agreed to the photo"}}}
	}
	file, _, err := c.R.FormFile("photo")
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Text: "some answers need another look", Fields: []fault.Field{{Name: "photo", Text: "choose a photo"}}}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, blob.MaxPhoto+1))
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the photo did not arrive whole: send it again")
	}
	picture, err := blob.Photo(data)
	if err != nil {
		return err
	}
	store := blob.Store{Write: c.Committer.Upkeep, Clock: c.Clock}
	address, err := store.Put(c.Context(), "image/jpeg", picture)
	if err != nil {
		return err
	}
	if _, err := c.File("clients.photo_set", id, &clients.PhotoSet{Blob: address.String(), Consent: consent}); err != nil {
		return err
	}
	return c.Go(path(id, "/about"))
}
