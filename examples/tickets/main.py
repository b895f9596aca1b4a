"""Opens a ticket when a conversation needs a human.

It speaks to any tracker that takes an issue as JSON, as GitHub, Gitea and Forgejo do. A small SQLite
database remembers which conversation has which ticket, so that an event that comes twice, or a second
request within the same conversation, opens no second one. Once the conversation is closed, the next
request gets a new ticket.
"""

import json
import os
import signal
import sqlite3
import threading
import urllib.request
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bot9_webhooks import Handler
from bot9_webhooks.events import ConversationClosedEvent, HandoverRequestedEvent

TICKETS_URL = os.environ.get("TICKETS_URL", "")
TICKETS_TOKEN = os.environ.get("TICKETS_TOKEN", "")
BOT9_URL = os.environ.get("BOT9_URL", "http://127.0.0.1:8420")
DATABASE = os.environ.get("DATABASE", "tickets.db")

SCHEMA = """
CREATE TABLE IF NOT EXISTS tickets (
    event_id        TEXT PRIMARY KEY, -- of the request
    conversation_id TEXT NOT NULL,
    sequence        INTEGER NOT NULL, -- of the request in its conversation
    url             TEXT NOT NULL,
    closed          BOOLEAN NOT NULL DEFAULT FALSE
);
"""

handler = Handler(os.environ["BOT9_WEBHOOK_SECRET"])


def connect() -> sqlite3.Connection:
    return sqlite3.connect(DATABASE, timeout=10)


@handler.on("handoverRequested")
def open_ticket(event: HandoverRequestedEvent) -> None:
    conversation = event.get("conversationId")
    if not conversation:
        return  # a sample event, of no conversation
    with closing(connect()) as connection, connection:
        known = connection.execute(
            "SELECT url FROM tickets WHERE event_id = ? OR conversation_id = ? AND NOT closed", (event["id"], conversation)
        ).fetchone()
        if known:
            print("has one ", conversation, known[0], flush=True)
            return
        url = create(event)
        connection.execute(
            "INSERT INTO tickets (event_id, conversation_id, sequence, url) VALUES (?, ?, ?, ?)", (event["id"], conversation, event["sequence"], url)
        )
    print("opened  ", conversation, url, flush=True)


@handler.on("conversationClosed")
def forget_ticket(event: ConversationClosedEvent) -> None:
    with closing(connect()) as connection, connection:
        # Only tickets from before: an old event that is replayed closes nothing newer.
        connection.execute(
            "UPDATE tickets SET closed = TRUE WHERE conversation_id = ? AND sequence < ?",
            (event.get("conversationId", ""), event.get("sequence", 0)),
        )


def create(event: HandoverRequestedEvent) -> str:
    """Makes the ticket. What it raises makes the answer 500, and Bot9 sends the event again."""
    data = event["data"]
    said = [f"{m['senderType']}: {m['message']}" for m in data["recentMessages"]]
    # What strangers wrote stands in an indented block, where it can neither mention anybody nor be markup.
    quoted = "\n".join("    " + line for line in "\n".join(said).splitlines())
    link = f"{BOT9_URL}/{data['chatbotId']}/inbox?conversation={event['conversationId']}"
    ticket = {
        "title": f"A conversation needs a human: {data['reason'] or 'no reason given'}",
        "body": f"Asked for by {data['requestedBy']}. [Open the conversation]({link})\n\n{quoted}\n",
    }
    headers = {"Content-Type": "application/json", "Idempotency-Key": event["id"], "User-Agent": "bot9-tickets"}
    if TICKETS_TOKEN:
        headers["Authorization"] = f"Bearer {TICKETS_TOKEN}"
    request = urllib.request.Request(TICKETS_URL, json.dumps(ticket).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        made = json.load(answer)
    return str(made.get("html_url") or made.get("url") or made.get("id") or "made")


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
        pass  # the functions above say what matters


def main() -> None:
    if not TICKETS_URL.startswith(("https://", "http://")):
        raise SystemExit("set TICKETS_URL, such as https://api.github.com/repos/you/support/issues")
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
    main()
