package delivery

import "github.com/bot9/bot9/internal/bot9"

// turns lines endpoints up: accounts take turns, and within an account its endpoints do, so that
// neither an account with many webhooks nor a webhook with many events keeps others waiting.
type turns struct {
	order    []bot9.AccountID // accounts that have an endpoint in line
	accounts map[bot9.AccountID][]*endpoint
}

func (t *turns) push(ep *endpoint) {
	if t.accounts == nil {
		t.accounts = map[bot9.AccountID][]*endpoint{}
	}
	account := ep.webhook.AccountID
	line := t.accounts[account]
	if len(line) == 0 {
		t.order = append(t.order, account)
	}
	t.accounts[account] = append(line, ep)
}

// pop takes the endpoint whose turn it is, nil if none is in line.
func (t *turns) pop() *endpoint {
	if len(t.order) == 0 {
		return nil
	}
	account := t.order[0]
	t.order = t.order[1:]
	line := t.accounts[account]
	ep := line[0]
	line[0] = nil
	if line = line[1:]; len(line) > 0 {
		t.order = append(t.order, account)
		t.accounts[account] = line
	} else {
		delete(t.accounts, account)
	}
	return ep
}

func (t *turns) empty() bool { return len(t.order) == 0 }
