package store

import (
	"context"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	deviceHaste   = 500 * time.Millisecond // how much too early a question may come: networks aren't exact
	deviceSlowest = time.Minute            // what haste makes nobody wait longer than
)

// CreateDeviceLogin keeps a device login under the hash of its device code. Who asks for it is to
// leave interval between two questions. It fails with Conflict "userCodeTaken".
func (s *Store) CreateDeviceLogin(ctx context.Context, codeHash [32]byte, login bot9.DeviceLogin, interval time.Duration) error {
	return s.write(ctx, func(t *tx) error {
		var taken int64
		if _, err := queryRow(t, `SELECT 1 FROM device_logins WHERE user_code = $1`, []any{login.UserCode}, &taken); err != nil {
			return err
		}
		if taken == 1 {
			return bot9.Errorf(bot9.Conflict, "userCodeTaken", "Another login has this code.")
		}
		_, err := t.exec(`INSERT INTO device_logins (code_hash, user_code, client_name, address, status, created_at, expires_at, interval_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, codeHash[:], login.UserCode, login.ClientName, login.Address,
			string(bot9.DevicePending), int64(login.CreatedAt), int64(login.ExpiresAt), interval.Milliseconds())
		return err
	})
}

// DeviceLogin returns the login with this user code; NotFound if its time is up at now.
func (s *Store) DeviceLogin(ctx context.Context, userCode string, now bot9.Time) (login bot9.DeviceLogin, err error) {
	err = s.read(ctx, func(r session) error {
		login, err = findDeviceLogin(r, userCode, now, "")
		return err
	})
	return login, err
}

func findDeviceLogin(r session, userCode string, now bot9.Time, lock string) (bot9.DeviceLogin, error) {
	login := bot9.DeviceLogin{UserCode: userCode}
	found, err := queryRow(r, `SELECT d.client_name, d.address, d.status, d.chatbot_id, d.created_at, d.expires_at FROM device_logins d
		WHERE d.user_code = $1 AND d.expires_at > $2`+lock, []any{userCode, int64(now)}, &login.ClientName, &login.Address,
		(*string)(&login.Status), (*int64)(&login.ChatbotID), (*int64)(&login.CreatedAt), (*int64)(&login.ExpiresAt))
	if err == nil && !found {
		err = notFound("login")
	}
	return login, err
}

// DecideDeviceLogin approves a pending login for a chatbot, or denies it for none. It fails with
// NotFound if its time is up at now, or Conflict "deviceLoginDecided".
func (s *Store) DecideDeviceLogin(ctx context.Context, userCode string, now bot9.Time, chatbot bot9.ChatbotID) (login bot9.DeviceLogin, err error) {
	err = s.writeFor(ctx, chatbot, func(t *tx) error {
		login, err = findDeviceLogin(t, userCode, now, t.store.db.lock("d"))
		if err != nil {
			return err
		}
		if login.Status != bot9.DevicePending {
			return bot9.Errorf(bot9.Conflict, "deviceLoginDecided", "This login has been approved or denied already.")
		}
		login.Status, login.ChatbotID = bot9.DeviceDenied, chatbot
		if chatbot != 0 {
			login.Status = bot9.DeviceApproved
		}
		_, err = t.exec(`UPDATE device_logins SET status = $1, chatbot_id = $2 WHERE user_code = $3`,
			string(login.Status), int64(chatbot), userCode)
		if err != nil {
			return err
		}
		return t.auditDeviceLogin(login)
	})
	return login, err
}

// auditDeviceLogin records what somebody decided, in the decider's account.
func (t *tx) auditDeviceLogin(login bot9.DeviceLogin) error {
	account := bot9.PrincipalFrom(t.ctx).AccountID
	if account == 0 && login.ChatbotID == 0 {
		return nil // nobody's: there is no log to write to
	}
	return t.audit(bot9.AuditRecord{
		AccountID: account, ChatbotID: login.ChatbotID, Action: bot9.AuditDeviceLoginDecided, Object: login.ChatbotID.String(),
		Changes: bot9.AuditChanges{"status": {From: bot9.DevicePending, To: login.Status}, "clientName": {To: login.ClientName}, "address": {To: login.Address}},
	})
}

// CollectDeviceLogin tells who has the device code how the login stands. To one that was approved it
// gives the key, in the same transaction that ends the login, so that a code brings one key. Whoever
// asks too soon is to wait longer by slower each time. NotFound if there is no such login at now, or
// its chatbot is gone.
func (s *Store) CollectDeviceLogin(ctx context.Context, codeHash [32]byte, now bot9.Time, slower time.Duration, key bot9.NewKey) (answer bot9.DeviceAnswer, err error) {
	// Anybody may ask, as often as they like: what changes nothing is not the writer's business.
	var asking deviceQuestion
	err = s.read(ctx, func(r session) error {
		asking, err = findQuestion(r, codeHash, now, "")
		return err
	})
	if err != nil || asking.tooSoon(now) && asking.interval >= deviceSlowest {
		return bot9.DeviceAnswer{Status: asking.status, TooSoon: true}, err
	}
	err = s.write(ctx, func(t *tx) error {
		asking, err := findQuestion(t, codeHash, now, t.store.db.lock("d"))
		if err != nil {
			return err
		}
		answer = bot9.DeviceAnswer{Status: asking.status}
		switch asking.status {
		case bot9.DeviceApproved:
			key.Name = asking.clientName
			return t.giveDeviceKey(&answer, codeHash, asking.chatbot, key)
		case bot9.DeviceDenied:
			return nil
		}
		if answer.TooSoon = asking.tooSoon(now); answer.TooSoon {
			asking.interval += slower
		}
		_, err = t.exec(`UPDATE device_logins SET interval_ms = $1, asked_at = $2 WHERE code_hash = $3`,
			asking.interval.Milliseconds(), int64(now), codeHash[:])
		return err
	})
	return answer, err
}

// deviceQuestion is what a login's program has asked so far, and what there is to tell it.
type deviceQuestion struct {
	status     bot9.DeviceStatus
	clientName string
	chatbot    bot9.ChatbotID
	interval   time.Duration // to leave between two questions
	last       bot9.Time
}

func (q *deviceQuestion) tooSoon(now bot9.Time) bool {
	return q.status == bot9.DevicePending && now.Sub(q.last) < q.interval-deviceHaste
}

func findQuestion(r session, codeHash [32]byte, now bot9.Time, lock string) (q deviceQuestion, err error) {
	var interval int64
	found, err := queryRow(r, `SELECT d.status, d.client_name, d.chatbot_id, d.interval_ms, d.asked_at FROM device_logins d
		WHERE d.code_hash = $1 AND d.expires_at > $2`+lock, []any{codeHash[:], int64(now)},
		(*string)(&q.status), &q.clientName, (*int64)(&q.chatbot), &interval, (*int64)(&q.last))
	if err == nil && !found {
		err = notFound("login")
	}
	q.interval = time.Duration(interval) * time.Millisecond
	return q, err
}

func (t *tx) giveDeviceKey(answer *bot9.DeviceAnswer, codeHash [32]byte, id bot9.ChatbotID, key bot9.NewKey) (err error) {
	answer.Chatbot = bot9.Chatbot{ID: id, CreatedAt: id.Time()}
	found, err := queryRow(t, `SELECT c.account_id, c.name FROM chatbots c WHERE c.id = $1 AND c.deleted_at IS NULL`+t.store.db.lock("c"),
		[]any{int64(id)}, (*int64)(&answer.Chatbot.AccountID), &answer.Chatbot.Name)
	if err == nil && !found {
		err = notFound("chatbot")
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM device_logins WHERE code_hash = $1`, codeHash[:]); err != nil {
		return err
	}
	answer.Key, err = t.insertKey(id, key)
	return err
}
