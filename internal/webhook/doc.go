// Package webhook is where an event leaves Bot9: it signs a
// delivery, guards which targets may be reached, sends the request and turns whatever comes back
// into an attempt. It also checks a webhook's settings. It decides nothing about retries.
//
// A webhook is prepared once ([Sender.Prepare]) and sent to many times ([Sender.Send]).
package webhook
