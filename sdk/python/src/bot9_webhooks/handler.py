import asyncio
import inspect
import logging
from dataclasses import dataclass
from typing import Any, Callable, Generator, Mapping, Optional, Sequence, Tuple, Union, cast

from . import answer as answers
from .answer import Answer, answer_error
from .dedupe import Claim, DedupeStore, MemoryDedupe
from .errors import WebhookError
from .event import Event, parse_event
from .events import Routes
from .sequence import MemorySequences, SequenceProblem, SequenceStore, kind_of
from .signature import DEFAULT_TOLERANCE_SECONDS, Body, Verifier, header

_log = logging.getLogger("bot9_webhooks")


@dataclass(frozen=True)
class _Call:
    """A function that may block or be a coroutine: a store's, or the user's. Handling a delivery is
    a generator of calls, so that receive and receive_async are two ways to run the same steps.
    """

    function: Callable[..., Any]
    arguments: Tuple[Any, ...]


_Steps = Generator[_Call, Any, Answer]


class Handler(Routes):
    """Receives deliveries: it verifies, drops duplicates, checks the sequence, calls the function
    given for the event, and answers. Making one raises WebhookError if the secrets are not in
    order.

    - ``secrets``, ``tolerance_seconds``, ``now``: the Verifier's.
    - ``max_body_bytes``: the largest body that adapters read.
    - ``dedupe``: remembers what was handled; a MemoryDedupe if absent.
    - ``lease_seconds``: how long an event counts as being handled when nobody says that it was. It
      must be longer than handling takes.
    - ``on_sequence_problem(problem, event)``: hears of gaps, duplicates and late events in a
      conversation; without it there is no check. It makes sense only for a webhook with all events
      ("*") and no filter, since the others see gaps all the time. It runs before the event is
      handled; what it raises fails the event as if handling had failed, but for a duplicate.
    - ``sequences``: remembers where each conversation is; a MemorySequences if absent.
    - ``on_error(error, event)``: hears why an answer was 500 or 503, and of a store that failed
      after the event was handled. It logs if absent.
    """

    def __init__(
        self,
        secrets: Union[str, Sequence[str]],
        *,
        tolerance_seconds: float = DEFAULT_TOLERANCE_SECONDS,
        now: Optional[Callable[[], float]] = None,
        max_body_bytes: int = 1 << 20,
        dedupe: Optional[DedupeStore] = None,
        lease_seconds: float = 60,
        on_sequence_problem: Optional[Callable[[SequenceProblem, Event], Any]] = None,
        sequences: Optional[SequenceStore] = None,
        on_error: Optional[Callable[[BaseException, Event], None]] = None,
    ) -> None:
        super().__init__()
        self.max_body_bytes = max_body_bytes
        self._verifier = Verifier(secrets, tolerance_seconds=tolerance_seconds, now=now)
        self._dedupe = MemoryDedupe() if dedupe is None else dedupe
        self._lease_seconds = lease_seconds
        self._on_sequence_problem = on_sequence_problem
        self._sequences = MemorySequences() if sequences is None else sequences
        self._on_error = on_error or _log_error

    def receive(self, body: Body, headers: Mapping[str, str]) -> Answer:
        """Handles one delivery and tells what to answer: what an adapter does after reading the
        body. It is for code without asyncio; a coroutine function given for an event fails.
        """
        steps = self._steps(body, headers)
        try:
            call = next(steps)
            while True:
                try:
                    result = _call(call)
                except BaseException as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)
        except StopIteration as stop:
            return cast(Answer, stop.value)

    async def receive_async(self, body: Body, headers: Mapping[str, str]) -> Answer:
        """Like receive, for asyncio: coroutine functions are awaited, others run in threads."""
        steps = self._steps(body, headers)
        try:
            call = next(steps)
            while True:
                try:
                    result = await _call_async(call)
                except BaseException as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)
        except StopIteration as stop:
            return cast(Answer, stop.value)

    def _steps(self, body: Body, headers: Mapping[str, str]) -> _Steps:
        try:
            self._verifier.verify(body, headers)
            event = parse_event(body)
        except WebhookError as error:
            return answer_error(error)
        id = header(headers, "webhook-id")
        try:
            claim: Claim = yield _Call(self._dedupe.claim, (id, self._lease_seconds))
        except Exception as error:
            return self._failed(answers.STORE_UNAVAILABLE, error, event)
        if claim.result == "inProgress":
            return answers.IN_PROGRESS
        if claim.result == "handled":
            # Whatever comes of it: the event is handled.
            yield from self._check_sequence(event, duplicate=True)
            return answers.DUPLICATE
        return (yield from self._claimed_steps(id, claim.token, event))

    def _claimed_steps(self, id: str, token: str, event: Event) -> _Steps:
        """Handles an event that is the caller's to handle."""
        try:
            answer = yield from self._check_sequence(event, duplicate=False)
            if answer is None:
                answer = yield from self._call_function(event)
        except BaseException:  # the program is being stopped
            yield from self._try(event, self._dedupe.release, id, token)
            raise
        if answer.status != 200:
            yield from self._try(event, self._dedupe.release, id, token)
            return answer
        # The event is handled, so the answer is a success even if a store fails now: a failure
        # would have it handled twice.
        if self._watches(event):
            yield from self._try(event, self._sequences.advance, event["conversationId"], event["sequence"])
        yield from self._try(event, self._dedupe.commit, id, token)
        return answer

    def _call_function(self, event: Event) -> _Steps:
        function = self.function_for(event["event"])
        if function is None:
            return answers.IGNORED
        try:
            yield _Call(function, (event,))
        except Exception as error:
            return self._failed(answers.HANDLER_FAILED, error, event)
        return answers.HANDLED

    def _check_sequence(self, event: Event, duplicate: bool) -> Generator[_Call, Any, Optional[Answer]]:
        """Reports a problem with the event's place. It returns an answer where the event can't be
        handled for that.
        """
        if self._on_sequence_problem is None or not self._watches(event):
            return None
        conversation_id, sequence = event["conversationId"], event["sequence"]
        try:
            last: int = yield _Call(self._sequences.last, (conversation_id,))
        except Exception as error:
            return self._failed(answers.STORE_UNAVAILABLE, error, event)
        kind = kind_of(sequence, last, duplicate)
        if kind is None:
            return None
        problem = SequenceProblem(kind, conversation_id, last, sequence)
        try:
            yield _Call(self._on_sequence_problem, (problem, event))
        except Exception as error:
            return self._failed(answers.HANDLER_FAILED, error, event)
        return None

    def _watches(self, event: Event) -> bool:
        """Tells whether the event's place in its conversation is checked."""
        watched = self._on_sequence_problem is not None
        return watched and event.get("conversationId", "") != "" and event.get("sequence", 0) > 0

    def _try(
        self, event: Event, function: Callable[..., Any], *arguments: Any
    ) -> Generator[_Call, Any, None]:
        try:
            yield _Call(function, arguments)
        except Exception as error:
            self._on_error(error, event)

    def _failed(self, answer: Answer, error: Exception, event: Event) -> Answer:
        self._on_error(error, event)
        return answer


def _call(call: _Call) -> Any:
    result = call.function(*call.arguments)
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise TypeError("a coroutine function needs receive_async")
    return result


async def _call_async(call: _Call) -> Any:
    if inspect.iscoroutinefunction(call.function):
        return await call.function(*call.arguments)
    result = await asyncio.to_thread(call.function, *call.arguments)
    return await result if inspect.isawaitable(result) else result


def _log_error(error: BaseException, event: Event) -> None:
    _log.error("%s %s", event["event"], event["id"], exc_info=error)
