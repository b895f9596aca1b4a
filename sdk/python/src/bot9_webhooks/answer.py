import json
from dataclasses import dataclass
from typing import Dict

from .errors import WebhookError


@dataclass(frozen=True)
class Answer:
    """What to tell Bot9 about a delivery. A 2xx ends it; anything else has it sent again."""

    status: int
    code: str
    message: str = ""

    @property
    def headers(self) -> Dict[str, str]:
        headers = {"content-type": "application/json"}
        if self.status == 405:
            headers["allow"] = "POST"
        return headers

    @property
    def body(self) -> bytes:
        content = {"code": self.code}
        if self.message:
            content["message"] = self.message
        return json.dumps(content, separators=(",", ":")).encode() + b"\n"


HANDLED = Answer(200, "handled")
DUPLICATE = Answer(200, "duplicate")
IGNORED = Answer(200, "ignored")
UNREADABLE = Answer(400, "bodyUnreadable", "the body could not be read")
METHOD_NOT_ALLOWED = Answer(405, "methodNotAllowed", "deliveries come by POST")
IN_PROGRESS = Answer(409, "inProgress", "this event is being handled already")
TOO_LARGE = Answer(413, "bodyTooLarge", "the body is larger than this receiver takes")
HANDLER_FAILED = Answer(500, "handlerFailed", "the event could not be handled")
NOT_RAW = Answer(500, "bodyNotRaw", "the body was parsed before it could be verified")
STORE_UNAVAILABLE = Answer(503, "storeUnavailable", "what was handled before can't be looked up")


def answer_error(error: WebhookError) -> Answer:
    """The answer to what is wrong: 401 where the signature or its time doesn't hold, else 400."""
    unauthorized = error.code in ("timestampTooOld", "timestampTooNew", "noMatchingSignature")
    return Answer(401 if unauthorized else 400, error.code, error.message)
