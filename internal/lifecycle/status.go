package lifecycle

import "github.com/bot9/bot9/internal/bot9"

// rule gives the status of an unfinished delivery whose webhook is enabled.
type rule struct {
	status          bot9.DeliveryStatus
	tried, setAside bool
}

// Only a delivery that was tried is ever set aside.
var rules = []rule{
	{bot9.DeliveryPending, false, false},
	{bot9.DeliveryRetrying, true, false},
	{bot9.DeliverySetAside, true, true},
}

// Status is what is shown of an unfinished delivery.
func Status(attempts int, setAside bool, webhook bot9.WebhookStatus) bot9.DeliveryStatus {
	if webhook == bot9.WebhookDisabled {
		return bot9.DeliveryHeld
	}
	for _, r := range rules {
		if r.tried == (attempts > 0) && r.setAside == setAside {
			return r.status
		}
	}
	return bot9.DeliverySetAside
}

// Show sets an unfinished delivery's status and when it is attempted next, which is not known while it
// waits for others or is held.
func Show(d *bot9.Delivery, state State, setAside bool, webhook bot9.WebhookStatus) {
	d.Status = Status(d.Attempts, setAside, webhook)
	if state == Waiting || d.Status == bot9.DeliveryHeld {
		d.NextAttemptAt = 0
	}
}

// MayShow tells whether an unfinished delivery of a webhook can have the status; "" is any.
func MayShow(status bot9.DeliveryStatus, webhook bot9.WebhookStatus) bool {
	if status == "" {
		return true
	}
	return status.Unfinished() && (status == bot9.DeliveryHeld) == (webhook == bot9.WebhookDisabled)
}

// Shown tells which deliveries have the status while their webhook is enabled. ok is false if the status
// doesn't depend on that.
func Shown(status bot9.DeliveryStatus) (tried, setAside, ok bool) {
	for _, r := range rules {
		if r.status == status {
			return r.tried, r.setAside, true
		}
	}
	return false, false, false
}
