#!/usr/bin/env python3
"""Makes the test vectors that all receiver libraries run: verify.json and handler.json.

    python3 generate.py           write them
    python3 generate.py --check   fail if what is written is not what this script makes

verify.json is a list of {name, secrets, headers, now, expect} and the body: "body" is text,
"bodyBase64" is bytes, "bodyRepeat" is {before, text, times, after}. "now" is in Unix seconds,
"expect" is "ok" or an error code.

handler.json is {secret, cases}; a case is {name, fallback, checkSequence, maxBodyBytes?, steps}. A step is one request:
{method, headers, now, body…} and what must come of it: {status, code}, the calls made ("handled":
a list of event types, with "other:" before those that only the fallback takes) and the sequence
problem reported, or null. "fails" tells the function for the event to fail. The handler of a case
knows "secret", has a function for messageReceived and, if "fallback" is true, one for all others.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
NOW = 1795374000  # 2026-11-22T19:00:00Z
TOLERANCE = 300

# The example of the Standard Webhooks project: its libraries all have it in their tests.
KNOWN_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KNOWN_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
KNOWN_TIMESTAMP = 1614265330
KNOWN_BODY = '{"test": 2432232314}'
KNOWN_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def secret_of(seed):
    key = hashlib.sha256(seed.encode()).digest()
    return "whsec_" + base64.b64encode(key).decode()


SECRET = secret_of("bot9 test vectors")
OLD_SECRET = secret_of("bot9 test vectors, before the rotation")
OTHER_SECRET = secret_of("bot9 test vectors, another webhook")
ID = "evt_38g4k4qoa000f"


def envelope(event, sequence=None, conversation="conv_38g4k4jvm0003", id=ID, **data):
    body = {
        "event": event,
        "data": {"chatbotId": "bot_38g4k4jvm0001", **data},
        "id": id,
        "createdAt": "2026-11-22T19:00:00.123Z",
        "apiVersion": "1",
    }
    if sequence is not None:
        body.update(conversationId=conversation, sequence=sequence)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def message(text="Hello, how can I assist you today?", sequence=7, **rest):
    return envelope(
        "messageReceived", sequence, message=text, sender="user123", messageId="msg_38g4k4qoa000e",
        senderType="user", source="website-widget", externalSessionId=None, **rest)


def body_bytes(body):
    if isinstance(body, bytes):
        return body
    if isinstance(body, dict):
        return (body["before"] + body["text"] * body["times"] + body["after"]).encode()
    return body.encode()


def sign(body, secret=SECRET, id=ID, timestamp=NOW):
    key = base64.b64decode(secret[len("whsec_"):])
    signed = f"{id}.{timestamp}.".encode() + body_bytes(body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers_of(body, *secrets, id=ID, timestamp=NOW):
    signatures = " ".join(sign(body, secret, id, timestamp) for secret in secrets or [SECRET])
    return {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}


def body_fields(body):
    if isinstance(body, bytes):
        return {"bodyBase64": base64.b64encode(body).decode()}
    if isinstance(body, dict):
        return {"bodyRepeat": body}
    return {"body": body}


def verify_vectors():
    vectors = []

    def add(name, expect="ok", body=BODY, headers=None, secrets=(SECRET,), now=NOW, **changed):
        headers = dict(headers if headers is not None else headers_of(body))
        for header, value in changed.items():
            header = "webhook-" + header
            if value is None:
                del headers[header]
            else:
                headers[header] = value
        vectors.append({"name": name, "secrets": list(secrets), "headers": headers,
                        **body_fields(body), "now": now, "expect": expect})

    good(add)
    by_public_key(add)
    changed_on_the_way(add)
    odd_headers(add)
    bad_secrets(add)
    return vectors


BODY = message()
BROKEN_BASE64 = "v1,not*base64*at*all*not*base64*at*all*not*bas="


def good(add):
    assert sign(KNOWN_BODY, KNOWN_SECRET, KNOWN_ID, KNOWN_TIMESTAMP) == KNOWN_SIGNATURE
    known = headers_of(KNOWN_BODY, KNOWN_SECRET, id=KNOWN_ID, timestamp=KNOWN_TIMESTAMP)
    add("known answer of Standard Webhooks", body=KNOWN_BODY, headers=known, secrets=[KNOWN_SECRET],
        now=KNOWN_TIMESTAMP)
    add("good")
    add("unicode body", body=message("Grüße, 你好, 🤖 e\u0301 \u2028"))
    add("body that is not UTF-8", body=b"\xff\xfe\x00\x80 not text")
    add("empty body", body="")
    add("CRLF body", body='{\r\n  "event": "ping"\r\n}\r\n')
    add("body with spaces around", body="  " + BODY + "\n")
    add("body with a byte order mark", body="\ufeff" + BODY)
    add("large body", body={"before": '{"event":"custom.large","data":{"text":"', "text": "bot9 ",
                            "times": 200_000, "after": '"},"id":"' + ID + '"}'})
    add("rotated: both signatures, new secret known", headers=headers_of(BODY, SECRET, OLD_SECRET))
    add("rotated: both signatures, old secret known", headers=headers_of(BODY, SECRET, OLD_SECRET),
        secrets=[OLD_SECRET])
    add("rotated: both secrets known, old one signs", headers=headers_of(BODY, OLD_SECRET),
        secrets=[SECRET, OLD_SECRET])
    add("rotated: both secrets known, new one signs", secrets=[OLD_SECRET, SECRET])
    add("unknown versions beside v1", signature=" ".join([
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        sign(BODY), "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="]))
    add("malformed signature beside a good one", signature=BROKEN_BASE64 + " " + sign(BODY))
    add("spaces around the signatures", signature="  " + sign(BODY) + "  ")
    add("oldest timestamp that is taken", now=NOW + TOLERANCE)
    add("newest timestamp that is taken", now=NOW - TOLERANCE)
    add("short secret", secrets=["whsec_YQ=="], headers=headers_of(BODY, "whsec_YQ=="))


# Made with Node.js's crypto by the key pair of RFC 8032, section 7.1, test 1: this script has only the
# standard library, which can't sign so.
PUBLIC_KEY = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
ASYMMETRIC_SIGNATURE = "v1a,fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2ADpkJK7zgPePmPsle0zV9jSeGlHFG2NVAw=="
OTHER_PUBLIC_KEY = "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="  # of test 2


def by_public_key(add):
    known = {**headers_of(KNOWN_BODY, KNOWN_SECRET, id=KNOWN_ID, timestamp=KNOWN_TIMESTAMP),
             "webhook-signature": ASYMMETRIC_SIGNATURE}
    both = {**known, "webhook-signature": KNOWN_SIGNATURE + " " + ASYMMETRIC_SIGNATURE}
    at = {"body": KNOWN_BODY, "now": KNOWN_TIMESTAMP}
    add("public key", headers=known, secrets=[PUBLIC_KEY], **at)
    add("both schemes, public key known", headers=both, secrets=[PUBLIC_KEY], **at)
    add("both schemes, secret known", headers=both, secrets=[KNOWN_SECRET], **at)
    add("both schemes, another public key and the secret known", headers=both,
        secrets=[OTHER_PUBLIC_KEY, KNOWN_SECRET], **at)
    add("another public key", "noMatchingSignature", headers=both, secrets=[OTHER_PUBLIC_KEY], **at)
    add("public key, signed by the secret only", "noMatchingSignature",
        headers={**known, "webhook-signature": KNOWN_SIGNATURE}, secrets=[PUBLIC_KEY], **at)
    add("public key, tampered body", "noMatchingSignature", headers=known, secrets=[PUBLIC_KEY],
        body=KNOWN_BODY.replace("2432232314", "2432232315"), now=KNOWN_TIMESTAMP)
    add("public key, tampered id", "noMatchingSignature", headers=known, secrets=[PUBLIC_KEY], id="msg_other", **at)
    add("public key, signature as of the other scheme", "noMatchingSignature", headers=known, secrets=[PUBLIC_KEY],
        signature=ASYMMETRIC_SIGNATURE.replace("v1a,", "v1,"), **at)
    add("public key, truncated signature", "noMatchingSignature", headers=known, secrets=[PUBLIC_KEY],
        signature=ASYMMETRIC_SIGNATURE[:60], **at)
    add("public key, a thousand forged signatures before the good one", "noMatchingSignature", headers=known,
        secrets=[PUBLIC_KEY], signature=("v1a," + "A" * 86 + "== ") * 1000 + ASYMMETRIC_SIGNATURE, **at)
    add("public key, expired", "timestampTooOld", headers=known, secrets=[PUBLIC_KEY], body=KNOWN_BODY,
        now=KNOWN_TIMESTAMP + TOLERANCE + 1)


def changed_on_the_way(add):
    add("tampered body", "noMatchingSignature", body=BODY.replace("Hello", "Hullo"), headers=headers_of(BODY))
    add("body parsed and written again", "noMatchingSignature", body=json.dumps(json.loads(BODY)),
        headers=headers_of(BODY))
    add("body without its last byte", "noMatchingSignature", body=BODY[:-1], headers=headers_of(BODY))
    add("LF for CRLF", "noMatchingSignature", body="{\n}\n", headers=headers_of("{\r\n}\r\n"))
    add("tampered id", "noMatchingSignature", id="evt_38g4k4qoa000g")
    add("tampered timestamp", "noMatchingSignature", timestamp=str(NOW + 1))
    flipped = sign(BODY)
    flipped = flipped[:10] + ("A" if flipped[10] != "A" else "B") + flipped[11:]
    add("tampered signature", "noMatchingSignature", signature=flipped)
    add("signed with another webhook's secret", "noMatchingSignature", headers=headers_of(BODY, OTHER_SECRET))
    add("old secret only, after the overlap", "noMatchingSignature", headers=headers_of(BODY, SECRET),
        secrets=[OLD_SECRET])
    add("another delivery's signature", "noMatchingSignature", signature=sign(message("other")))
    add("expired", "timestampTooOld", now=NOW + TOLERANCE + 1)
    add("expired long ago", "timestampTooOld", headers=headers_of(BODY, timestamp=0))
    add("from the future", "timestampTooNew", now=NOW - TOLERANCE - 1)


def odd_headers(add):
    add("no headers", "missingHeader", headers={})
    for header in ("id", "timestamp", "signature"):
        add(f"no webhook-{header}", "missingHeader", **{header: None})
        add(f"empty webhook-{header}", "missingHeader", **{header: ""})
    for name, timestamp in [("in words", "yesterday"), ("with a fraction", f"{NOW}.0"), ("with a sign", f"+{NOW}"),
                            ("in hexadecimal", hex(NOW)), ("with a leading zero", f"0{NOW}"), ("negative", "-1"),
                            ("with underscores", "1_795_374_000"),
                            ("in milliseconds and too long", "1795374000000000"), ("and more", f"{NOW} 0")]:
        headers = headers_of(BODY)
        headers["webhook-timestamp"] = timestamp
        headers["webhook-signature"] = sign(BODY, timestamp=timestamp)
        add(f"timestamp {name}", "invalidTimestamp", headers=headers)
    add("only unknown versions", "noMatchingSignature", signature=sign(BODY).replace("v1,", "v2,")
        + " " + sign(BODY).replace("v1,", "v1a,"))
    add("signature without its version", "noMatchingSignature", signature=sign(BODY)[3:])
    add("version in capitals", "noMatchingSignature", signature=sign(BODY).replace("v1,", "V1,"))
    add("signature that is not base64", "noMatchingSignature", signature=BROKEN_BASE64)
    add("signature without its padding", "noMatchingSignature", signature=sign(BODY).rstrip("="))
    add("signature in URL-safe base64", "noMatchingSignature", **url_safe())
    add("signature in hexadecimal", "noMatchingSignature",
        signature="v1," + base64.b64decode(sign(BODY)[3:]).hex())
    add("empty signature", "noMatchingSignature", signature="v1,")
    add("truncated signature", "noMatchingSignature", signature=sign(BODY)[:20])
    add("signatures separated by commas", "noMatchingSignature",
        signature=sign(BODY, OTHER_SECRET) + "," + sign(BODY))
    add("commas without an end", "noMatchingSignature", signature="," * 1000)


def url_safe():
    """An id whose signature has a character that URL-safe base64 writes otherwise."""
    id = next(f"evt_{n}" for n in range(100) if set("+/") & set(sign(BODY, id=f"evt_{n}")))
    return {"headers": headers_of(BODY, id=id),
            "signature": sign(BODY, id=id).replace("+", "-").replace("/", "_")}


def bad_secrets(add):
    encoded = SECRET[len("whsec_"):]
    for name, secrets in [
        ("no secret", []),
        ("empty secret", [""]),
        ("secret with nothing after its prefix", ["whsec_"]),
        ("secret without its prefix", [encoded]),
        ("secret with another prefix", ["whsk_" + encoded]),
        ("public key that is too short", ["whpk_YQ=="]),
        ("public key without its padding", [PUBLIC_KEY.rstrip("=")]),
        ("public key with a line end", [PUBLIC_KEY + "\n"]),
        ("good public key beside a bad one", [PUBLIC_KEY, "whpk_not*base64"]),
        ("API key for a secret", ["bot9_sk_" + encoded]),
        ("secret that is not base64", ["whsec_not*base64"]),
        ("secret without its padding", [SECRET.rstrip("=")]),
        ("secret with a line end", [SECRET + "\n"]),
        ("secret with a space before it", [" " + SECRET]),
        ("good secret beside a bad one", [SECRET, "whsec_not*base64"]),
    ]:
        add(name, "invalidSecret", secrets=secrets)


def handler_vectors():
    return [
        routing(), duplicates(), refusals(), bad_events(), too_large(), sequence_problems(), sequence_after_failure(),
        sequence_unwatched(),
    ]


def step(body, code, status=200, handled=(), problem=None, id=ID, method="POST", fails=False, headers=None):
    return {"method": method, "headers": headers or headers_of(body, id=id), "now": NOW, **body_fields(body),
            "fails": fails, "status": status, "code": code, "handled": list(handled), "problem": problem}


def routing():
    return {"name": "routes by event", "fallback": True, "checkSequence": False, "steps": [
        step(message(), "handled", handled=["messageReceived"], id="evt_1"),
        step(envelope("ping", webhookId="whk_38g4k4jvm0009"), "handled", handled=["other:ping"], id="evt_2"),
        step(envelope("custom.orderShipped", order=12), "handled", handled=["other:custom.orderShipped"], id="evt_3"),
        step(envelope("inventedLater"), "handled", handled=["other:inventedLater"], id="evt_4"),
        step(envelope("toString"), "handled", handled=["other:toString"], id="evt_5"),
        step(envelope("__proto__"), "handled", handled=["other:__proto__"], id="evt_6"),
    ]}


def duplicates():
    return {"name": "handles once what succeeds, and again what failed", "fallback": False, "checkSequence": False,
            "steps": [
                step(message(), "handlerFailed", 500, ["messageReceived"], fails=True),
                step(message(), "handlerFailed", 500, ["messageReceived"], fails=True),
                step(message(), "handled", handled=["messageReceived"]),
                step(message(), "duplicate"),
                step(message(), "duplicate"),
                step(message(), "handled", handled=["messageReceived"], id="evt_2"),
                step(envelope("ping", webhookId="whk_38g4k4jvm0009"), "ignored", id="evt_3"),
                step(envelope("ping", webhookId="whk_38g4k4jvm0009"), "duplicate", id="evt_3"),
            ]}


def refusals():
    body = message()
    missing = headers_of(body)
    del missing["webhook-id"]
    return {"name": "refuses what is not signed, and handles none of it", "fallback": True, "checkSequence": True,
            "steps": [
                step(body, "noMatchingSignature", 401, headers=headers_of(body, OTHER_SECRET)),
                step(body, "timestampTooOld", 401, headers=headers_of(body, timestamp=NOW - 301)),
                step(body, "timestampTooNew", 401, headers=headers_of(body, timestamp=NOW + 301)),
                step(body, "missingHeader", 400, headers=missing),
                step(body, "invalidTimestamp", 400, headers={**headers_of(body), "webhook-timestamp": "now"}),
                step(body, "methodNotAllowed", 405, method="PUT"),
                step(body, "handled", handled=["messageReceived"]),
            ]}


def bad_events():
    bodies = ["", "null", "[]", '"text"', "{}", "not JSON", BODY[:-1], BODY + "}", "\ufeff" + BODY, b'{"event":"ping","id":"evt_1","data":{"text":"\xff"}}',
              '{"event":"ping","id":"evt_1"}', '{"event":"ping","id":"evt_1","data":[]}',
              '{"event":"ping","id":"evt_1","data":null}', '{"event":"","id":"evt_1","data":{}}',
              '{"event":7,"id":"evt_1","data":{}}', '{"event":"ping","id":"","data":{}}',
              '{"event":"ping","data":{}}', '{"event":"ping","id":"evt_1","data":{},"sequence":"7"}',
              '{"event":"ping","id":"evt_1","data":{},"sequence":1.5}',
              '{"event":"ping","id":"evt_1","data":{},"conversationId":7}']
    return {"name": "refuses what is signed but is not an event", "fallback": True, "checkSequence": True,
            "steps": [step(body, "invalidEvent", 400) for body in bodies]}


def too_large():
    fits = message("x" * 100)
    return {"name": "bounds the body", "fallback": False, "checkSequence": False,
            "maxBodyBytes": len(fits.encode()), "steps": [
                step(message("x" * 101), "bodyTooLarge", 413),
                step({"before": "", "text": "x", "times": 3_000_000, "after": ""}, "bodyTooLarge", 413),
                step(fits, "handled", handled=["messageReceived"]),
            ]}


def problem(kind, last, sequence, conversation="conv_a"):
    return {"kind": kind, "conversationId": conversation, "last": last, "sequence": sequence}


def ordered(sequence, code="handled", conversation="conv_a", id=None, **rest):
    id = id or f"evt_{conversation}_{sequence}"
    handled = rest.pop("handled", ["messageReceived"])
    return step(message(sequence=sequence, conversation=conversation, id=id), code, id=id, handled=handled, **rest)


def sequence_problems():
    return {"name": "reports gaps, duplicates and late events of a conversation", "fallback": False,
            "checkSequence": True, "steps": [
                ordered(3),  # the first to arrive, whatever its sequence
                ordered(4),
                ordered(1, conversation="conv_b"),
                ordered(7, problem=problem("gap", 4, 7)),
                ordered(8),
                ordered(5, problem=problem("outOfOrder", 8, 5)),
                ordered(9),
                ordered(9, "duplicate", handled=[], problem=problem("duplicate", 9, 9)),
                ordered(4, "duplicate", handled=[], problem=problem("duplicate", 9, 4)),
                ordered(9, id="evt_again", problem=problem("duplicate", 9, 9)),
                ordered(2, conversation="conv_b"),
                step(envelope("messageSent", 10, "conv_a"), "ignored", id="evt_ignored"),
                ordered(11),
                step(envelope("ping", webhookId="whk_38g4k4jvm0009"), "ignored", id="evt_ping"),
            ]}


def sequence_after_failure():
    return {"name": "an event that failed does not move its conversation on", "fallback": False,
            "checkSequence": True, "steps": [
                ordered(1),
                ordered(2, "handlerFailed", status=500, fails=True),
                ordered(2),
                ordered(3),
            ]}


def sequence_unwatched():
    return {"name": "no sequence check unless asked for", "fallback": False, "checkSequence": False,
            "steps": [ordered(1), ordered(9), ordered(5)]}


def render(vectors):
    return json.dumps(vectors, indent=1, ensure_ascii=True) + "\n"


def main():
    stale = []
    handler = {"secret": SECRET, "cases": handler_vectors()}
    for name, vectors in (("verify.json", verify_vectors()), ("handler.json", handler)):
        path, text = HERE / name, render(vectors)
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit(f"{', '.join(stale)} not up to date: run sdk/testdata/generate.py")


if __name__ == "__main__":
    main()
