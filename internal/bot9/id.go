package bot9

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// ID names one object of kind K. It is a positive 63-bit integer whose upper 42 bits are the
// millisecond (Unix, UTC) at which it was made, so IDs of one kind sort by time, in the database
// as integers and on the wire as text. The zero ID names nothing.
type ID[K Kind] int64

// Kind tells an ID's prefix on the wire, such as "evt" in "evt_0d1vqk2m80000".
type Kind interface{ Prefix() string }

type (
	accountKind      struct{}
	memberKind       struct{}
	chatbotKind      struct{}
	keyKind          struct{}
	endUserKind      struct{}
	conversationKind struct{}
	messageKind      struct{}
	documentKind     struct{}
	eventKind        struct{}
	webhookKind      struct{}
	deliveryKind     struct{}
	attemptKind      struct{}
	replayKind       struct{}
	receiverKind     struct{}
	requestKind      struct{}
	auditKind        struct{}
	sessionKind      struct{}
	personKind       struct{}
	attachmentKind   struct{}
	noteKind         struct{}
	cannedKind       struct{}
	actionKind       struct{}
	instructionKind  struct{}
	categoryKind     struct{}
	evaluationKind   struct{}
)

func (accountKind) Prefix() string      { return "acc" }
func (memberKind) Prefix() string       { return "mem" }
func (chatbotKind) Prefix() string      { return "bot" }
func (keyKind) Prefix() string          { return "key" }
func (endUserKind) Prefix() string      { return "usr" }
func (conversationKind) Prefix() string { return "conv" }
func (messageKind) Prefix() string      { return "msg" }
func (documentKind) Prefix() string     { return "doc" }
func (eventKind) Prefix() string        { return "evt" }
func (webhookKind) Prefix() string      { return "whk" }
func (deliveryKind) Prefix() string     { return "dlv" }
func (attemptKind) Prefix() string      { return "att" }
func (replayKind) Prefix() string       { return "rpl" }
func (receiverKind) Prefix() string     { return "rcv" }
func (requestKind) Prefix() string      { return "rrq" }
func (auditKind) Prefix() string        { return "aud" }
func (sessionKind) Prefix() string      { return "ses" }
func (personKind) Prefix() string       { return "per" }
func (attachmentKind) Prefix() string   { return "fil" }
func (noteKind) Prefix() string         { return "note" }
func (cannedKind) Prefix() string       { return "can" }
func (actionKind) Prefix() string       { return "act" }
func (instructionKind) Prefix() string  { return "ins" }
func (categoryKind) Prefix() string     { return "cat" }
func (evaluationKind) Prefix() string   { return "evl" }

// The kinds of ID, one for each kind of object.
type (
	AccountID      = ID[accountKind]
	MemberID       = ID[memberKind]
	ChatbotID      = ID[chatbotKind]
	KeyID          = ID[keyKind]
	EndUserID      = ID[endUserKind]
	ConversationID = ID[conversationKind]
	MessageID      = ID[messageKind]
	DocumentID     = ID[documentKind]
	EventID        = ID[eventKind]
	WebhookID      = ID[webhookKind]
	DeliveryID     = ID[deliveryKind]
	AttemptID      = ID[attemptKind]
	ReplayID       = ID[replayKind]
	ReceiverID     = ID[receiverKind]
	RequestID      = ID[requestKind]
	AuditID        = ID[auditKind]
	SessionID      = ID[sessionKind]
	PersonID       = ID[personKind]
	AttachmentID   = ID[attachmentKind]
	NoteID         = ID[noteKind]
	CannedReplyID  = ID[cannedKind]
	ActionID       = ID[actionKind]
	InstructionID  = ID[instructionKind]
	CategoryID     = ID[categoryKind]
	EvaluationID   = ID[evaluationKind]
)

// Layout of an ID's low bits: 9 bits for the node that made it, 12 for a counter within the millisecond.
const (
	IDNodeBits    = 9
	IDCounterBits = 12
	idTimeShift   = IDNodeBits + IDCounterBits
	idTextLen     = 13
	idAlphabet    = "0123456789abcdefghijklmnopqrstuv" // base32hex: text sorts as the number does
)

// FirstIDAt returns the smallest value that an ID made at t or later can have. It turns a time
// filter into a range of IDs. Times that no ID can have, before 1970 or after lastIDTime, stand for
// the smallest and the largest ID.
func FirstIDAt(t Time) int64 {
	if t > lastIDTime {
		return math.MaxInt64
	}
	return max(int64(t), 0) << idTimeShift
}

// lastIDTime is the last millisecond that fits into an ID, in the year 2109.
const lastIDTime = Time(math.MaxInt64 >> idTimeShift)

// Time returns the moment when the ID was made.
func (id ID[K]) Time() Time { return Time(int64(id) >> idTimeShift) }

// String returns the ID as it stands on the wire, or "" for the zero ID.
func (id ID[K]) String() string {
	if id == 0 {
		return ""
	}
	return string(id.AppendText(make([]byte, 0, 5+idTextLen)))
}

// AppendText appends what String returns.
func (id ID[K]) AppendText(dst []byte) []byte {
	if id == 0 {
		return dst
	}
	var k K
	dst = append(dst, k.Prefix()...)
	dst = append(dst, '_')
	for shift := (idTextLen - 1) * 5; shift >= 0; shift -= 5 {
		dst = append(dst, idAlphabet[uint64(id)>>shift&31])
	}
	return dst
}

// MarshalText implements encoding.TextMarshaler.
func (id ID[K]) MarshalText() ([]byte, error) { return id.AppendText(nil), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it takes what String makes, and "" as the zero ID.
func (id *ID[K]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = 0
		return nil
	}
	parsed, err := ParseID[K](string(text))
	*id = parsed
	return err
}

// ParseID reads an ID of kind K. It fails for another kind's prefix and for anything that String
// could not have made.
func ParseID[K Kind](text string) (ID[K], error) {
	var k K
	digits, ok := strings.CutPrefix(text, k.Prefix()+"_")
	if !ok || len(digits) != idTextLen {
		return 0, fmt.Errorf("%q is not an ID like %s_0d1vqk2m80000", text, k.Prefix())
	}
	var n uint64
	for i := range len(digits) {
		digit := strings.IndexByte(idAlphabet, digits[i])
		if digit < 0 {
			return 0, fmt.Errorf("%q is not an ID like %s_0d1vqk2m80000", text, k.Prefix())
		}
		n = n<<5 | uint64(digit)
	}
	if n == 0 || n >= 1<<63 || digits[0] > '7' {
		return 0, fmt.Errorf("%q is not an ID like %s_0d1vqk2m80000", text, k.Prefix())
	}
	return ID[K](n), nil
}

// Time is a moment in milliseconds since the Unix epoch, UTC; zero means never. On the wire it is
// RFC 3339 with milliseconds.
type Time int64

const timeLayout = "2006-01-02T15:04:05.000Z"

// At turns a time.Time into a Time, dropping what is finer than a millisecond.
func At(t time.Time) Time { return Time(t.UnixMilli()) }

// Std returns the moment as a time.Time in UTC.
func (t Time) Std() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add returns the moment d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// Sub returns how long after u the moment t is.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Millisecond }

// String returns the moment as it stands on the wire, or "" for never.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	return t.Std().Format(timeLayout)
}

// AppendText appends what String returns.
func (t Time) AppendText(dst []byte) []byte {
	if t == 0 {
		return dst
	}
	return t.Std().AppendFormat(dst, timeLayout)
}

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it takes any RFC 3339 time, and "" as never.
func (t *Time) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = 0
		return nil
	}
	std, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time like 2026-11-22T19:00:00.123Z", text)
	}
	*t = At(std)
	return nil
}
