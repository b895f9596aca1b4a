package bot9

import "time"

// Person is somebody who logs in. An address belongs to one person, who may be a member of several
// accounts. Nobody becomes a person by being invited.
type Person struct {
	ID           PersonID
	Email        string // in lower case
	Name         string
	PasswordHash string // argon2id in PHC format
	VerifiedAt   Time   // when they proved that the address is theirs; zero if they have not

	SecondFactorAt Time // since when log-ins take a second factor; zero if they don't
}

// LoginFrom is where a log-in comes from.
type LoginFrom struct {
	Address string // IP address
	Device  string // the secret of a device that has logged in before; "" if there is none
	Agent   string // the program, as it calls itself
	Code    string // of the second factor; "" if none was given
}

// NewSession is a session that has just begun, with the secrets that only its owner gets to know.
type NewSession struct {
	Member    Member
	Account   Account
	Token     string
	ExpiresAt Time
	Device    string // proves from now on that the person has logged in from this device
}

// Session is a log-in of a person that has not ended.
type Session struct {
	ID         SessionID `json:"id" doc:"The session"`
	Current    bool      `json:"current" doc:"It is the one that asks"`
	CreatedAt  Time      `json:"createdAt" format:"date-time" doc:"When the person logged in"`
	LastUsedAt Time      `json:"lastUsedAt" format:"date-time" doc:"Exact to a minute"`
	ExpiresAt  Time      `json:"expiresAt" format:"date-time" doc:"When it ends at the latest; it ends earlier when it isn't used"`
	Address    string    `json:"address" doc:"The IP address that it was last used from" example:"192.0.2.7"`
	Agent      string    `json:"agent" doc:"The browser or program, as it calls itself" example:"Mozilla/5.0 (X11; Linux x86_64)"`

	PersonID PersonID `json:"-"`
	MemberID MemberID `json:"-"` // the membership that it acts in

	// FactorMissing: the account takes only people with a second factor, which this one lacks.
	FactorMissing bool `json:"-"`
}

// Membership is an account that a person belongs to.
type Membership struct {
	Member  Member
	Account Account
}

// How long sessions and the links of mails last.
const (
	SessionTime = 30 * 24 * time.Hour // at most
	SessionIdle = 7 * 24 * time.Hour  // without a call
	InviteTime  = 7 * 24 * time.Hour
	ResetTime   = time.Hour
	DeviceTime  = 365 * 24 * time.Hour // a device that isn't used is forgotten
)

// TokenPurpose is what a one-time link is for.
type TokenPurpose string

// The purposes.
const (
	TokenReset  TokenPurpose = "reset"  // of a password
	TokenVerify TokenPurpose = "verify" // an address at sign-up
	TokenEmail  TokenPurpose = "email"  // a new address
)

// Security is what an account asks of its people.
type Security struct {
	RequireSecondFactor bool `json:"requireSecondFactor" doc:"Only people with a second factor may do anything in the account, but set one up"`
}

// AccountOverview is an account as the operator sees it.
type AccountOverview struct {
	Account
	Owner      string `json:"owner"` // the address of the oldest owner
	Members    int    `json:"members"`
	Chatbots   int    `json:"chatbots"`
	CreatedAt  Time   `json:"createdAt"`
	DisabledAt Time   `json:"disabledAt,omitzero"`
}
