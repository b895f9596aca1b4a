// Package webhook is the stop of an event's way at which it leaves the house: it signs a
// delivery, guards which targets may be reached, sends the request and turns whatever comes back
// into an attempt. It also checks a webhook's settings. It decides nothing about retries.
//
// A webhook is prepared once ([Sender.Prepare]) and sent to many times ([Sender.Send]).
package webhook
