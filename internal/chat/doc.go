// Package chat is what happens in conversations: messages, answers, handovers, tags, feedback.
// Every decision is a pure function of a moment and the conversation as it stands; the store
// commits what it decides in one transaction, the events that tell of it included.
//
// # The state machine of a conversation
//
//	                 a human is asked for, or takes over
//	          ┌───────────────────────────────────────────────┐
//	          │                                               ▼
//	     ┌────┴─────┐                                 ┌──────────────┐
//	────►│  active  │◄────────────────────────────────┤ needs_review │◄────
//	     │ the bot  │      the human gives it back    │   a human    │
//	     │ answers  │                                 │   answers    │
//	     └──┬────▲──┘                                 └───┬─────▲────┘
//	  close │    │ reopen                           close │     │ reopen
//	        ▼    │                                        ▼     │
//	     ┌───────┴────────────────────────────────────────┴─────┐
//	     │                        closed                        │
//	     │                    nobody answers                    │
//	     └──────────────────────────────────────────────────────┘
//
// Each change of status emits conversationStatusChanged, and then what it means:
//
//	active       → needs_review   agentAssigned if an agent takes over, else handoverRequested
//	needs_review → active         conversationReturnedToBot
//	active       → closed         conversationClosed
//	needs_review → closed         conversationClosed
//	closed       → active         conversationReopened
//	closed       → needs_review   conversationReopened, then as from active
//
// A change to the status that holds already is no change: no event, no error. While the bot
// answers there is no agent; a closed conversation keeps the one it had.
package chat
