package api

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

// eventWriter writes server-sent events (WHATWG HTML, section 9.2). An error means that the client
// is gone.
type eventWriter struct {
	w          http.ResponseWriter
	connection *http.ResponseController
}

// newEventWriter begins the answer.
func newEventWriter(w http.ResponseWriter) *eventWriter {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // a proxy that holds parts back would make it anything but live
	w.WriteHeader(http.StatusOK)
	return &eventWriter{w: w, connection: http.NewResponseController(w)}
}

// event writes an event; data is one line, as JSON is. It is not flushed.
func (out *eventWriter) event(id, name string, data []byte) error {
	return out.write(appendServerSent(make([]byte, 0, len(data)+len(id)+len(name)+32), id, name, data))
}

// appendServerSent appends an event as it travels; data is one line.
func appendServerSent(text []byte, id, name string, data []byte) []byte {
	if id != "" {
		text = append(append(append(text, "id: "...), id...), '\n')
	}
	text = append(append(append(text, "event: "...), name...), '\n')
	return append(append(append(text, "data: "...), data...), "\n\n"...)
}

// encodeLine writes v as JSON, without the end of the line.
func encodeLine(v any) ([]byte, error) {
	var data bytes.Buffer
	err := jsonFormat.Marshal(&data, v)
	return bytes.TrimSuffix(data.Bytes(), []byte("\n")), err
}

// send writes an event with v as its data, and flushes.
func (out *eventWriter) send(name string, v any) error {
	data, err := encodeLine(v)
	if err != nil {
		return err
	}
	if err := out.event("", name, data); err != nil {
		return err
	}
	return out.flush()
}

// fail tells the client why the stream ends.
func (out *eventWriter) fail(ctx context.Context, err error) {
	p, _ := problemFor(ctx, err)
	_ = out.send("error", p) // an error means that the client is gone
}

// comment writes a line that clients ignore, so that the connection is used.
func (out *eventWriter) comment(text string) error {
	line := ": " + text + "\n\n"
	if text != "" {
		line = "retry: " + strconv.FormatInt(reconnectAfter.Milliseconds(), 10) + "\n" + line
	}
	if err := out.write([]byte(line)); err != nil {
		return err
	}
	return out.flush()
}

func (out *eventWriter) write(text []byte) error {
	_ = out.connection.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has a connection
	_, err := out.w.Write(text)
	return err
}

// end leaves the connection as it was, since another request may follow on it.
func (out *eventWriter) end() { _ = out.connection.SetWriteDeadline(time.Time{}) }

func (out *eventWriter) flush() error { return out.connection.Flush() }
