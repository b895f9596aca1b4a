import time
from datetime import datetime, timezone

import pytest
import standardwebhooks
from vectors import VERIFY, body_of

from bot9_webhooks import Verifier, WebhookError, parse_event, sign, verify

# The known-answer example of the Standard Webhooks libraries.
KNOWN_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KNOWN_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
KNOWN_AT = 1614265330
KNOWN_BODY = '{"test": 2432232314}'
KNOWN_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_there_are_vectors():
    assert len(VERIFY) >= 60


@pytest.mark.parametrize("vector", VERIFY, ids=lambda vector: vector["name"])
@pytest.mark.parametrize("spell", [str.lower, str.title], ids=["lower case", "title case"])
def test_vectors(vector, spell):
    headers = {spell(name): value for name, value in vector["headers"].items()}
    try:
        verify(body_of(vector), headers, vector["secrets"], now=lambda: vector["now"])
        outcome = "ok"
    except WebhookError as error:
        outcome = error.code
    assert outcome == vector["expect"]


def code_of(error_info):
    return error_info.value.code


def test_the_time_limit_is_the_argument():
    headers = sign(b"{}", "evt_1", 1000, KNOWN_SECRET)

    def check(now):
        verify(b"{}", headers, KNOWN_SECRET, tolerance_seconds=10, now=lambda: now)

    check(1010)
    with pytest.raises(WebhookError) as error:
        check(1010.5)
    assert code_of(error) == "timestampTooOld"
    with pytest.raises(WebhookError) as error:
        check(989.5)
    assert code_of(error) == "timestampTooNew"


def test_the_clock_is_the_real_one_unless_another_is_given():
    verify(b"{}", sign(b"{}", "evt_1", time.time(), KNOWN_SECRET), KNOWN_SECRET)
    with pytest.raises(WebhookError) as error:
        verify(b"{}", sign(b"{}", "evt_1", time.time() - 301, KNOWN_SECRET), KNOWN_SECRET)
    assert code_of(error) == "timestampTooOld"


@pytest.mark.parametrize("body", ["{}", {}, None], ids=["text", "parsed", "none"])
def test_anything_but_bytes_is_refused_with_a_hint(body, signed, secret):
    with pytest.raises(TypeError, match="as they were received"):
        verify(body, signed(b"{}"), secret)
    with pytest.raises(TypeError, match="as they were received"):
        parse_event(body)


def test_a_header_that_is_not_ascii_is_no_match(signed, secret):
    with pytest.raises(WebhookError) as error:
        verify(b"{}", {**signed(b"{}"), "webhook-signature": "v1,ü\udcff"}, secret)
    assert code_of(error) == "noMatchingSignature"


def test_bad_secrets_show_when_the_verifier_is_made_without_being_repeated():
    with pytest.raises(WebhookError) as error:
        Verifier("whsec_se*cret")
    assert code_of(error) == "invalidSecret"
    assert "se*cret" not in str(error.value)


@pytest.mark.parametrize("unset", [None, [None], "", b"whsec_bytes"], ids=["none", "list of none", "empty", "bytes"])
def test_a_secret_that_is_not_set_is_told_as_such(unset):
    with pytest.raises(WebhookError) as error:
        Verifier(unset)
    assert code_of(error) == "invalidSecret"


def test_known_answer():
    headers = sign(KNOWN_BODY.encode(), KNOWN_ID, KNOWN_AT, KNOWN_SECRET)
    assert headers["webhook-signature"] == KNOWN_SIGNATURE
    official = standardwebhooks.Webhook(KNOWN_SECRET)
    assert official.sign(KNOWN_ID, datetime.fromtimestamp(KNOWN_AT, timezone.utc), KNOWN_BODY) == KNOWN_SIGNATURE


# Their verification parses what it verified, so bodies are JSON.
BODIES = {
    "known": KNOWN_BODY,
    "unicode": '"Grüße, 你好, 🤖"',
    "CRLF": "{\r\n}\r\n",
    "large": '"' + "bot9 " * 200_000 + '"',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_they_verify_what_we_sign(body):
    headers = sign(body.encode(), KNOWN_ID, time.time(), KNOWN_SECRET)
    official = standardwebhooks.Webhook(KNOWN_SECRET)
    official.verify(body.encode(), headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        official.verify(body.encode() + b" ", headers)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_we_verify_what_they_sign(body):
    now = datetime.now(timezone.utc)
    headers = {
        "webhook-id": KNOWN_ID,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(KNOWN_SECRET).sign(KNOWN_ID, now, body),
    }
    verify(body.encode(), headers, KNOWN_SECRET)
    with pytest.raises(WebhookError) as error:
        verify(body.encode() + b" ", headers, KNOWN_SECRET)
    assert code_of(error) == "noMatchingSignature"
