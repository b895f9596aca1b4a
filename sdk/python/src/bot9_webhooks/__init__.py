"""Receives Bot9's webhooks. Handler checks signatures, drops duplicates, watches the order of each
conversation's events and calls the function that was given for an event; verify is the signature
check alone.

Signatures follow Standard Webhooks (https://www.standardwebhooks.com): an HMAC-SHA256 over
"id.timestamp.body" with a secret that begins with "whsec_". The typed events are in
``bot9_webhooks.events``, the adapters in ``bot9_webhooks.fastapi`` and ``bot9_webhooks.flask``.
"""

from .answer import Answer
from .dedupe import Claim, DedupeStore, MemoryDedupe
from .errors import Code, WebhookError
from .event import Event, parse_event
from .events import EVENT_TYPES, CatalogEvent
from .handler import Handler
from .sequence import MemorySequences, SequenceKind, SequenceProblem, SequenceStore
from .signature import DEFAULT_TOLERANCE_SECONDS, Body, Verifier, sign, verify

__all__ = [
    "DEFAULT_TOLERANCE_SECONDS",
    "EVENT_TYPES",
    "Answer",
    "Body",
    "CatalogEvent",
    "Claim",
    "Code",
    "DedupeStore",
    "Event",
    "Handler",
    "MemoryDedupe",
    "MemorySequences",
    "SequenceKind",
    "SequenceProblem",
    "SequenceStore",
    "Verifier",
    "WebhookError",
    "parse_event",
    "sign",
    "verify",
]
