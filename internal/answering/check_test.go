package answering

import (
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

var checks = Checks{
	Target: func(url string) error {
		if strings.Contains(url, "private") {
			return bot9.InvalidField("targetNotAllowed", "body.url", "The target is private.")
		}
		return nil
	},
	Rule: func(rule string) error {
		if rule == "broken" {
			return bot9.InvalidField("invalidFilter", "body.filter", "The filter is broken.")
		}
		return nil
	},
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*bot9.Answering)
		code, at string
	}{
		{"the defaults", func(*bot9.Answering) {}, "", ""},
		{"a model", func(a *bot9.Answering) {
			a.Engine, a.Model.BaseURL, a.Model.Model = bot9.EngineModel, "https://llm.example/v1", "m"
		}, "", ""},
		{"no model", func(a *bot9.Answering) { a.Engine = bot9.EngineModel }, codeNotSetUp, "body.engine"},
		{"a target that isn't allowed", func(a *bot9.Answering) { a.Model.BaseURL = "http://private/v1" }, "targetNotAllowed", "body.model.baseUrl"},
		{"no URL", func(a *bot9.Answering) { a.Model.BaseURL = "llm.example" }, "invalidUrl", "body.model.baseUrl"},
		{"credentials in the URL", func(a *bot9.Answering) { a.Model.BaseURL = "https://u:p@llm.example/v1" }, "invalidUrl", "body.model.baseUrl"},
		{"a query", func(a *bot9.Answering) { a.Model.BaseURL = "https://llm.example/v1?x=1" }, "invalidUrl", "body.model.baseUrl"},
		{"vectors from nowhere", func(a *bot9.Answering) { a.Embeddings = &bot9.EmbeddingsSettings{Model: "e"} }, codeNotSetUp, "body.embeddings"},
		{"vectors from a target that isn't allowed", func(a *bot9.Answering) {
			a.Embeddings = &bot9.EmbeddingsSettings{BaseURL: "https://private", Model: "e"}
		}, "targetNotAllowed", "body.embeddings.baseUrl"},
		{"suggestions above answers", func(a *bot9.Answering) { a.SuggestThreshold = 0.9 }, codeInvalid, "body.suggestThreshold"},
		{"a language", func(a *bot9.Answering) { a.Language = "pt-BR" }, "", ""},
		{"no language", func(a *bot9.Answering) { a.Language = "klingonese!" }, codeInvalidLanguage, "body.language"},
		{"an empty word", func(a *bot9.Answering) { a.Handover.Words = []string{"lawyer", " "} }, codeInvalid, "body.handover.words[1]"},
		{"a broken rule", func(a *bot9.Answering) { a.Handover.Rule = "broken" }, "invalidFilter", "body.handover.rule"},
		{"hours", func(a *bot9.Answering) {
			a.Hours = &bot9.Hours{Timezone: "Asia/Tokyo", Week: []bot9.Open{{Day: "mon", From: "09:00", To: "12:00"}, {Day: "mon", From: "12:00", To: "24:00"}}}
		}, "", ""},
		{"no time zone", func(a *bot9.Answering) { a.Hours = &bot9.Hours{Timezone: "Berlin"} }, codeInvalidTimezone, "body.hours.timezone"},
		{"the machine's time zone", func(a *bot9.Answering) { a.Hours = &bot9.Hours{Timezone: "Local"} }, codeInvalidTimezone, "body.hours.timezone"},
		{"backwards", func(a *bot9.Answering) {
			a.Hours = &bot9.Hours{Timezone: "UTC", Week: []bot9.Open{{Day: "mon", From: "22:00", To: "06:00"}}}
		}, codeInvalidHours, "body.hours.week[0]"},
		{"overlapping", func(a *bot9.Answering) {
			a.Hours = &bot9.Hours{Timezone: "UTC", Week: []bot9.Open{{Day: "mon", From: "09:00", To: "12:00"}, {Day: "tue", From: "09:00", To: "12:00"}, {Day: "mon", From: "11:59", To: "13:00"}}}
		}, codeInvalidHours, "body.hours.week[2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := bot9.DefaultAnswering(1)
			c.change(&a)
			err := checks.Check(&a)
			if bot9.CodeOf(err) != c.code {
				t.Fatalf("got %v, want the code %q", err, c.code)
			}
			if refused, ok := err.(*bot9.Error); ok && refused.Fields[0].Location != c.at {
				t.Errorf("about %s, want %s", refused.Fields[0].Location, c.at)
			}
		})
	}
}
