package delivery

import "github.com/bot9/bot9/internal/bot9"

// Events may be large, so what is held is bounded by bytes too, by one budget for what is queued, being claimed and in
// flight. An endpoint gets a share of what is free, as of workers; one delivery it may always hold, and send while
// nothing else of it is under way, until twice the budget is used.

const (
	defaultMemory   = 64 << 20
	deliveryBytes   = 1 << 10  // that a delivery takes besides its event's data
	inFlightCopies  = 2        // of the data, of a delivery under way: the event's, and the request's body
	guessedSize     = 16 << 10 // of an endpoint's deliveries, as long as none is known
	mostClaimed     = 2 << 20  // bytes that one claim asks for at most, by what is known of the endpoint's deliveries
	sizeMemory      = 8        // deliveries over which their size is averaged, about
	endpointsOfRoom = 4        // an endpoint may hold one part in so many of what is free
)

func sizeOf(d *bot9.Delivery) int {
	if d.Event == nil {
		return deliveryBytes
	}
	return deliveryBytes + len(d.Event.Data)
}

// hold counts a delivery that its endpoint's queue gets. Sizes that grow are learnt at once, those that shrink slowly.
func (e *Dispatcher) hold(ep *endpoint, d *bot9.Delivery) {
	size := sizeOf(d)
	e.bytes += size
	ep.bytes += size
	ep.size = max(size, ep.size-(ep.size-size)/sizeMemory)
}

// begin counts a delivery that leaves the queue and goes out.
func (e *Dispatcher) begin(ep *endpoint, d *bot9.Delivery) {
	size := sizeOf(d)
	ep.bytes -= size
	e.bytes += (inFlightCopies - 1) * size
}

func (ep *endpoint) sizeOrGuess() int {
	if ep.size == 0 {
		return guessedSize
	}
	return ep.size
}

// mayHold tells whether the endpoint may get more deliveries into memory, of the size that it usually has.
func (e *Dispatcher) mayHold(ep *endpoint, more int) bool {
	return more == 1 && ep.queued() == 0 && e.bytes < e.budget || ep.bytes+more*ep.size <= (e.budget-e.bytes)/endpointsOfRoom
}

// claimSize is how many deliveries the endpoint may claim at once, of at most most; 0 if memory has no room at present.
func (e *Dispatcher) claimSize(ep *endpoint, most int) int {
	size := ep.sizeOrGuess()
	room := (e.budget-e.bytes)/endpointsOfRoom - ep.bytes
	if batch := min(most, min(room, mostClaimed)/size); batch > 0 {
		return batch
	}
	if ep.queued() == 0 && ep.inFlight == 0 && e.bytes < 2*e.budget {
		return 1
	}
	return 0
}

// maySend tells whether the next delivery of the endpoint may go out: its request takes about as much again.
func (e *Dispatcher) maySend(ep *endpoint) bool {
	return e.bytes+ep.size <= e.budget || ep.inFlight == 0 && e.bytes < 2*e.budget
}
