package bot9

// DeviceStatus is what a person has decided about a device login.
type DeviceStatus string

// The states of a device login. One whose key was collected is no more.
const (
	DevicePending  DeviceStatus = "pending"
	DeviceApproved DeviceStatus = "approved"
	DeviceDenied   DeviceStatus = "denied"
)

// DeviceLogin is a program without a browser, such as the command line, that asks a person for a
// secret key: the device authorization grant of RFC 8628, with a key of ours for the token. The
// program holds a device code, and only its hash is stored; the person is shown the user code.
type DeviceLogin struct {
	UserCode   string // letters only
	ClientName string // as the program calls itself, which nobody has checked
	Address    string // where it asked from
	Status     DeviceStatus
	ChatbotID  ChatbotID // of the key, once approved
	CreatedAt  Time
	ExpiresAt  Time
}

// DeviceAnswer is what the program learns when it asks how its login stands.
type DeviceAnswer struct {
	Status  DeviceStatus
	TooSoon bool    // it has asked more often than it may, and is to ask less often from now on
	Key     Key     // of an approved login, made for this answer
	Chatbot Chatbot // that the key belongs to
}
