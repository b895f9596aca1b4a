package answering

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/bot9/bot9/internal/bot9"
)

// Codes of settings that are refused.
const (
	codeInvalid         = "invalidAnswering"
	codeNotSetUp        = "modelNotSetUp"
	codeInvalidTimezone = "invalidTimezone"
	codeInvalidHours    = "invalidHours"
	codeInvalidLanguage = "invalidLanguage"
)

// Bounds of settings that the API's schema can't say.
const maxWord = 100 // characters of a word that hands over

// Checks is what checking settings needs of others. Each refuses with Invalid.
type Checks struct {
	Target func(url string) error // a URL that models may not have
	Action func(url string) error // a URL that actions may not go to
	Rule   func(cel string) error // an expression over messageReceived
}

// Check refuses settings that can't work, with Invalid about the first thing wrong.
func (c Checks) Check(a *bot9.Answering) error {
	for _, check := range []func(*bot9.Answering) error{c.model, c.embeddings, c.language, c.handover, c.hours} {
		if err := check(a); err != nil {
			return err
		}
	}
	return nil
}

func (c Checks) model(a *bot9.Answering) error {
	if a.SuggestThreshold > a.Threshold {
		return bot9.InvalidField(codeInvalid, "body.suggestThreshold", "It must not be above threshold: what reaches that is an answer.")
	}
	if a.Model.BaseURL != "" {
		if err := c.server("body.model.baseUrl", a.Model.BaseURL); err != nil {
			return err
		}
	}
	if a.Engine == bot9.EngineModel && !a.Model.Ready() {
		return bot9.InvalidField(codeNotSetUp, "body.engine", "The engine model needs model.baseUrl and model.model.")
	}
	return nil
}

func (c Checks) embeddings(a *bot9.Answering) error {
	if a.Embeddings == nil {
		return nil
	}
	if a.Embeddings.BaseURL == "" || a.Embeddings.Model == "" {
		return bot9.InvalidField(codeNotSetUp, "body.embeddings", "A server that makes vectors needs baseUrl and model; null is the built-in encoder.")
	}
	return c.server("body.embeddings.baseUrl", a.Embeddings.BaseURL)
}

// server checks a base URL: what the guard refuses, credentials, and what would stand in the way of a path behind it.
func (c Checks) server(location, raw string) error {
	parsed, err := url.Parse(raw)
	switch {
	case err != nil || parsed.Host == "":
		return bot9.InvalidField("invalidUrl", location, "It must be a URL such as https://api.openai.com/v1.")
	case parsed.User != nil:
		return bot9.InvalidField("invalidUrl", location, "It must not hold credentials: they belong into apiKey.")
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return bot9.InvalidField("invalidUrl", location, "It must have no query and no fragment.")
	}
	if err := c.Target(raw); err != nil {
		return at(location, err)
	}
	return nil
}

// at says where in the settings an error of somebody else's check is.
func at(location string, err error) error {
	refused, ok := err.(*bot9.Error)
	if !ok {
		return err
	}
	moved := *refused
	moved.Fields = []bot9.FieldError{{Location: location, Message: refused.Message}}
	return &moved
}

func (Checks) language(a *bot9.Answering) error {
	if a.Language == bot9.LanguageAuto {
		return nil
	}
	if _, err := language.Parse(a.Language); err != nil {
		return bot9.InvalidField(codeInvalidLanguage, "body.language", "It must be a BCP 47 tag such as de or pt-BR, or auto.")
	}
	return nil
}

func (c Checks) handover(a *bot9.Answering) error {
	for i, word := range a.Handover.Words {
		if strings.TrimSpace(word) == "" || utf8.RuneCountInString(word) > maxWord {
			return bot9.InvalidField(codeInvalid, "body.handover.words["+strconv.Itoa(i)+"]", "It must have 1 to %d characters.", maxWord)
		}
	}
	if a.Handover.Rule != "" {
		if err := c.Rule(a.Handover.Rule); err != nil {
			return at("body.handover.rule", err)
		}
	}
	return nil
}

func (Checks) hours(a *bot9.Answering) error {
	if a.Hours == nil {
		return nil
	}
	if _, err := time.LoadLocation(a.Hours.Timezone); err != nil || a.Hours.Timezone == "" || a.Hours.Timezone == "Local" {
		return bot9.InvalidField(codeInvalidTimezone, "body.hours.timezone", "It must be an IANA time zone such as Europe/Berlin.")
	}
	for i, open := range a.Hours.Week {
		location := "body.hours.week[" + strconv.Itoa(i) + "]"
		if open.From >= open.To { // both hh:mm, so that they sort as times
			return bot9.InvalidField(codeInvalidHours, location, "to must be after from; a span over midnight is two.")
		}
		if slices.ContainsFunc(a.Hours.Week[:i], func(other bot9.Open) bool {
			return other.Day == open.Day && other.From < open.To && open.From < other.To
		}) {
			return bot9.InvalidField(codeInvalidHours, location, "It overlaps another span of the same day.")
		}
	}
	return nil
}
