"""Checked by mypy, not run: the function for an event gets its data."""

from bot9_webhooks import CatalogEvent, Event, Handler
from bot9_webhooks.events import HandoverRequestedEvent, MessageReceivedEvent, PingEvent

handler = Handler("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


@handler.on("messageReceived")
def on_message(event: MessageReceivedEvent) -> str:
    return event["data"]["message"]


@handler.on("handoverRequested")
async def on_handover(event: HandoverRequestedEvent) -> None:
    print(event["data"]["recentMessages"][0]["senderType"])


@handler.on("custom.orderShipped")
def on_shipped(event: Event) -> None:
    print(event["data"]["order"])


@handler.on("messageSent")  # type: ignore[arg-type]
def on_wrong_event(event: PingEvent) -> None:
    print(event["data"]["message"])  # type: ignore[typeddict-item]


def narrow(event: CatalogEvent) -> str:
    if event["event"] == "messageReceived":
        return event["data"]["message"]
    return event["event"]
