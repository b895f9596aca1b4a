"""Stores every event that Bot9 sends in an SQLite database, and shows what was said in a conversation.

The event's ID is the table's key, so an event that comes twice is stored once; it is committed before
it is acknowledged, so none is lost. `sequence` gives each conversation's order, whatever the order of
arrival, and shows what is missing.
"""

import json
import os
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bot9_webhooks import Event, Handler

DATABASE = os.environ.get("DATABASE", "events.db")

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id              TEXT PRIMARY KEY,
    event           TEXT NOT NULL,
    conversation_id TEXT,
    sequence        INTEGER,
    created_at      TEXT NOT NULL,
    data            TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_order ON events (conversation_id, sequence);
"""


def connect() -> sqlite3.Connection:
    return sqlite3.connect(DATABASE, timeout=10)


def store(event: Event) -> None:
    row = (event["id"], event["event"], event.get("conversationId"), event.get("sequence"), event["createdAt"], json.dumps(event["data"]))
    with closing(connect()) as connection, connection:  # the inner one commits
        stored = connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING", row).rowcount
    print("stored " if stored else "had    ", event.get("conversationId", "-"), event.get("sequence", ""), event["event"], flush=True)


def show(conversation_id: str) -> None:
    """Prints a conversation's events in their order, and the gaps."""
    with closing(connect()) as connection:
        rows = connection.execute(
            "SELECT sequence, event, data FROM events WHERE conversation_id = ? ORDER BY sequence", (conversation_id,)
        ).fetchall()
    expected = rows[0][0] if rows else 0
    for sequence, event, data in rows:
        if sequence > expected:
            print(f"     … {sequence - expected} missing")
        print(f"{sequence:4}  {event:26} {json.loads(data).get('message', '')}")
        expected = sequence + 1


def serve() -> None:
    handler = Handler(os.environ["BOT9_WEBHOOK_SECRET"])
    handler.on_other(store)  # the function for all events

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            if length > handler.max_body_bytes:
                self.close_connection = True  # what is left of the body is not read
                self.send_error(413)
                return
            answer = handler.receive(self.rfile.read(length), dict(self.headers))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass  # store says what matters

    with closing(connect()) as connection:
        connection.executescript(SCHEMA)
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    server.server_close()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "show":
        show(sys.argv[2])
    elif len(sys.argv) == 1:
        serve()
    else:
        sys.exit("usage: main.py [show CONVERSATION]")
