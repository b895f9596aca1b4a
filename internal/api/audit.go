package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// AuditStore keeps the audit log.
type AuditStore interface {
	Audit(ctx context.Context, account bot9.AccountID, filter bot9.AuditFilter, page bot9.Page) (bot9.List[bot9.AuditRecord], error)
	Record(ctx context.Context, r bot9.AuditRecord) error
}

const (
	formatJSONL = "jsonl"
	mediaJSONL  = "application/jsonl"
	// auditPage is how many records an export reads at once.
	auditPage = 250
)

type auditInput struct {
	PageQuery
	Since  Moment `query:"since" doc:"Records of this time or later"`
	Until  Moment `query:"until" doc:"Records before this time"`
	Actor  string `query:"actor" maxLength:"100" doc:"Who did it: an ID, or a kind of caller such as key or operator" example:"mem_38g4k4jvm0001"`
	Action string `query:"action" maxLength:"100" doc:"What was done" example:"webhookChanged"`
	Object string `query:"object" maxLength:"100" doc:"The ID of the object that was changed" example:"whk_38g4k4jvm0001"`
	Format string `query:"format" enum:"json,jsonl" default:"json" doc:"jsonl exports all records that the filter chooses, one a line, without pages"`
}

func (s *server) registerAudit() {
	op := operation(http.MethodGet, basePath+"auth/audit", tagAccount, "listAudit",
		"Read the audit log", "Who did what, from where, newest first: log-ins and failures, members, keys, webhooks with what changed, "+
			"secrets that were shown, replays, deletions, settings. Each record is written in the transaction of its change, and can't be edited. "+
			"A webhook that asks for `auditRecorded` by name is sent them as they come.")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A page of records, or with `format=jsonl` all of them, one a line",
		Content:     content("application/json", schemaOf[bot9.List[bot9.AuditRecord]](s.registry()), nil),
	}}
	op.Responses["200"].Content[mediaJSONL] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: "An AuditRecord a line"}}
	register(s, access{role: bot9.Admin, session: true}, op, s.listAudit)
}

func (s *server) listAudit(ctx context.Context, c *caller, in *auditInput) (*huma.StreamResponse, error) {
	filter := bot9.AuditFilter{Since: in.Since.Time, Until: in.Until.Time, Actor: in.Actor, Action: bot9.AuditAction(in.Action), Object: in.Object}
	page := in.page()
	if in.Format == formatJSONL {
		page = bot9.Page{Limit: auditPage}
	}
	first, err := s.Store.Audit(ctx, c.AccountID, filter, page)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		if in.Format != formatJSONL {
			out.SetHeader("Content-Type", "application/json")
			_ = jsonFormat.Marshal(out.BodyWriter(), shownPage(ctx, first)) // an error means that the client is gone
			return
		}
		out.SetHeader("Content-Type", mediaJSONL)
		out.SetHeader("Content-Disposition", `attachment; filename="audit.jsonl"`)
		s.exportAudit(out, c.AccountID, filter, first)
	}}, nil
}

// exportAudit writes all pages, one record a line. Where the database fails in between it breaks the
// connection off, so that nobody takes a part for the whole.
func (s *server) exportAudit(out huma.Context, account bot9.AccountID, filter bot9.AuditFilter, list bot9.List[bot9.AuditRecord]) {
	encoder := json.NewEncoder(out.BodyWriter())
	for {
		for i := range list.Data {
			if encoder.Encode(&list.Data[i]) != nil {
				return // the client is gone
			}
		}
		if list.NextCursor == nil {
			return
		}
		var err error
		if list, err = s.Store.Audit(out.Context(), account, filter, bot9.Page{Limit: auditPage, Cursor: *list.NextCursor}); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}
