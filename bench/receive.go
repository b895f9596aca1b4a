package main

import (
	"bufio"
	"bytes"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// receiver takes deliveries and checks that they are complete and in order. Like the loader it
// speaks just enough HTTP/1.1.
type receiver struct {
	listener net.Listener
	answer   answer

	arrived atomic.Int64 // distinct events answered 2xx
	tries   atomic.Int64

	mu         sync.Mutex
	seen       []bool           // by number
	sequences  map[string]int64 // newest sequence that arrived, by conversation
	latencies  []time.Duration
	duplicates int
	disordered int
}

func startReceiver(answer answer) (*receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{listener: listener, answer: answer, sequences: map[string]int64{}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r, nil
}

func (r *receiver) url() string { return "http://" + r.listener.Addr().String() + "/hook" }

func (r *receiver) close() { _ = r.listener.Close() }

var (
	acknowledged = []byte("HTTP/1.1 204 No Content\r\n\r\n")
	failure      = []byte("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
)

func (r *receiver) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 16<<10)
	var body []byte
	for {
		length, first := 0, false
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				break
			}
			if len(line) > 16 && bytes.EqualFold(line[:15], []byte("content-length:")) {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(line[15:])))
			}
			if len(line) > 13 && bytes.EqualFold(line[:13], []byte("bot9-attempt:")) {
				first = string(bytes.TrimSpace(line[13:])) == "1"
			}
		}
		if cap(body) < length {
			body = make([]byte, length)
		}
		body = body[:length]
		for read := 0; read < length; {
			n, err := in.Read(body[read:])
			if err != nil {
				return
			}
			read += n
		}
		arrival := time.Now()
		status, wait := 204, time.Duration(0)
		if attempt := r.tries.Add(1); r.answer != nil {
			status, wait = r.answer(attempt)
		}
		time.Sleep(wait)
		r.note(body, arrival, status == 204, first)
		reply := acknowledged
		if status != 204 {
			reply = failure
		}
		if _, err := conn.Write(reply); err != nil {
			return
		}
	}
}

// note checks one delivery. An event counts as arrived in order by its first arrival, whatever it
// was answered. Latencies are those of first attempts: a retry waits on purpose.
func (r *receiver) note(body []byte, at time.Time, acknowledged, first bool) {
	number, posted := readMessage(body)
	conversation, sequence := readOrder(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	for int64(len(r.seen)) <= number {
		r.seen = append(r.seen, make([]bool, 1<<16)...)
	}
	if newest := r.sequences[string(conversation)]; sequence > newest {
		if sequence != newest+1 && newest != 0 {
			r.disordered++
		}
		r.sequences[string(conversation)] = sequence
	}
	if !acknowledged {
		return
	}
	if r.seen[number] {
		r.duplicates++
		return
	}
	r.seen[number] = true
	if first {
		r.latencies = append(r.latencies, at.Sub(time.Unix(0, posted)))
	}
	r.arrived.Add(1)
}

func readMessage(body []byte) (number, posted int64) {
	_, rest, _ := bytes.Cut(body, []byte(`"message":"`))
	first, rest, _ := bytes.Cut(rest, []byte(" "))
	second, _, _ := bytes.Cut(rest, []byte(" "))
	number, _ = strconv.ParseInt(string(first), 10, 64)
	posted, _ = strconv.ParseInt(string(second), 10, 64)
	return number, posted
}

func readOrder(body []byte) (conversation []byte, sequence int64) {
	at := bytes.LastIndex(body, []byte(`"conversationId":"`))
	rest := body[at+len(`"conversationId":"`):]
	conversation, rest, _ = bytes.Cut(rest, []byte(`"`))
	_, number, _ := bytes.Cut(rest, []byte(`:`))
	sequence, _ = strconv.ParseInt(string(bytes.TrimRight(number, "}")), 10, 64)
	return conversation, sequence
}
