package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// AttachmentStore keeps files.
type AttachmentStore interface {
	AddAttachment(ctx context.Context, a bot9.NewAttachment, urlOf func(bot9.AttachmentID) string) (bot9.Attachment, error)
	UnsentAttachments(ctx context.Context, chatbot bot9.ChatbotID, subject []byte, ids []bot9.AttachmentID) ([]bot9.Attachment, error)
	ReadAttachment(ctx context.Context, id bot9.AttachmentID, token string) (bot9.Attachment, []byte, error)
}

const (
	attachmentPath = basePath + "attachments/{attachmentId}"
	// uploadsAtOnce bounds the copies that are made while forms are read and files are stored.
	uploadsAtOnce  = 8
	maxFileName    = 200 // characters
	maxUploadExtra = 64 << 10

	codeAttachmentsOff = "attachmentsDisabled"
	codeTooManyUploads = "tooManyUploads"
)

// attachmentTypes are the media types that may be sent, by what content says.
var attachmentTypes = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "application/pdf": true,
}

func (s *server) registerAttachments() {
	for _, upload := range []struct {
		op huma.Operation
		a  access
	}{
		{operation(http.MethodPost, widgetPath+"attachments", tagWidget, "attachAsVisitor", "Upload a file", "A form with a `file`: PNG, JPEG, GIF, "+
			"WebP or PDF by its content, up to 10 MiB. It is sent by naming its ID in a message; what isn't sent within a day is removed."), access{widget: byToken}},
		{operation(http.MethodPost, chatbotPath+"attachments", tagConversations, "uploadAttachment", "Upload a file for a conversation", "A form with a `file`: PNG, JPEG, GIF, "+
			"WebP or PDF by its content, up to 10 MiB. It is sent by naming its ID in a message; what isn't sent within a day is removed."), access{role: bot9.Developer}},
	} {
		upload.a.upload, upload.a.ownBody, upload.a.maxBody = true, true, bot9.MaxAttachment+maxUploadExtra
		describeUpload(s.registry(), &upload.op)
		registerPlain(s, upload.a, upload.op, s.upload)
	}
	read := operation(http.MethodGet, attachmentPath, tagConversations, "getAttachment", "Read a file",
		"By the address that a message or an event gives. Browsers save it; none shows it as a page.")
	describeDownload(&read)
	registerPlain(s, access{}, read, s.download)
}

func describeUpload(registry huma.Registry, op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: content("multipart/form-data", &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{
			"file": {Type: huma.TypeString, Format: "binary", Description: "The file, with its name"},
		},
	}, nil)}
	op.Responses = map[string]*huma.Response{"201": {
		Description: "Kept, to be sent with a message", Content: content("application/json", schemaOf[bot9.Attachment](registry), nil),
	}}
}

func describeDownload(op *huma.Operation) {
	text := &huma.Schema{Type: huma.TypeString}
	op.Parameters = []*huma.Param{
		{Name: "attachmentId", In: "path", Required: true, Description: "The file", Schema: idSchema[bot9.AttachmentID](false)},
		{Name: "token", In: "query", Required: true, Description: "Opens this file alone; part of its address", Schema: text},
	}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The file", Content: content("application/octet-stream", &huma.Schema{Type: huma.TypeString, Format: "binary"}, nil),
	}}
}

func (s *server) upload(w http.ResponseWriter, r *http.Request) {
	made, err := s.keepUpload(r)
	if err != nil {
		fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = jsonFormat.Marshal(w, made) // an error means that the client is gone
}

func (s *server) keepUpload(r *http.Request) (bot9.Attachment, error) {
	c := callerFrom(r.Context())
	file := bot9.NewAttachment{ChatbotID: c.chatbot, Subject: []byte{}, Token: s.NewReceiverToken()}
	if c.Visitor != nil {
		if !c.widget.Attachments {
			return bot9.Attachment{}, bot9.Errorf(bot9.Forbidden, codeAttachmentsOff, "This widget takes no files.")
		}
		if _, err := s.talker(r.Context(), c); err != nil {
			return bot9.Attachment{}, err
		}
		file.Subject = c.Visitor.Subject[:]
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		busy := bot9.Errorf(bot9.Unavailable, codeTooManyUploads, "Too many files arrive at once. Try again.")
		busy.RetryAfter = reconnectAfter
		return bot9.Attachment{}, busy
	}
	if err := readUpload(r, &file); err != nil {
		return bot9.Attachment{}, err
	}
	return s.Store.AddAttachment(r.Context(), file, func(id bot9.AttachmentID) string {
		return s.BaseURL + basePath + "attachments/" + id.String() + "?token=" + file.Token
	})
}

// readUpload reads the form's file. Its type is what its content says, whatever the browser claims.
func readUpload(r *http.Request, file *bot9.NewAttachment) error {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return bot9.Errorf(bot9.Malformed, codeUnsupportedMedia, "The body must be a form with a file (Content-Type: multipart/form-data).")
	}
	form := multipart.NewReader(bytes.NewReader(bodyOf(r)), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return bot9.InvalidField(codeValidation, "body.file", "The form has no file.")
		}
		if err != nil {
			return bot9.InvalidField(codeValidation, "body", "The form can't be read.")
		}
		if part.FormName() != "file" {
			continue
		}
		file.Name = fileName(part.FileName())
		if file.Data, err = io.ReadAll(part); err != nil {
			return bot9.InvalidField(codeValidation, "body", "The form can't be read.")
		}
		break
	}
	if len(file.Data) > bot9.MaxAttachment {
		return bot9.Errorf(bot9.TooLarge, codeBodyTooLarge, "The file is larger than %d bytes.", bot9.MaxAttachment)
	}
	if file.Type = http.DetectContentType(file.Data); !attachmentTypes[file.Type] {
		return bot9.Errorf(bot9.Malformed, codeUnsupportedMedia, "The file must be a PNG, JPEG, GIF or WebP image or a PDF, by its content.")
	}
	return nil
}

// fileName keeps what is harmless of a name: no path, no control characters.
func fileName(given string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`/\:*?"<>|`, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, filepath.Base(strings.ReplaceAll(given, `\`, "/")))
	if runes := []rune(name); len(runes) > maxFileName {
		name = string(runes[len(runes)-maxFileName:]) // the end says what it is
	}
	if name = strings.Trim(name, ". "); name == "" {
		return "file"
	}
	return name
}

func (s *server) download(w http.ResponseWriter, r *http.Request) {
	id, ok := parseID[bot9.AttachmentID](r.PathValue("attachmentId"))
	if !ok {
		fail(w, r, notFound())
		return
	}
	file, data, err := s.Store.ReadAttachment(r.Context(), id, r.URL.Query().Get("token"))
	if err != nil {
		fail(w, r, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.Type)
	header.Set("Content-Length", strconv.Itoa(len(data)))
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // pages with the widget show images
	header.Set("Cache-Control", "private, max-age=31536000, immutable")
	header.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(data) // an error means that the client is gone
}

// unsent finds the files that a message names.
func (s *server) unsent(ctx context.Context, chatbot bot9.ChatbotID, subject []byte, refs []Ref[bot9.AttachmentID]) ([]bot9.Attachment, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	ids := make([]bot9.AttachmentID, len(refs))
	for i, ref := range refs {
		ids[i] = ref.ID
	}
	return s.Store.UnsentAttachments(ctx, chatbot, subject, ids)
}
