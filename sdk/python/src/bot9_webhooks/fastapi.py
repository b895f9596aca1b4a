"""The adapter for FastAPI and Starlette."""

from typing import Awaitable, Callable, Optional

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from . import answer as answers
from .answer import Answer
from .handler import Handler


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Makes a handler an endpoint: ``app.post("/bot9")(endpoint(handler))`` in FastAPI,
    ``Route("/bot9", endpoint(handler), methods=["POST"])`` in Starlette.
    """

    async def receive_bot9_webhook(request: Request) -> Response:
        answer = await _answer(handler, request)
        return Response(answer.body, answer.status, answer.headers)

    return receive_bot9_webhook


async def _answer(handler: Handler, request: Request) -> Answer:
    if request.method != "POST":
        return answers.METHOD_NOT_ALLOWED
    try:
        body = await _read(request, handler.max_body_bytes)
    except ClientDisconnect:
        return answers.UNREADABLE
    except RuntimeError:  # somebody before has read the stream
        return answers.NOT_RAW
    if body is None:
        return answers.TOO_LARGE
    return await handler.receive_async(body, request.headers)


async def _read(request: Request, limit: int) -> Optional[bytes]:
    """Reads the body. It returns None, and stops reading, beyond limit bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
