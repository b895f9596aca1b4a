package delivery

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAccountsTakeTurnsAndWithinThemTheirEndpoints(t *testing.T) {
	var line turns
	of := func(account bot9.AccountID, id bot9.WebhookID) *endpoint {
		return &endpoint{id: id, webhook: &bot9.Webhook{AccountID: account}}
	}
	for _, ep := range []*endpoint{of(1, 11), of(1, 12), of(1, 13), of(2, 21), of(2, 22), of(3, 31)} {
		line.push(ep)
	}
	var order []bot9.WebhookID
	for i := range 8 {
		ep := line.pop()
		order = append(order, ep.id)
		if i < 2 {
			line.push(ep) // it has more: back to the end
		}
	}
	if diff := cmp.Diff([]bot9.WebhookID{11, 21, 31, 12, 22, 13, 21, 11}, order); diff != "" {
		t.Error(diff)
	}
	if !line.empty() || line.pop() != nil {
		t.Error("the line is not empty at the end")
	}
}
