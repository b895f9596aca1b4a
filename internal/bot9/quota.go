package bot9

// Quotas are how many of each thing there may be. 0 = any number.
type Quotas struct {
	Chatbots  int `json:"chatbots" doc:"Chatbots of an account; 0 = any number" example:"200"`
	Webhooks  int `json:"webhooks" doc:"Webhooks of a chatbot" example:"1000"`
	Keys      int `json:"keys" doc:"Keys of a chatbot" example:"100"`
	Members   int `json:"members" doc:"Members of an account, invited ones included" example:"500"`
	Documents int `json:"documents" doc:"Documents of a chatbot" example:"10000"`
	Passages  int `json:"passages" doc:"Passages of all of a chatbot's documents together" example:"20000"`
	Streams   int `json:"streams" doc:"Live streams of a key or person at once, on each node" example:"200"`
}

// DefaultQuotas are those that nobody meets who isn't out for it.
var DefaultQuotas = Quotas{Chatbots: 200, Webhooks: 1000, Keys: 100, Members: 500, Documents: 10_000, Passages: 20_000, Streams: 200}

// QuotaExceeded says that there are as many of something as may be; quota is its name in Quotas.
func QuotaExceeded(quota string, limit int) *Error {
	err := Errorf(Invalid, "quotaExceeded", "There may be %d %s, and there are. Remove some, or have the operator of the server allow more.", limit, quota)
	err.Quota, err.Limit = quota, limit
	return err
}
