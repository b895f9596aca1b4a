package api

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// formWith makes a form with a file.
func formWith(t *testing.T, field, name, data string) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(data))
	_ = form.Close()
	return out.String(), form.FormDataContentType()
}

const png, pdf = "\x89PNG\r\n\x1a\n rest", "%PDF-1.7 rest"

func TestUploads(t *testing.T) {
	w := visitedWorld()
	w.visiting.widget.Attachments = true
	for _, c := range []struct {
		name, field, file, data string
		status                  int
		want                    []string
	}{
		{"an image", "file", "me.png", png, 201, []string{`"type":"image/png"`, `"name":"me.png"`, `/api/attachments/fil_`, `?token=`}},
		{"a PDF that says it is an image", "file", "me.png", pdf, 201, []string{`"type":"application/pdf"`}},
		{"a page that says it is an image", "file", "me.png", "<html><script>alert(1)</script>", 415, []string{`"unsupportedMediaType"`}},
		{"an SVG image", "file", "me.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`, 415, nil},
		{"a program", "file", "a.pdf", "MZ\x90\x00", 415, nil},
		{"nothing", "file", "a.pdf", "", 415, nil},
		{"another field", "image", "me.png", png, 422, []string{"body.file"}},
		{"a path", "file", `..\..\etc/pass"wd` + "\u202e.png", png, 201, []string{`"name":"passwd.png"`}},
		{"too much", "file", "me.png", png + strings.Repeat("x", bot9.MaxAttachment), 413, []string{`"bodyTooLarge"`}},
	} {
		body, contentType := formWith(t, c.field, c.file, c.data)
		for _, q := range []request{
			{as: visitorToken, call: "POST /api/widget/attachments", header: fromShop("Content-Type", contentType)},
			{as: key, call: "POST /api/{bot}/attachments", header: map[string]string{"Content-Type": contentType}},
		} {
			q.name, q.body, q.status, q.want = c.name+" by "+q.as, body, c.status, c.want
			run(t, w, []request{q})
		}
	}
	run(t, w, []request{
		{name: "JSON", as: visitorToken, call: "POST /api/widget/attachments", header: fromShop(), body: `{}`, status: 415},
		{name: "sent", as: visitorToken, call: "POST /api/widget/messages", header: fromShop(), body: `{"message":"","clientId":"c2","attachments":["fil_38g4k4jvm0001"]}`, status: 202},
		{name: "too many", as: visitorToken, call: "POST /api/widget/messages", header: fromShop(), body: `{"message":"","clientId":"c2","attachments":["fil_38g4k4jvm0001","fil_38g4k4jvm0001","fil_38g4k4jvm0001","fil_38g4k4jvm0001","fil_38g4k4jvm0001","fil_38g4k4jvm0001"]}`, status: 422},
		{name: "an agent's", as: developer, call: "POST /api/{bot}/conversations/" + w.conversations[0].ID.String() + "/messages", body: `{"chatUser":"humanagent","message":"See here","attachments":["fil_38g4k4jvm0001"]}`, status: 201},
	})
	w.visiting.widget.Attachments = false
	body, contentType := formWith(t, "file", "me.png", png)
	run(t, w, []request{{name: "where they are off", as: visitorToken, call: "POST /api/widget/attachments", header: fromShop("Content-Type", contentType), body: body, status: 403, want: []string{`"attachmentsDisabled"`}}})
}

func TestDownloads(t *testing.T) {
	w := visitedWorld()
	w.visiting.file = bot9.NewAttachment{Token: "tok", Name: "Beleg für Ada.pdf", Type: "application/pdf", Data: []byte(pdf)}
	handler := serve(t, w.options())
	get := func(query string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest("GET", "/api/attachments/fil_38g4k4jvm0001"+query, nil))
		return rec
	}
	rec := get("?token=tok")
	header := rec.Header()
	if rec.Code != 200 || rec.Body.String() != pdf || header.Get("Content-Disposition") != "attachment; filename*=utf-8''Beleg%20f%C3%BCr%20Ada.pdf" ||
		header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v %s", rec.Code, header, rec.Body)
	}
	for _, query := range []string{"?token=wrong", ""} {
		if rec := get(query); rec.Code != 404 {
			t.Errorf("%q: %d", query, rec.Code)
		}
	}
}
