// Package lifecycle says what states a delivery goes through, what moves it from one to the next, and
// which status each shows. It is pure: the store keeps the states, policy and the dispatcher cause the
// moves.
// ARCHITECTURE.md draws it (Life of a delivery); Moves lists it, with who moves what.
//
// A lane is a webhook and a conversation. Only a lane's head is ever Ready, Taken or Direct; the others
// are Waiting. When the head leaves the lane (it is finished, set aside or purged), the next is promoted
// in the same transaction. A delivery that has no order is a lane of its own.
package lifecycle

// State is where a delivery stands.
type State uint8

// The states. Waiting, Ready and Taken are rows of the backlog; Finished is a row of the history.
const (
	None     State = iota // the event is not committed yet
	Direct                // taken by this process; only the event's row names it
	Waiting               // behind its lane's head
	Ready                 // its lane's head, due at a known time
	Taken                 // a process sends it, or is about to
	Finished              // succeeded, failed or canceled
	Purged                // nothing is left
)

// String names the state.
func (s State) String() string {
	return [...]string{"none", "direct", "waiting", "ready", "taken", "finished", "purged"}[s]
}

// The state column of a backlog row. A taken row also names its node: RowTaken plus the node's number.
const (
	RowWaiting int64 = 0
	RowReady   int64 = 1
	RowTaken   int64 = 2
)

// OfRow is the state that a row's number names.
func OfRow(number int64) State {
	switch {
	case number >= RowTaken:
		return Taken
	case number == RowReady:
		return Ready
	default:
		return Waiting
	}
}

// TakenBy is the number of a row that the node has taken. 0 is the only process on its database.
func TakenBy(node int64) int64 { return RowTaken + node }

// Cause is what moves a delivery.
type Cause uint8

// The causes.
const (
	Queued    Cause = iota // its event was accepted, and its lane is occupied
	Offered                // its event was accepted, its lane is empty, and it waits for the dispatcher
	Admitted               // its event was accepted, its lane is empty, and the dispatcher takes it at once
	Recorded               // what was direct gets its row
	Recovered              // the process that had it direct or taken has ended
	Promoted               // the head of its lane has left
	Claimed                // the dispatcher takes it from the backlog
	Released               // the dispatcher gives it back without an attempt
	Repeated               // the attempt was broken off by this side, and doesn't count
	Retried                // the attempt failed; its lane waits for the next one
	LeftLane               // the attempt failed; its lane goes on without it
	Succeeded              // the endpoint acknowledged it
	GivenUp                // the attempt failed and was the last
	Canceled               // its replay was canceled, or its webhook doesn't want it any more
	MadeDue                // a user wants it attempted now
	Reopened               // a user wants it attempted again
	Expired                // its event, its webhook or its chatbot is gone
)

// Actor is who moves a delivery.
type Actor string

// The actors.
const (
	Writer     Actor = "writer"     // the transaction that accepts an event or commits a result
	Dispatcher Actor = "dispatcher" // claims, attempts and gives back
	Starter    Actor = "starter"    // a process that starts, or one that finds another dead
	User       Actor = "user"       // a call of the API
	Purger     Actor = "purger"     // retention and deletion
)

// Move is a line of the transition table.
type Move struct {
	From  State
	Cause Cause
	To    State
	By    Actor
}

// Moves is the transition table. What it doesn't list does not happen; a result for a delivery that is
// no longer Taken or Direct changes nothing.
var Moves = []Move{
	{None, Queued, Waiting, Writer},
	{None, Offered, Ready, Writer},
	{None, Admitted, Taken, Writer},  // several processes share the database
	{None, Admitted, Direct, Writer}, // one process has the database to itself
	{Direct, Recorded, Taken, Writer},
	{Direct, Recovered, Ready, Starter},
	{Taken, Recovered, Ready, Starter},
	{Waiting, Promoted, Ready, Writer},
	{Waiting, Promoted, Taken, Writer}, // the dispatcher takes it at once
	{Ready, Claimed, Taken, Dispatcher},
	{Taken, Released, Ready, Dispatcher},
	{Taken, Repeated, Ready, Dispatcher},
	{Taken, Retried, Ready, Dispatcher},
	{Taken, LeftLane, Ready, Dispatcher},
	{Taken, Succeeded, Finished, Dispatcher},
	{Taken, GivenUp, Finished, Dispatcher},
	{Direct, Succeeded, Finished, Dispatcher},
	{Direct, GivenUp, Finished, Dispatcher},
	{Taken, Canceled, Finished, Dispatcher},
	{Direct, Canceled, Finished, Dispatcher},
	{Waiting, Canceled, Finished, User},
	{Ready, Canceled, Finished, User},
	{Ready, MadeDue, Ready, User},
	{Finished, Reopened, Ready, User}, // as a lane of its own
	{Direct, Expired, Purged, Purger},
	{Waiting, Expired, Purged, Purger},
	{Ready, Expired, Purged, Purger},
	{Taken, Expired, Purged, Purger},
	{Finished, Expired, Purged, Purger},
}

// Allows tells whether the cause can move a delivery that is in the state.
func Allows(from State, cause Cause) bool {
	for _, m := range Moves {
		if m.From == from && m.Cause == cause {
			return true
		}
	}
	return false
}

// HoldsLane tells whether a delivery in this state is its lane's head.
func (s State) HoldsLane() bool { return s == Direct || s == Ready || s == Taken }

// InBacklog tells whether a delivery in this state has a row in the backlog.
func (s State) InBacklog() bool { return s == Waiting || s == Ready || s == Taken }
