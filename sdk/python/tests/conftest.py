import json
import time

import pytest

from bot9_webhooks import sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def envelope(event="ping", **data):
    return json.dumps(
        {
            "event": event,
            "data": {"chatbotId": "bot_1", **data},
            "id": "evt_1",
            "createdAt": "2026-11-22T19:00:00.123Z",
            "apiVersion": "1",
            "conversationId": "conv_1",
            "sequence": 5,
        },
        ensure_ascii=False,
    ).encode()


@pytest.fixture
def secret():
    return SECRET


@pytest.fixture
def make_body():
    return envelope


@pytest.fixture
def signed():
    """Signs a body now."""
    return lambda body, id="evt_1": sign(body, id, time.time(), SECRET)
