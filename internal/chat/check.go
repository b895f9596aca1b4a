package chat

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// Limits of callers' input, in characters; a character of UTF-8 has at most 4 bytes.
const (
	maxMessage     = 32_768
	maxName        = 200
	maxExternalID  = 256
	maxEmail       = 254
	maxPhone       = 64
	maxSource      = 64
	maxTag         = 64
	maxReason      = 500
	maxComment     = 4_096
	maxFieldName   = 64
	maxFieldValue  = 2_000
	maxTags        = 50 // how many
	maxFields      = 50 // how many
	bestScore      = 5
	worstScore     = 1
	codeValidation = "validationFailed"
)

// checker collects everything that is wrong with an input.
type checker struct{ fields []bot9.FieldError }

func (c *checker) fault(location, message string) {
	c.fields = append(c.fields, bot9.FieldError{Location: location, Message: message})
}

// text checks that a text has at most limit characters and can be stored and sent on: UTF-8
// without U+0000, which PostgreSQL can't hold.
func (c *checker) text(location, text string, limit int) {
	switch {
	case len(text) > limit && utf8.RuneCountInString(text) > limit:
		c.fault(location, "must have at most "+strconv.Itoa(limit)+" characters")
	case !utf8.ValidString(text):
		c.fault(location, "must be UTF-8")
	case strings.IndexByte(text, 0) >= 0:
		c.fault(location, "must not have the character U+0000")
	}
}

// required is text that must say something.
func (c *checker) required(location, text string, limit int) {
	if strings.TrimSpace(text) == "" {
		c.fault(location, "must not be empty")
		return
	}
	c.text(location, text, limit)
}

func (c *checker) score(location string, score int) {
	if score < worstScore || score > bestScore {
		c.fault(location, "must be from 1 to 5")
	}
}

func (c *checker) user(location string, d bot9.Details) {
	c.text(location+".name", d.Name, maxName)
	c.text(location+".emailId", d.EmailID, maxEmail)
	c.text(location+".phone", d.Phone, maxPhone)
}

// err is nil if nothing was wrong.
func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	first := c.fields[0]
	err := bot9.Errorf(bot9.Invalid, codeValidation, "%s %s.", first.Location, first.Message)
	err.Fields = c.fields
	return err
}
