package room

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"milieu/care/teamwork"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

func taskPath(chart, task record.ID) string { return "/tasks/" + chart.String() + "/" + task.String() }

// doneForm files that a task is done, at one touch; what came of it can be said on the task's page.
func doneForm(chart, task record.ID) *ui.EntryForm {
	return &ui.EntryForm{Kind: teamwork.KindTaskDone, Chart: chart.String(), Hidden: []ui.Pair{{Name: "task", Value: task.String()}}}
}

// settledTask says to a device which entries take the task's row away.
func settledTask(chart, task record.ID) templ.Attributes {
	a := ui.Settles(chart.String(), []string{teamwork.KindTaskDone, teamwork.KindTaskDropped})
	a["data-settled-about"] = "task=" + task.String()
	return a
}

// tasksView is the tasks of a unit, or one's own.
type tasksView struct {
	Unit            web.Unit
	Mine            bool
	Late, Now, Next []ui.DueRow
	Done            []doneLine
	MayAdd          bool
	Counts          [2]int // of the unit, of mine
}

type doneLine struct {
	Who, What, Line, Href string
	PII                   bool // Who is a client
}

// showTasks is what colleagues have asked of each other: GET /tasks.
func showTasks(c *web.Ctx) error {
	ctx := c.Context()
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := tasksView{Unit: unit, Mine: c.R.URL.Query().Get("whose") == "mine", MayAdd: c.Scope.May(teamwork.ActionTask)}
	page := ui.Page{Title: ui.T(ctx, "teamwork.page.tasks")}
	charts := []record.ID{c.Scope.Person}
	called := map[record.ID]string{c.Scope.Person: ui.T(ctx, "teamwork.page.you")}
	if !unit.ID.IsZero() {
		c.SawUnit(unit.ID)
		page.Live = []string{"tasks/" + unit.ID.String()}
		cards, err := clients.Cards(c.Read(), unit.ID)
		if err != nil {
			return err
		}
		for _, card := range cards {
			charts, called[card.ID] = append(charts, card.ID), card.Name
		}
		charts, called[unit.ID] = append(charts, unit.ID), unit.Name
	}
	if err := v.fill(c, charts, called); err != nil {
		return err
	}
	return c.Show(page, tasksPage(v))
}

func (v *tasksView) fill(c *web.Ctx, charts []record.ID, called map[record.ID]string) error {
	q := c.Read()
	merged, err := clients.Families(q, charts...)
	if err != nil {
		return err
	}
	all := slices.Clone(charts)
	for chart := range merged {
		all = append(all, chart)
	}
	tasks, err := tasksOf(q, all...)
	if err != nil {
		return err
	}
	sights, err := c.Directory.Sights(q, c.Scope, all...)
	if err != nil {
		return err
	}
	since := v.Unit.From
	if since.IsZero() {
		since = c.Now.Add(-8 * time.Hour)
	}
	slices.SortStableFunc(tasks, func(a, b teamwork.Task) int { return a.Until.Compare(b.Until) })
	for i := range tasks {
		t := &tasks[i]
		if !sights.Sees(t.Chart, t.ID) {
			continue
		}
		root := t.Chart
		if to, ok := merged[root]; ok {
			root = to
		}
		mine := t.Now.Person() == c.Scope.Person || root == c.Scope.Person
		if t.Closed != nil {
			if t.Closed.Happened.After(since) && (!v.Mine || t.Closed.Author == c.Scope.Person) {
				v.Done = append(v.Done, doneLine{called[root], t.What, closedWords(c, t), taskPath(root, t.ID), c.Directory.KindOf(root) == "client"})
			}
			continue
		}
		v.Counts[0]++
		if mine {
			v.Counts[1]++
		} else if v.Mine {
			continue
		}
		v.add(c, root, called[root], t)
	}
	return sights.Err()
}

func (v *tasksView) add(c *web.Ctx, root record.ID, who string, t *teamwork.Task) {
	ctx := c.Context()
	w := due.Window{Due: t.Until, Late: t.Until}
	row := ui.DueRow{ID: "task-" + t.ID.String(), List: "tasks", State: ui.State(w.At(c.Now)), At: t.Until, NowAt: t.Until.Add(-due.Soon), LateAt: t.Until, Who: who, WhoHref: taskPath(root, t.ID),
		NotPII: c.Directory.KindOf(root) != "client", What: t.What, Icon: "work", Last: ui.T(ctx, "teamwork.page.whose", ownerWords(c, t.Now), nameOf(c, t.Author)), Attrs: settledTask(root, t.ID)}
	if c.Directory.May(c.Scope, teamwork.ActionTask, root) {
		act := ui.Files(ui.T(ctx, "teamwork.page.done"), *doneForm(root, t.ID))
		row.Action = &act
	}
	switch row.State {
	case ui.Late:
		v.Late = append(v.Late, row)
	case ui.Now:
		v.Now = append(v.Now, row)
	default:
		v.Next = append(v.Next, row)
	}
}

func closedWords(c *web.Ctx, t *teamwork.Task) string {
	ctx := c.Context()
	key := "teamwork.page.done_by"
	if t.Closed.Kind == teamwork.KindTaskDropped {
		key = "teamwork.page.dropped_by"
	}
	line := ui.T(ctx, key, nameOf(c, t.Closed.Author), ui.WhenText(ctx, t.Closed.Happened))
	if t.Closed.Words != "" {
		line += ": " + t.Closed.Words
	}
	return line
}

func (v *tasksView) whose(ctx context.Context) []ui.Segment {
	return []ui.Segment{
		{Label: ui.T(ctx, "teamwork.page.of_unit"), Count: v.Counts[0], Href: "/tasks", Current: !v.Mine},
		{Label: ui.T(ctx, "teamwork.page.of_me"), Count: v.Counts[1], Href: "/tasks?whose=mine", Current: v.Mine},
	}
}

func group(ctx context.Context, state ui.State, rows []ui.DueRow) ui.DueList {
	return ui.DueList{List: "tasks", State: state, Title: ui.T(ctx, "teamwork.page.group_"+string(state)), Rows: rows}
}

// newTask is the form for a task.
type newTask struct {
	For    record.ID // fixed; zero: to be chosen
	Name   string
	Whom   []ui.Choice
	Owners []ui.Choice
	Times  []ui.Choice
	Then   string
}

// showNewTask asks for a task: GET /tasks/new.
func showNewTask(c *web.Ctx) error {
	ctx := c.Context()
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := newTask{Then: "/tasks"}
	if v.For, err = about(c); err != nil {
		return err
	}
	if v.For.IsZero() && unit.ID.IsZero() {
		v.For = c.Scope.Person
	}
	if v.For.IsZero() {
		if v.Whom, err = whom(c, unit, record.Zero); err != nil {
			return err
		}
		c.SawUnit(unit.ID)
	} else {
		v.Name = c.NameOf(c.Read(), v.For)
		if c.Directory.KindOf(v.For) == "client" {
			v.Then = "/clients/" + v.For.String()
		}
	}
	if v.Owners, err = owners(c, unit.ID, "", true); err != nil {
		return err
	}
	house, err := places.HouseOf(c.Read())
	if err != nil {
		return err
	}
	v.Times = times(ctx, house, c.Now)
	return c.Show(ui.Page{Title: ui.T(ctx, "teamwork.page.new_task")}, newTaskPage(v))
}

func (v *newTask) form() ui.EntryForm {
	f := ui.EntryForm{ID: "task", Kind: teamwork.KindTaskSet, Class: "stack measure", Needs: "what,until", Hidden: []ui.Pair{{Name: "then", Value: v.Then}}}
	if !v.For.IsZero() {
		f.Chart = v.For.String()
	}
	return f
}

// taskView is one task with all that was said of it.
type taskView struct {
	teamwork.Task
	Root    record.ID
	Who     string
	PII     bool
	Whose   string
	By      string
	Steps   []stepLine
	Owners  []ui.Choice
	May     bool
	Mine    bool
	Closing string
}

type stepLine struct{ When, Text string }

// showTask is one task: GET /tasks/{chart}/{task}.
func showTask(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	id, err := c.ID("task")
	if err != nil {
		return err
	}
	family, err := clients.Family(c.Read(), chart)
	if err != nil {
		return err
	}
	tasks, err := tasksOf(c.Read(), family...)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(tasks, func(t teamwork.Task) bool { return t.ID == id })
	sights, err := c.Directory.Sights(c.Read(), c.Scope, family...)
	if err != nil {
		return err
	}
	if i < 0 || !sights.Sees(tasks[i].Chart, id) || sights.Err() != nil {
		return fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	v, err := viewTask(c, family[0], tasks[i])
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "teamwork.page.task")}, taskPage(v))
}

func viewTask(c *web.Ctx, root record.ID, t teamwork.Task) (taskView, error) {
	ctx := c.Context()
	v := taskView{Task: t, Root: root, Who: c.NameOf(c.Read(), root), PII: c.Directory.KindOf(root) == "client", Whose: ownerWords(c, t.Now), By: nameOf(c, t.Author),
		May: t.Closed == nil && c.Directory.May(c.Scope, teamwork.ActionTask, root), Mine: t.Now.Person() == c.Scope.Person}
	if t.Closed != nil {
		v.Closing = closedWords(c, &t)
	}
	for _, s := range t.Steps {
		line := stepLine{When: ui.WhenText(ctx, s.Happened)}
		who := nameOf(c, s.Author)
		switch s.Kind {
		case teamwork.KindTaskTaken:
			line.Text = ui.T(ctx, "teamwork.page.step_taken", who)
		case teamwork.KindTaskPassed:
			line.Text = ui.T(ctx, "teamwork.page.step_passed", who, ownerWords(c, s.Owner), s.Words)
		case teamwork.KindTaskDone:
			line.Text = ui.T(ctx, "teamwork.page.step_done", who, s.Words)
		default:
			line.Text = ui.T(ctx, "teamwork.page.step_dropped", who, s.Words)
		}
		v.Steps = append(v.Steps, line)
	}
	if !v.May {
		return v, nil
	}
	unit, err := c.Unit()
	if err != nil {
		return v, err
	}
	v.Owners, err = owners(c, unit.ID, t.Now, true)
	return v, err
}

func (v *taskView) form(kind string, more ...ui.Pair) ui.EntryForm {
	return ui.EntryForm{Kind: kind, Chart: v.Root.String(), Class: "stack-s", Draft: kind + " " + v.ID.String(), Hidden: append([]ui.Pair{{Name: "task", Value: v.ID.String()}, {Name: "then", Value: "/tasks"}}, more...)}
}
