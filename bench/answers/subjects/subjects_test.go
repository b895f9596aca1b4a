package subjects

import "testing"

// The measure is worth something only if there is enough of it, of each kind, and if what is reported wasn't tuned on.
func TestThereAreEnoughQuestions(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	uses, kinds, questions := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, s := range all {
		uses[s.Use]++
		for _, q := range s.Questions {
			if questions[s.Name+q.Text] {
				t.Errorf("%s: %q twice", s.Name, q.Text)
			}
			questions[s.Name+q.Text] = true
			kinds[s.Use+" "+q.Kind]++
		}
		for _, d := range s.Documents {
			if d.Text == "" || len(d.Questions) != 2 {
				t.Errorf("%s: %s has %d questions", s.Name, d.Title, len(d.Questions))
			}
		}
	}
	if len(questions) < 400 || uses[Tuning] < 4 || uses[Reporting] < 4 || len(uses) != 2 {
		t.Errorf("%d questions, uses %v", len(questions), uses)
	}
	for _, kind := range []string{Easy, Paraphrase, Typo, Cross, Unanswerable} {
		if kinds[Tuning+" "+kind] < 15 || kinds[Reporting+" "+kind] < 15 {
			t.Errorf("%s: %d to tune on, %d to report", kind, kinds[Tuning+" "+kind], kinds[Reporting+" "+kind])
		}
	}
}
