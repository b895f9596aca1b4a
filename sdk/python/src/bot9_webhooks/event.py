import json
from typing import Any, Dict, TypedDict, cast

from .errors import WebhookError
from .signature import Body, bytes_of


class _EventRequired(TypedDict):
    event: str
    data: Dict[str, Any]
    id: str
    # When the event was committed: RFC 3339 with milliseconds, UTC
    createdAt: str
    apiVersion: str


class Event(_EventRequired, total=False):
    """What a delivery's body tells. The event types of the catalog have types of their own, such as
    MessageReceivedEvent.
    """

    # Absent outside a conversation
    conversationId: str
    # 1, 2, 3 … within the conversation; absent outside
    sequence: int


def parse_event(body: Body) -> Event:
    """Reads a delivery's body. Verify it first. Raises WebhookError."""
    content = bytes_of(body)
    try:
        event = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise WebhookError("invalidEvent", "the body is not an event") from None
    if not _is_event(event):
        raise WebhookError("invalidEvent", "the body has no event, no id, or no data object")
    return cast(Event, event)


def _is_event(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_text(value.get("event"))
        and _is_text(value.get("id"))
        and isinstance(value.get("data"), dict)
        and isinstance(value.get("conversationId", ""), str)
        and type(value.get("sequence", 0)) is int
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
