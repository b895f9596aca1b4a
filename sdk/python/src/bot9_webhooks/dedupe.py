import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Awaitable, Callable, Dict, Literal, Optional, Protocol, Tuple, Union


@dataclass(frozen=True)
class Claim:
    """The answer to ``DedupeStore.claim``: the event is the caller's to handle ("claimed"), a
    duplicate ("handled"), or being handled by somebody else ("inProgress").
    """

    result: Literal["claimed", "handled", "inProgress"]
    #: Of a claimed one: proves to commit and release whose claim it is.
    token: str = ""


class DedupeStore(Protocol):
    """Remembers which deliveries were handled, by webhook-id.

    An event is claimed before it is handled and committed after, so one whose handling failed or
    was cut off by a crash is handled again when Bot9 sends it again. All receivers of one webhook
    share one store; keep it apart from other webhooks', which get the same ids. Its methods may be
    coroutines where the handler is used by ``receive_async``; else they run in threads.
    """

    def claim(self, id: str, lease_seconds: float) -> Union[Claim, Awaitable[Claim]]:
        """Takes id for at most lease_seconds, unless it was committed or somebody else holds it.
        It must be atomic.
        """

    def commit(self, id: str, token: str) -> Union[None, Awaitable[None]]:
        """Remembers id as handled, for longer than Bot9 retries (4 days are enough). It does so
        even if the claim has run out: the work is done.
        """

    def release(self, id: str, token: str) -> Union[None, Awaitable[None]]:
        """Gives up the claim with this token, and no other."""


class MemoryDedupe:
    """A DedupeStore for one process. It forgets at a restart.

    It remembers up to ``capacity`` ids, each for ``ttl_seconds`` after it was last seen. ``now``
    returns seconds; ``time.monotonic`` if absent.
    """

    def __init__(
        self,
        capacity: int = 100_000,
        ttl_seconds: float = 96 * 3600,
        now: Optional[Callable[[], float]] = None,
    ) -> None:
        self._capacity = capacity
        self._ttl_seconds = ttl_seconds
        self._now = now or time.monotonic
        self._lock = threading.Lock()
        self._claims: Dict[str, Tuple[str, float]] = {}
        # The longest unseen first: both next to expire and next to go.
        self._handled: "OrderedDict[str, float]" = OrderedDict()
        self._tokens = 0

    def claim(self, id: str, lease_seconds: float) -> Claim:
        with self._lock:
            now = self._now()
            self._expire(now)
            if id in self._handled:
                self._remember(id, now)
                return Claim("handled")
            held = self._claims.get(id)
            if held and now < held[1]:
                return Claim("inProgress")
            self._tokens += 1
            token = str(self._tokens)
            self._claims[id] = (token, now + lease_seconds)
            return Claim("claimed", token)

    def commit(self, id: str, token: str) -> None:
        with self._lock:
            self._claims.pop(id, None)
            self._remember(id, self._now())
            while len(self._handled) > self._capacity:
                self._handled.popitem(last=False)

    def release(self, id: str, token: str) -> None:
        with self._lock:
            held = self._claims.get(id)
            if held and held[0] == token:
                del self._claims[id]

    def _remember(self, id: str, now: float) -> None:
        self._handled[id] = now + self._ttl_seconds
        self._handled.move_to_end(id)

    def _expire(self, now: float) -> None:
        while self._handled and next(iter(self._handled.values())) <= now:
            self._handled.popitem(last=False)
