"""The adapter for Flask."""

from typing import Callable, Optional

from flask import Response, request

from . import answer as answers
from .answer import Answer
from .handler import Handler


def view(handler: Handler) -> Callable[[], Response]:
    """Makes a handler a view: ``app.post("/bot9")(view(handler))``."""

    def receive_bot9_webhook() -> Response:
        answer = _answer(handler)
        return Response(answer.body, answer.status, answer.headers)

    return receive_bot9_webhook


def _answer(handler: Handler) -> Answer:
    if request.method != "POST":
        return answers.METHOD_NOT_ALLOWED
    body = _read(handler.max_body_bytes)
    if body is None:
        return answers.TOO_LARGE
    if not body and request.content_length:  # somebody before has read the stream
        return answers.NOT_RAW
    return handler.receive(body, dict(request.headers))


def _read(limit: int) -> Optional[bytes]:
    """Reads the body. It returns None beyond limit bytes."""
    if request.content_length is None:
        body = request.stream.read(limit + 1)
    elif request.content_length > limit:
        return None
    else:
        body = request.get_data()
    return body if len(body) <= limit else None
