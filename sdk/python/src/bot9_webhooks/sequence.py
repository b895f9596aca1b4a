import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Awaitable, Literal, Optional, Protocol, Union

#: Tells what is wrong with an event's place in its conversation.
#:
#: - gap: events between the last one handled and this one have not come
#: - duplicate: it was handled before
#: - outOfOrder: it comes after later ones: it was set aside, or replayed
SequenceKind = Literal["gap", "duplicate", "outOfOrder"]


@dataclass(frozen=True)
class SequenceProblem:
    """Tells that an event is not the one after the last one handled of its conversation.

    A conversation's first event to arrive is never a problem, whatever its sequence: the webhook
    may be younger than the conversation.
    """

    kind: SequenceKind
    conversation_id: str
    #: The highest sequence handled; 0 if unknown.
    last: int
    #: That of the event.
    sequence: int


class SequenceStore(Protocol):
    """Remembers the highest sequence handled of each conversation. Its methods may be coroutines
    where the handler is used by ``receive_async``; else they run in threads.
    """

    def last(self, conversation_id: str) -> Union[int, Awaitable[int]]:
        """The highest sequence handled, 0 if none is known."""

    def advance(self, conversation_id: str, sequence: int) -> Union[None, Awaitable[None]]:
        """Records that sequence was handled. It never lowers what is recorded."""


def kind_of(sequence: int, last: int, duplicate: bool) -> Optional[SequenceKind]:
    """Tells what is wrong with sequence after last, None if nothing."""
    if duplicate:
        return "duplicate"
    if last == 0 or sequence == last + 1:
        return None
    if sequence > last:
        return "gap"
    return "duplicate" if sequence == last else "outOfOrder"


class MemorySequences:
    """A SequenceStore for one process. It forgets at a restart, and beyond ``capacity`` the
    conversation that was silent longest.
    """

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._last: "OrderedDict[str, int]" = OrderedDict()  # the longest silent first

    def last(self, conversation_id: str) -> int:
        with self._lock:
            return self._last.get(conversation_id, 0)

    def advance(self, conversation_id: str, sequence: int) -> None:
        with self._lock:
            self._last[conversation_id] = max(sequence, self._last.get(conversation_id, 0))
            self._last.move_to_end(conversation_id)
            while len(self._last) > self._capacity:
                self._last.popitem(last=False)
