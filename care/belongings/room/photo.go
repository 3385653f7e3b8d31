package room

import (
	"fmt"
	"io"
	"net/http"
	"slices"

	"milieu/care/belongings"
	"milieu/kit/blob"
	"milieu/kit/fault"
	"milieu/kit/web"
)

// takePhoto keeps a photo of a thing: drawn anew, so that nothing but the picture is left of the file.
func takePhoto(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	wrong := func(field, text string) error {
		return &fault.Error{Kind: fault.Invalid, Text: "some answers need another look", Fields: []fault.Field{{Name: field, Text: text}}}
	}
	// More memory than the request may have: no part of a photo ever lies in a temporary file, where it would be readable.
	if err := c.R.ParseMultipartForm(blob.MaxPhoto + 1<<20); err != nil {
		return fault.Wrap(fault.Invalid, err, "the photo did not arrive whole: send it again")
	}
	defer c.R.MultipartForm.RemoveAll() //nolint:errcheck // what fits in memory leaves no file behind
	things, err := Things(c.Read(), chart)
	if err != nil {
		return err
	}
	item := c.R.FormValue("item")
	i := slices.IndexFunc(things, func(t belongings.Thing) bool { return t.Ref == item })
	if i < 0 {
		return wrong("item", "choose a thing of the list")
	}
	file, _, err := c.R.FormFile("photo")
	if err != nil {
		return wrong("photo", "choose a photo")
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
	if _, err := c.File(belongings.KindPhotographed, things[i].Taken.Chart, &belongings.Photographed{Item: item, Blob: address.String()}); err != nil {
		return err
	}
	return c.Go(path(chart, ""))
}

// showPhoto gives a photo of a thing to who may see the chart it stands in.
func showPhoto(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	things, err := Things(c.Read(), chart)
	if err != nil {
		return err
	}
	wanted := c.R.PathValue("blob")
	if !slices.ContainsFunc(things, func(t belongings.Thing) bool { return slices.Contains(t.Photos, wanted) }) {
		return notHere()
	}
	address, err := blob.Parse(wanted)
	if err != nil {
		return notHere()
	}
	b, err := blob.Get(c.Read(), address)
	if err != nil {
		return notHere() // an entry that names a photo which never arrived
	}
	h := c.W.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Length", fmt.Sprint(len(b.Data)))
	h.Set("Cache-Control", "private, no-store")
	c.W.WriteHeader(http.StatusOK)
	_, _ = c.W.Write(b.Data) // whoever asked has gone
	return nil
}
