import asyncio
import logging
import threading
from dataclasses import asdict

import pytest
from vectors import HANDLER, body_of

from bot9_webhooks import Answer, Handler, MemoryDedupe, MemorySequences, WebhookError


def receive_sync(handler, body, headers):
    return handler.receive(body, headers)


def receive_async(handler, body, headers):
    return asyncio.run(handler.receive_async(body, headers))


both = pytest.mark.parametrize("receive", [receive_sync, receive_async])


class Case:
    """A case of the shared vectors being run."""

    def __init__(self, case, receive, coroutines):
        self.case, self.receive = case, receive
        self.step, self.handled, self.problem = {}, [], None
        self.handler = Handler(
            HANDLER["secret"],
            now=lambda: self.step["now"],
            max_body_bytes=case.get("maxBodyBytes", 1 << 20),
            on_error=lambda error, event: None,
            on_sequence_problem=self.report if case["checkSequence"] else None,
        )

        async def on_message(event):
            self.handle(event["event"])

        self.handler.on("messageReceived")(on_message if coroutines else lambda event: self.handle(event["event"]))
        if case["fallback"]:
            self.handler.on_other(lambda event: self.handle("other:" + event["event"]))

    def handle(self, name):
        self.handled.append(name)
        if self.step["fails"]:
            raise RuntimeError("told to fail")

    def report(self, problem, event):
        assert event["sequence"] == problem.sequence
        fields = asdict(problem)
        fields["conversationId"] = fields.pop("conversation_id")
        self.problem = fields

    def run(self, step):
        self.step, self.handled, self.problem = step, [], None
        answer = self.receive(self.handler, body_of(step), step["headers"])
        return {"status": answer.status, "code": answer.code, "handled": self.handled, "problem": self.problem}


def test_there_are_vectors():
    assert len(HANDLER["cases"]) >= 8


@pytest.mark.parametrize("case", HANDLER["cases"], ids=lambda case: case["name"])
@pytest.mark.parametrize(
    "receive, coroutines", [(receive_sync, False), (receive_async, False), (receive_async, True)],
    ids=["sync", "async", "async with coroutines"],
)
def test_vectors(case, receive, coroutines):
    running = Case(case, receive, coroutines)
    for step in case["steps"]:
        if step["code"] in ("bodyTooLarge", "methodNotAllowed"):
            continue  # the adapters answer these: test_adapters.py
        want = {name: step[name] for name in ("status", "code", "handled", "problem")}
        assert running.run(step) == want


def test_secrets_that_are_not_in_order_show_when_the_handler_is_made():
    with pytest.raises(WebhookError) as error:
        Handler([])
    assert error.value.code == "invalidSecret"


def test_a_coroutine_function_is_not_taken_for_handled_without_asyncio(make_body, signed, secret):
    errors = []
    handler = Handler(secret, on_error=lambda error, event: errors.append(error))

    @handler.on("ping")
    async def on_ping(event):
        raise AssertionError("nobody runs it")

    assert handler.receive(make_body(), signed(make_body())).code == "handlerFailed"
    assert "receive_async" in str(errors[0])


def test_the_same_event_at_once_is_handled_once(make_body, signed, secret):
    handler = Handler(secret)
    entered, leave, answers = threading.Event(), threading.Event(), []

    @handler.on("ping")
    def on_ping(event):
        entered.set()
        assert leave.wait(10)

    def receive():
        answers.append(handler.receive(make_body(), signed(make_body())).code)

    first = threading.Thread(target=receive)
    first.start()
    assert entered.wait(10)
    receive()
    leave.set()
    first.join()
    receive()
    assert answers == ["inProgress", "handled", "duplicate"]


def test_a_function_that_blocks_does_not_block_the_loop(make_body, signed, secret):
    handler = Handler(secret)
    other = threading.Event()

    @handler.on("ping")
    def on_ping(event):
        assert other.wait(10)

    async def receive():
        async def set_other():
            other.set()

        answer, _ = await asyncio.gather(handler.receive_async(make_body(), signed(make_body())), set_other())
        return answer

    assert asyncio.run(receive()).code == "handled"


def test_being_stopped_gives_the_claim_back(make_body, signed, secret):
    handler = Handler(secret)

    @handler.on("ping")
    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handler.receive(make_body(), signed(make_body()))
    handler.on("ping")(lambda event: None)
    assert handler.receive(make_body(), signed(make_body())).code == "handled"


def test_being_cancelled_gives_the_claim_back(make_body, signed, secret):
    handler = Handler(secret)

    async def receive():
        entered = asyncio.Event()

        async def hang(event):
            entered.set()
            await asyncio.Event().wait()

        handler.on("ping")(hang)
        task = asyncio.ensure_future(handler.receive_async(make_body(), signed(make_body())))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        handler.on("ping")(lambda event: None)
        return await handler.receive_async(make_body(), signed(make_body()))

    assert asyncio.run(receive()).code == "handled"


class Broken:
    """Both stores, failing in one operation."""

    def __init__(self, operation):
        self.operation = operation
        self.memory = MemoryDedupe()

    def check(self, operation, result=None):
        if operation == self.operation:
            raise RuntimeError("the store is broken")
        return result

    def claim(self, id, lease_seconds):
        self.check("claim")
        return self.memory.claim(id, lease_seconds)

    def commit(self, id, token):
        self.check("commit")

    def release(self, id, token):
        self.check("release")

    def last(self, conversation_id):
        return self.check("last", 4)

    def advance(self, conversation_id, sequence):
        self.check("advance")


@both
@pytest.mark.parametrize(
    "operation, status, code",
    [
        ("claim", 503, "storeUnavailable"),
        ("last", 503, "storeUnavailable"),
        ("advance", 200, "handled"),  # it is handled: a failure would have it handled twice
        ("commit", 200, "handled"),
    ],
)
def test_broken_stores(receive, operation, status, code, make_body, signed, secret):
    store, reported, handled = Broken(operation), [], []
    handler = Handler(
        secret, dedupe=store, sequences=store, on_sequence_problem=lambda problem, event: None,
        on_error=lambda error, event: reported.append((str(error), event["id"])),
    )
    handler.on("ping")(handled.append)
    answer = receive(handler, make_body(), signed(make_body()))
    assert (answer.status, answer.code) == (status, code)
    assert len(handled) == (1 if status == 200 else 0)
    assert reported == [("the store is broken", "evt_1")]


def test_stores_may_be_coroutines(make_body, signed, secret):
    class Dedupe(MemoryDedupe):
        async def claim(self, id, lease_seconds):
            return super().claim(id, lease_seconds)

        async def commit(self, id, token):
            super().commit(id, token)

    handler = Handler(secret, dedupe=Dedupe())
    codes = [receive_async(handler, make_body(), signed(make_body())).code for _ in range(2)]
    assert codes == ["ignored", "duplicate"]


def test_an_empty_store_of_ones_own_is_used(make_body, signed, secret):
    class Dedupe(MemoryDedupe):
        def __len__(self):
            return 0

    dedupe = Dedupe()
    Handler(secret, dedupe=dedupe).receive(make_body(), signed(make_body()))
    assert dedupe.claim("evt_1", 60).result == "handled"


def test_a_sequence_problem_can_refuse_the_event(make_body, signed, secret):
    refuse = True

    def on_sequence_problem(problem, event):
        if refuse:
            raise RuntimeError("fetch what is missing first")

    sequences = MemorySequences()
    sequences.advance("conv_1", 2)
    handler = Handler(
        secret, sequences=sequences, on_sequence_problem=on_sequence_problem, on_error=lambda error, event: None
    )

    def receive():
        return handler.receive(make_body(), signed(make_body())).code

    assert receive() == "handlerFailed"
    refuse = False
    assert receive() == "ignored"
    refuse = True  # an event that was handled stays handled
    assert receive() == "duplicate"


def test_errors_are_logged_and_not_answered(make_body, signed, secret, caplog):
    handler = Handler(secret)

    @handler.on("ping")
    def fail(event):
        raise RuntimeError("password hunter2")

    with caplog.at_level(logging.ERROR, "bot9_webhooks"):
        answer = handler.receive(make_body(), signed(make_body()))
    assert answer == Answer(500, "handlerFailed", "the event could not be handled")
    assert "hunter2" in caplog.text
