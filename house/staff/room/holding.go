package room

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/blob"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// holding is one person's certificates, as they themselves and those who answer for them see them.
type holding struct {
	Person    staff.Person
	Self      bool
	Standing  []credentials.Standing
	Names     map[record.ID]string // of those who vouched
	MayRecord bool
	MayVouch  bool
}

// mayHold says whether people of a role have certificates: whoever works here, and no machine.
func mayHold(r access.Role) bool { return !r.Guest() && !r.Machine() }

// mayRead says whether somebody's certificates are shown: one's own, and those of the people one answers for.
func mayRead(c *web.Ctx, person record.ID) bool {
	return person == c.Scope.Person || c.Scope.May("staff.credential.read")
}

// mayRecord says whether a certificate may be handed in for somebody: one's own, and by those who vouch for others'.
func mayRecord(c *web.Ctx, person record.ID) bool {
	return c.Scope.May("staff.credential.record") && (person == c.Scope.Person || c.Scope.May("staff.credential.verify"))
}

func holdingFor(c *web.Ctx, p staff.Person) (*holding, error) {
	if !mayHold(p.Role) || !mayRead(c, p.ID) {
		return nil, nil
	}
	q := c.Read()
	h := &holding{Person: p, Self: p.ID == c.Scope.Person, MayRecord: p.Active() && mayRecord(c, p.ID), MayVouch: c.Scope.May("staff.credential.verify") && p.ID != c.Scope.Person}
	var err error
	if h.Standing, err = credentials.StandingOf(q, &p, c.Now); err != nil {
		return nil, err
	}
	slices.SortStableFunc(h.Standing, func(a, b credentials.Standing) int { return a.Rank() - b.Rank() })
	var ids []record.ID
	for i := range h.Standing {
		if s := &h.Standing[i]; s.Held != nil {
			ids = append(ids, s.Held.Voucher)
		}
		if r := h.Standing[i].Requirement; r != nil {
			ids = append(ids, r.Accepted)
		}
	}
	h.Names, err = staff.Names(q, ids...)
	return h, err
}

// handInView is the page on which a certificate is recorded.
type handInView struct {
	Person   staff.Person
	Self     bool
	MayVouch bool
	What     string // chosen beforehand
}

func showHandIn(c *web.Ctx) error {
	v, err := personFor(c)
	if err != nil {
		return err
	}
	if !v.Active() || !mayHold(v.Role) || !mayRecord(c, v.ID) {
		return fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	view := handInView{Person: v.Person, Self: v.Self, MayVouch: c.Scope.May("staff.credential.verify") && !v.Self, What: c.R.URL.Query().Get("what")}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.hand_in")}, handInPage(view))
}

// heldOf finds the certificate that a path names, for those who may see it.
func heldOf(c *web.Ctx) (credentials.Held, error) {
	none := fault.New(fault.NotFound, "there is nothing here that you may see")
	person, err := c.Chart("chart")
	if err != nil {
		return credentials.Held{}, err
	}
	root, err := c.ID("credential")
	if err != nil {
		return credentials.Held{}, err
	}
	if !mayRead(c, person) {
		return credentials.Held{}, none
	}
	all, err := credentials.Of(c.Read(), person)
	if err != nil {
		return credentials.Held{}, err
	}
	for _, h := range all {
		if h.Root == root {
			return h, nil
		}
	}
	return credentials.Held{}, none
}

// maxEvidence is the largest file taken in, in bytes.
const maxEvidence = blob.MaxPhoto

// takeEvidence keeps a picture of a certificate, drawn anew so that nothing but the picture is left of the file, or a PDF as it is.
func takeEvidence(c *web.Ctx) error {
	h, err := heldOf(c)
	if err != nil {
		return err
	}
	if !mayRecord(c, h.Person) {
		return fault.New(fault.Denied, "your role may not do this here")
	}
	// More memory than the request may have: no part of the file ever lies in a temporary file, where it would be readable.
	if err := c.R.ParseMultipartForm(maxEvidence + 1<<20); err != nil {
		return fault.Wrap(fault.Invalid, err, "the file did not arrive whole: send it again")
	}
	defer c.R.MultipartForm.RemoveAll() //nolint:errcheck // what fits in memory leaves no file behind
	file, _, err := c.R.FormFile("file")
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "choose a picture or a PDF first")
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxEvidence+1))
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the file did not arrive whole: send it again")
	}
	form, data, err := evidence(data)
	if err != nil {
		return err
	}
	store := blob.Store{Write: c.Committer.Upkeep, Clock: c.Clock}
	address, err := store.Put(c.Context(), form, data)
	if err != nil {
		return err
	}
	e, err := c.File(credentials.KindEvidenced, h.Person, &credentials.Evidenced{Credential: h.Root, Blob: address.String(), Form: form})
	if err != nil {
		return err
	}
	c.Say(c.Toast(e, &credentials.Evidenced{}))
	return c.Go(personPath(h.Person) + "#certificates")
}

// evidence says what a file is by what is in it, whatever it is called.
func evidence(data []byte) (form string, kept []byte, err error) {
	if len(data) > maxEvidence {
		return "", nil, fault.New(fault.TooLarge, "the file is larger than %d MB", maxEvidence>>20)
	}
	if http.DetectContentType(data) == credentials.FormPDF {
		return credentials.FormPDF, data, nil
	}
	kept, err = blob.Photo(data)
	return credentials.FormPicture, kept, err
}

// showEvidence gives a kept picture or file back, as what it is and never as a page.
func showEvidence(c *web.Ctx) error {
	h, err := heldOf(c)
	if err != nil {
		return err
	}
	id, err := c.ID("file")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(h.Evidence, func(e credentials.Evidence) bool { return e.ID == id })
	if i < 0 {
		return fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	address, err := blob.Parse(h.Evidence[i].Blob)
	if err != nil {
		return err
	}
	b, err := blob.Get(c.Read(), address)
	if err != nil {
		return err
	}
	header := c.W.Header()
	header.Set("Content-Type", h.Evidence[i].Form)
	header.Set("Content-Length", fmt.Sprint(len(b.Data)))
	header.Set("Cache-Control", "private, no-store")
	if h.Evidence[i].Form == credentials.FormPDF {
		header.Set("Content-Disposition", `attachment; filename="certificate.pdf"`)
	}
	c.W.WriteHeader(http.StatusOK)
	_, _ = c.W.Write(b.Data) // whoever asked has gone
	return nil
}

func certificatePath(h *credentials.Held, more string) string {
	return personPath(h.Person) + "/certificates/" + h.Root.String() + more
}

func (v *holding) then() string { return personPath(v.Person.ID) + "#certificates" }

// vouch is the form by which somebody vouches for a certificate; its buttons say how it was checked.
func (v *holding) vouch(h *credentials.Held) ui.EntryForm {
	return ui.EntryForm{Kind: credentials.KindVerified, Chart: v.Person.ID.String(), Keep: ui.Nothing, Class: "row", Hidden: then(v.then(), ui.Pair{Name: "credential", Value: h.Root.String()})}
}

func (v *holding) end(h *credentials.Held) ui.EntryForm {
	return ui.EntryForm{Kind: credentials.KindEnded, Chart: v.Person.ID.String(), Keep: ui.Nothing, Class: "stack-s", Hidden: then(v.then(), ui.Pair{Name: "credential", Value: h.Root.String()})}
}

// back takes a certificate that was recorded by mistake back.
func (v *holding) back(ctx context.Context, h *credentials.Held) ui.EntryForm {
	return ui.EntryForm{Kind: "record.withdrawn", Chart: v.Person.ID.String(), Keep: ui.Nothing, Hidden: then(v.then(),
		ui.Pair{Name: "amends", Value: h.Root.String()}, ui.Pair{Name: "amendment", Value: string(record.InError)}, ui.Pair{Name: "reason", Value: ui.T(ctx, "staff.recorded_by_mistake")})}
}

// again takes the end of a certificate back.
func (v *holding) again(ctx context.Context, h *credentials.Held) ui.EntryForm {
	return ui.EntryForm{Kind: "record.withdrawn", Chart: v.Person.ID.String(), Keep: ui.Nothing, Hidden: then(v.then(),
		ui.Pair{Name: "amends", Value: h.EndedBy.String()}, ui.Pair{Name: "amendment", Value: string(record.InError)}, ui.Pair{Name: "reason", Value: ui.T(ctx, "staff.ended_by_mistake")})}
}

// mayTakeBack says whether this reader may take a certificate back: one's own, while nobody has vouched for it, and others'.
func (v *holding) mayTakeBack(h *credentials.Held) bool {
	return v.MayVouch || v.Self && v.MayRecord && !h.Counts()
}

func sortWords(ctx context.Context, what, name string) string {
	return credentials.SortWords(ctx, what, name)
}

// stateWords say how somebody stands to one sort of certificate.
func stateWords(ctx context.Context, s *credentials.Standing) (tone ui.Tone, icon, words string) {
	switch s.State {
	case credentials.Lapsed:
		if !s.Held.Ended.IsZero() {
			return ui.Bad, "warn", ui.T(ctx, "staff.state_ended", ui.T(ctx, "staff.credential_end."+s.Held.Why), ui.DateText(ctx, s.Held.Ended))
		}
		return ui.Bad, "warn", ui.T(ctx, "staff.state_lapsed", ui.DateText(ctx, s.Lapse))
	case credentials.Missing:
		return ui.Bad, "warn", ui.T(ctx, "staff.state_missing")
	case credentials.Waiting:
		return ui.Soon, "eye", ui.T(ctx, "staff.state_waiting")
	case credentials.Lapsing:
		return ui.Soon, "clock", ui.T(ctx, "staff.state_lapsing", ui.DateText(ctx, s.Lapse))
	case credentials.Released:
		return ui.Quiet, "", ui.T(ctx, "staff.credential_end."+s.Held.Why)
	}
	if s.Lapse.IsZero() {
		return ui.Good, "check", ui.T(ctx, "staff.state_open")
	}
	return ui.Good, "check", ui.T(ctx, "staff.state_valid", ui.DateText(ctx, s.Lapse.Add(-time.Second))) // its last day
}

// aboutHeld says what a certificate is: who gave it, its number, who vouched for it and how.
func (v *holding) about(ctx context.Context, h *credentials.Held) string {
	var parts []string
	for _, p := range []string{h.IssuedBy, h.Number} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if h.Counts() {
		how := ui.T(ctx, "staff.vouched."+h.How)
		if name := v.Names[h.Voucher]; name != "" {
			how = ui.T(ctx, "staff.vouched_by", how, name, ui.DateText(ctx, h.Checked))
		}
		parts = append(parts, how)
	}
	return strings.Join(parts, " · ")
}

// taken says what may not be done for want of a certificate, and whom to ask.
func (v *holding) taken(ctx context.Context, s *credentials.Standing) string {
	var acts []string
	for _, a := range s.Requirement.Actions {
		acts = append(acts, actionWords(ctx, a))
	}
	return ui.T(ctx, "staff.bars", strings.Join(acts, ", "), v.Names[s.Requirement.Accepted])
}

func (v handInView) form() ui.EntryForm {
	return ui.EntryForm{Kind: credentials.KindRecorded, Chart: v.Person.ID.String(), Class: "stack", Needs: "what", Hidden: then(personPath(v.Person.ID) + "#certificates")}
}

func (v handInView) sorts(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, s := range credentials.Sorts() {
		out = append(out, ui.Choice{Value: s.Code, Label: ui.T(ctx, "staff.credential."+s.Code), Checked: s.Code == v.What})
	}
	return out
}

func vouchChoices(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Label: ui.T(ctx, "staff.not_vouched"), Checked: true}}
	for _, how := range credentials.Vouchings() {
		out = append(out, ui.Choice{Value: how, Label: ui.T(ctx, "staff.vouched."+how)})
	}
	return out
}

// actionWords says what an action is, as those who may do it would.
func actionWords(ctx context.Context, action string) string {
	if ui.Has(ctx, "staff.may."+action) {
		return ui.T(ctx, "staff.may."+action)
	}
	return action
}
