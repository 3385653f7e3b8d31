package room

import (
	"context"
	"testing"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/testkit"
)

// What the chart says is not asked as if nobody knew: it is offered, and where an answer differs the way leads to the chart.
func TestWhatTheChartSaysIsOffered(t *testing.T) {
	w := newWard(t)
	who, run := w.people[1], chartID("run", 1)
	for part, id := range map[string]clients.Identity{
		clients.PartSpeech: {Speech: clients.Speech{Language: "es", Interpreter: "always"}},
		clients.PartNeeds:  {Needs: clients.Needs{Food: "Halal, no fish", Faith: "Prays at noon"}},
	} {
		w.must(w.nurse, "clients.described", who, &clients.Described{Part: part, Identity: id})
	}
	f := forms.Current("intake")
	view := func(section string) map[string]chartSays {
		t.Helper()
		q := w.DB.Read(context.Background())
		all, err := Of(q, who)
		if err != nil {
			t.Fatal(err)
		}
		v := &runView{person: &person{}, Run: &forms.Run{ID: run, Form: f}}
		for _, r := range forms.Runs(all) {
			v.Run = r
		}
		if v.Charted, err = chartedOf(q, who, true); err != nil {
			t.Fatal(err)
		}
		out := map[string]chartSays{}
		for _, one := range v.fromChart(f.Section(section)) {
			out[one.Item.Code] = one
		}
		return out
	}
	got := view("who")
	for code, value := range map[string]string{"called": "Person 1", "speaks": "es", "interpreter": "yes"} {
		if one := got[code]; one.Offer == nil || one.Offer.Values[0] != value || one.ID.IsZero() || !one.Open {
			t.Errorf("%s: %+v", code, one)
		}
	}
	if one := got["speaks"]; one.Author != w.nurse || one.Path != "/clients/"+who.String()+"/about/speech" {
		t.Errorf("whence: %+v", one)
	}
	daily := view("daily")
	if one := daily["food"]; one.Words != "Halal, no fish" || one.Offer != nil {
		t.Errorf("words that are no answer of the form: %+v", one)
	}
	if one := daily["faith"]; one.Offer == nil {
		t.Errorf("faith: %+v", one)
	}
	w.must(w.worker, forms.KindAnswered, who, &forms.Said{Run: run, Form: "intake", Version: f.Version, Section: "who", Answers: map[string]string{"speaks": "en", "interpreter": "yes"}})
	got = view("who")
	if one, ok := got["speaks"]; !ok || one.Open || one.Offer != nil {
		t.Errorf("an answer that differs leads nowhere: %+v", one)
	}
	if _, ok := got["interpreter"]; ok {
		t.Error("an answer that says the same is doubted")
	}
	w.Must(testkit.Program(), "clients.described", who, &clients.Described{Part: clients.PartSpeech, Identity: clients.Identity{Speech: clients.Speech{Language: "en", Interpreter: "always"}}})
	if _, ok := view("who")["speaks"]; ok {
		t.Error("changed in the chart, it still differs")
	}
}
