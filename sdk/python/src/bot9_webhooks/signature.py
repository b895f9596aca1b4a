import base64
import hashlib
import hmac
import re
import time
from typing import Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from .errors import WebhookError

#: How far the time of signing may be from now, in either direction, if nothing else is said.
DEFAULT_TOLERANCE_SECONDS = 300.0

Body = Union[bytes, bytearray, memoryview]

_SECRET = re.compile(r"whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)")

_PUBLIC_KEY = re.compile(r"whpk_([A-Za-z0-9+/]{43}=)")
_ASYMMETRIC = re.compile(r"v1a,([A-Za-z0-9+/]{86}==)")

# Bounds the work that a forged header can cause.
_MAX_SIGNATURES = 16

# At most 15 digits, so that every language's numbers hold it; in the one way to write a number, so
# that what is compared is what was signed.
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,14}")


class Verifier:
    """Checks signatures. Making one raises WebhookError if the secrets are not in order.

    A delivery is good if it is signed with any of the secrets; during a rotation give the old and
    the new one. A public key ("whpk_…") in place of a secret checks the scheme v1a; it takes the
    package ``cryptography`` (``pip install bot9-webhooks[ed25519]``). ``now`` returns the time in seconds since the Unix epoch; ``time.time`` if absent.
    """

    def __init__(
        self,
        secrets: Union[str, Sequence[str]],
        *,
        tolerance_seconds: float = DEFAULT_TOLERANCE_SECONDS,
        now: Optional[Callable[[], float]] = None,
    ) -> None:
        self._keys = _parse_secrets(secrets)
        self._tolerance_seconds = tolerance_seconds
        self._now = now or time.time

    def verify(self, body: Body, headers: Mapping[str, str]) -> None:
        """Like the function ``verify``."""
        content = bytes_of(body)
        id = header(headers, "webhook-id")
        timestamp = header(headers, "webhook-timestamp")
        signatures = header(headers, "webhook-signature")
        if not (id and timestamp and signatures):
            raise WebhookError(
                "missingHeader", "webhook-id, webhook-timestamp and webhook-signature must all be there"
            )
        self._check_time(timestamp)
        signed = _signed_content(id, timestamp, content)
        if any(key.matches(signatures.split(" "), signed) for key in self._keys):
            return
        raise WebhookError(
            "noMatchingSignature",
            "no signature matches: the secret is another webhook's, or the body is not the bytes that were sent",
        )

    def _check_time(self, timestamp: str) -> None:
        if not _TIMESTAMP.fullmatch(timestamp):
            raise WebhookError("invalidTimestamp", "webhook-timestamp is not a Unix time in seconds")
        age = self._now() - int(timestamp)
        if age > self._tolerance_seconds:
            raise WebhookError("timestampTooOld", "webhook-timestamp is too long ago")
        if age < -self._tolerance_seconds:
            raise WebhookError("timestampTooNew", "webhook-timestamp is in the future")


def verify(
    body: Body,
    headers: Mapping[str, str],
    secrets: Union[str, Sequence[str]],
    *,
    tolerance_seconds: float = DEFAULT_TOLERANCE_SECONDS,
    now: Optional[Callable[[], float]] = None,
) -> None:
    """Checks that body, byte for byte as received, was signed with one of the secrets within the
    tolerance. Raises WebhookError.
    """
    Verifier(secrets, tolerance_seconds=tolerance_seconds, now=now).verify(body, headers)


def sign(body: Body, id: str, at: float, secrets: Union[str, Sequence[str]]) -> Dict[str, str]:
    """The headers of a delivery of body, as Bot9 would sign it: for tests of a receiver.

    ``at`` is the time of signing in seconds since the Unix epoch. Nobody but Bot9 can sign what a
    public key checks. Raises WebhookError.
    """
    timestamp = str(int(at))
    signed = _signed_content(id, timestamp, bytes_of(body))
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(key.sign(signed) for key in _parse_secrets(secrets)),
    }


def header(headers: Mapping[str, str], name: str) -> str:
    """The value of a header, "" if it isn't there. ``name`` is in lower case, the mapping's names
    may be in any.
    """
    value = headers.get(name)
    if value is None:
        names: Iterable[str] = headers.keys()
        value = next((headers[each] for each in names if each.lower() == name), "")
    return value


def bytes_of(body: Body) -> bytes:
    """The body's bytes. Anything but bytes is refused: what was sent can't be told from it."""
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError("pass the bytes of the body as they were received, not what was made of them")
    return bytes(body)


def _signed_content(id: str, timestamp: str, body: bytes) -> bytes:
    return f"{id}.{timestamp}.".encode("utf-8", "replace") + body


class _Secret:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, signed: bytes) -> str:
        """The signature as it stands in the header."""
        return "v1," + base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()

    def matches(self, signatures: Sequence[str], signed: bytes) -> bool:
        want = self.sign(signed).encode()
        return any(hmac.compare_digest(each.encode("utf-8", "replace"), want) for each in signatures)


class _PublicKey:
    def __init__(self, key: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError:
            raise WebhookError(
                "invalidSecret", "a public key takes another package: pip install bot9-webhooks[ed25519]"
            ) from None
        self._key = Ed25519PublicKey.from_public_bytes(key)

    def sign(self, signed: bytes) -> str:
        raise WebhookError("invalidSecret", "a public key checks signatures, and makes none")

    def matches(self, signatures: Sequence[str], signed: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        candidates = [match[1] for match in map(_ASYMMETRIC.fullmatch, signatures) if match]
        for encoded in candidates[:_MAX_SIGNATURES]:
            try:
                self._key.verify(base64.b64decode(encoded), signed)
                return True
            except InvalidSignature:
                pass
        return False


def _parse_secrets(secrets: Union[str, Sequence[str]]) -> List[Union[_Secret, _PublicKey]]:
    # One bad secret spoils all: it is a mistake in the receiver's settings that would otherwise
    # show only when the good one is rotated away.
    keys: List[Union[_Secret, _PublicKey]] = []
    # None is what os.environ.get has for a variable that isn't set.
    for secret in [secrets] if isinstance(secrets, (str, bytes)) else secrets or []:
        text = secret if isinstance(secret, str) else ""
        match, public = _SECRET.fullmatch(text), _PUBLIC_KEY.fullmatch(text)
        if match and match[1]:
            keys.append(_Secret(base64.b64decode(match[1])))
        elif public:
            keys.append(_PublicKey(base64.b64decode(public[1])))
        else:
            raise WebhookError(
                "invalidSecret",
                'a secret must be "whsec_" followed by base64, a public key "whpk_" followed by the base64 of 32 bytes',
            )
    if not keys:
        raise WebhookError("invalidSecret", "give at least one secret")
    return keys
