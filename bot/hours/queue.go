package hours

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
)

const (
	mostQuestions  = 60 // in one hour, asked and waiting
	mostPutForward = 5  // by one person, waiting
)

// Queue are the questions that wait, in their order: first those that will be
// asked, then those that somebody put forward and no host has taken yet.
func (h *Hour) Queue() []Question { return slices.Concat(h.Planned(), h.PutForward()) }

// Planned are the waiting questions that will be asked: the organiser's own and
// those that a host took. Only these come by themselves.
func (h *Hour) Planned() []Question {
	return h.waiting(func(q Question) bool { return q.By == "" || q.Taken })
}

// PutForward are the waiting questions that no host has taken.
func (h *Hour) PutForward() []Question {
	return h.waiting(func(q Question) bool { return q.By != "" && !q.Taken })
}

func (h *Hour) waiting(which func(Question) bool) []Question {
	var out []Question
	for _, q := range h.Questions {
		if q.Number == 0 && !q.Skipped && which(q) {
			out = append(out, q)
		}
	}
	return out
}

// putForward adds a question to the queue. By "" is the organiser.
func (h *Hour) putForward(text string, by bot.UserID) error {
	if h.State == Closed || h.State == Cancelled {
		return bot.Sayf(bot.Late, "*%s* is over, so there is nobody left to ask. The next hour is in %s.", bot.Plain(h.Name()), "`/datahour list`")
	}
	mine := 0
	for _, q := range h.Questions {
		if strings.EqualFold(q.Text, text) && !q.Skipped {
			return bot.Sayf(bot.Taken, "Somebody put that question forward already; it is waiting or was asked.")
		}
		if by != "" && q.By == by && q.Number == 0 && !q.Skipped {
			mine++
		}
	}
	if mine >= mostPutForward {
		return bot.Sayf(bot.Taken, "You have %d questions waiting already. Let the hosts ask one of them first.", mine)
	}
	if len(h.Questions) >= mostQuestions {
		return bot.Sayf(bot.Taken, "This hour has %d questions already, which is as many as it takes.", mostQuestions)
	}
	h.Questions = append(h.Questions, Question{ID: h.newQuestionID(), Text: text, By: by})
	return nil
}

// newQuestionID is one that no question of this hour has: "q" and a number.
func (h *Hour) newQuestionID() string {
	highest := 0
	for _, q := range h.Questions {
		n, _ := strconv.Atoi(strings.TrimPrefix(q.ID, "q"))
		highest = max(highest, n)
	}
	return "q" + strconv.Itoa(highest+1)
}

// find finds a waiting question: by its id, by its place in the queue ("2"), or
// the first one for "".
func (h *Hour) find(which string) (int, error) {
	queue := h.Queue()
	if len(queue) == 0 {
		return 0, bot.Sayf(bot.Missing, "No question is waiting. Put one forward: `/datahour ask What would you open next?`")
	}
	id := queue[0].ID
	if which != "" {
		id = strings.ToLower(which)
		if n, err := strconv.Atoi(which); err == nil {
			if n < 1 || n > len(queue) {
				return 0, bot.Sayf(bot.Missing, "There is no question %d in the queue; it has %d.", n, len(queue))
			}
			id = queue[n-1].ID
		}
	}
	for i, q := range h.Questions {
		if q.ID == id && q.Number == 0 && !q.Skipped {
			return i, nil
		}
	}
	return 0, bot.Sayf(bot.Missing, "That question is not waiting any more.")
}

// ask asks a waiting question now and gives it its number.
func (h *Hour) ask(which string, now time.Time) (Question, error) {
	if h.State != Open {
		return Question{}, bot.Sayf(bot.Late, "*%s* is not open, so nothing can be asked in it.", bot.Plain(h.Name()))
	}
	i, err := h.find(which)
	if err != nil {
		return Question{}, err
	}
	h.Now = len(h.Asked()) + 1
	h.Questions[i].Number, h.Questions[i].Asked = h.Now, now.Truncate(finest)
	return h.Questions[i], nil
}

// skip takes a waiting question out of the queue.
func (h *Hour) skip(which string) (Question, error) {
	i, err := h.find(which)
	if err != nil {
		return Question{}, err
	}
	h.Questions[i].Skipped = true
	return h.Questions[i], nil
}

// take puts a question that somebody put forward at the end of the plan.
func (h *Hour) take(which string) (Question, error) {
	i, err := h.find(which)
	if err != nil {
		return Question{}, err
	}
	q := h.Questions[i]
	if q.By != "" && !q.Taken {
		q.Taken = true
		h.Questions = append(slices.Delete(h.Questions, i, i+1), q)
	}
	return q, nil
}

// up moves a waiting question one place forward; one that was put forward is
// taken into the plan by that.
func (h *Hour) up(which string) (Question, error) {
	i, err := h.find(which)
	if err != nil {
		return Question{}, err
	}
	q := h.Questions[i]
	if q.By != "" && !q.Taken {
		return h.take(q.ID)
	}
	planned := h.Planned()
	at := slices.IndexFunc(planned, func(x Question) bool { return x.ID == q.ID })
	if at <= 0 {
		return q, nil
	}
	j := slices.IndexFunc(h.Questions, func(x Question) bool { return x.ID == planned[at-1].ID })
	h.Questions[i], h.Questions[j] = h.Questions[j], h.Questions[i]
	return q, nil
}

// merge adds the words of a waiting question to another and takes it out.
func (h *Hour) merge(which, into string) (Question, error) {
	i, err := h.find(which)
	if err != nil {
		return Question{}, err
	}
	j, err := h.find(into)
	if err != nil {
		return Question{}, err
	}
	if i == j {
		return Question{}, bot.Sayf(bot.Invalid, "A question cannot be merged with itself.")
	}
	words := h.Questions[j].Text + " / " + h.Questions[i].Text
	if len([]rune(words)) > questionMax {
		return Question{}, bot.Sayf(bot.Invalid, "Together they are longer than %d characters. Skip one and ask it in other words.", questionMax)
	}
	h.Questions[i].Skipped = true
	h.Questions[j].Text = words
	for _, author := range h.Questions[i].Authors() {
		if !slices.Contains(h.Questions[j].Authors(), author) {
			h.Questions[j].With = append(h.Questions[j].With, author)
		}
	}
	for _, host := range h.Questions[i].Hosts {
		if !slices.Contains(h.Questions[j].Hosts, host) {
			h.Questions[j].Hosts = append(h.Questions[j].Hosts, host)
		}
	}
	return h.Questions[j], nil
}
