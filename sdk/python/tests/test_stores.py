import pytest

from bot9_webhooks import MemoryDedupe, MemorySequences


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def claim(dedupe, id, want):
    got = dedupe.claim(id, 60)
    assert got.result == want
    return got.token


def commit(dedupe, id):
    dedupe.commit(id, claim(dedupe, id, "claimed"))


def test_a_claim_runs_out(clock):
    dedupe = MemoryDedupe(now=clock)
    stale = claim(dedupe, "evt_1", "claimed")
    clock.now += 59.9
    claim(dedupe, "evt_1", "inProgress")
    clock.now += 0.2
    fresh = claim(dedupe, "evt_1", "claimed")
    dedupe.release("evt_1", stale)  # gives nothing back
    claim(dedupe, "evt_1", "inProgress")
    dedupe.release("evt_1", fresh)
    claim(dedupe, "evt_1", "claimed")


def test_a_late_commit_counts(clock):
    dedupe = MemoryDedupe(now=clock)
    stale = claim(dedupe, "evt_1", "claimed")
    clock.now += 120
    fresh = claim(dedupe, "evt_1", "claimed")
    dedupe.commit("evt_1", stale)
    claim(dedupe, "evt_1", "handled")
    dedupe.release("evt_1", fresh)
    claim(dedupe, "evt_1", "handled")


def test_what_was_handled_is_forgotten_after_its_time(clock):
    dedupe = MemoryDedupe(ttl_seconds=3600, now=clock)
    commit(dedupe, "evt_1")
    clock.now += 3599
    claim(dedupe, "evt_1", "handled")  # and its time begins anew
    clock.now += 3599
    claim(dedupe, "evt_1", "handled")
    clock.now += 3600
    claim(dedupe, "evt_1", "claimed")


def test_beyond_the_capacity_the_longest_unseen_id_is_forgotten():
    dedupe = MemoryDedupe(capacity=2)
    commit(dedupe, "evt_1")
    commit(dedupe, "evt_2")
    claim(dedupe, "evt_1", "handled")  # seen again
    commit(dedupe, "evt_3")
    claim(dedupe, "evt_1", "handled")
    claim(dedupe, "evt_3", "handled")
    claim(dedupe, "evt_2", "claimed")


def test_sequences_never_go_back():
    sequences = MemorySequences()
    for sequence in (3, 7, 5):
        sequences.advance("conv_1", sequence)
    assert sequences.last("conv_1") == 7


def test_beyond_the_capacity_the_longest_silent_conversation_is_forgotten():
    sequences = MemorySequences(capacity=2)
    for sequence, conversation in enumerate(["conv_1", "conv_2", "conv_1", "conv_3"], 1):
        sequences.advance(conversation, sequence)
    assert [sequences.last(f"conv_{n}") for n in (1, 2, 3)] == [3, 0, 4]
