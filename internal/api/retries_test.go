package api

import "testing"

func TestRetryOfManyDeliveries(t *testing.T) {
	const call = "POST /api/{bot}/webhooks/retry"
	run(t, newWorld(), []request{
		{
			name: "all that failed", as: key, call: call, body: `{}`, status: 202,
			want: []string{"Location: /api/bot_", `/replays/rpl_`, `"status":["failed"]`, `"retry":true`}, not: []string{`"webhookId"`},
		},
		{
			name: "chosen ones", as: developer, call: call, status: 202,
			body: `{"webhookId":"whk_38g4k4jvm0001","status":"failed","since":"2026-11-22T19:00:00Z","errorClass":"timeout","event":"ping","deliveryIds":["dlv_38g4k4jvm0001"]}`,
			want: []string{`"webhookId":"whk_38g4k4jvm0001"`, `"errorClass":"timeout"`, `"events":["ping"]`, `"deliveryIds":["dlv_38g4k4jvm0001"]`},
		},
		{name: "another status", as: key, call: call, body: `{"status":"succeeded"}`, status: 422, want: []string{`"body.status"`}},
		{name: "a class that there isn't", as: key, call: call, body: `{"errorClass":"bad luck"}`, status: 422, want: []string{`"body.errorClass"`}},
		{name: "no ID", as: key, call: call, body: `{"deliveryIds":["evt_38g4k4jvm0001"]}`, status: 422, want: []string{`"body.deliveryIds`}},
		{name: "ends before it begins", as: key, call: call, body: `{"since":"2026-11-22T19:00:00Z","until":"2026-11-21T19:00:00Z"}`, status: 422, want: []string{`"body.until"`}},
		{name: "a viewer", as: viewer, call: call, body: `{}`, status: 403},
	})
}
