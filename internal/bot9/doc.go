// Package bot9 is the vocabulary that every other package speaks: accounts and their chatbots,
// conversations and messages, events, webhooks, deliveries and attempts. It imports the standard
// library only, does no I/O and reads no clock.
package bot9
