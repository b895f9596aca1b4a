import asyncio
import pathlib
import re
import sqlite3
import threading

import httpx
import pytest

from bot9_webhooks import sign

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
OLD_SECRET = "whsec_b2xkIHNlY3JldCBvZiB0aGUgZXhhbXBsZQ=="


@pytest.fixture
def readme(secret, make_body, tmp_path, monkeypatch):
    """What the README's code defines, all blocks run one after the other."""
    assert len(BLOCKS) >= 7
    monkeypatch.chdir(tmp_path)
    body = make_body("messageReceived", message="Hello", sender="user123")
    names = {"secret": secret, "new_secret": secret, "old_secret": OLD_SECRET, "body": body, "__name__": "readme"}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
    return names


def test_verify(readme, capsys):
    readme["receive"](readme["body"], readme["headers"])
    assert capsys.readouterr().out == "messageReceived\n"


def test_handler(readme, capsys):
    async def post():
        transport = httpx.ASGITransport(app=readme["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post("/bot9", content=readme["body"], headers=readme["headers"])

    assert asyncio.run(post()).json() == {"code": "handled"}
    answer = readme["flask_app"].test_client().post("/bot9", data=readme["body"], headers=readme["headers"])
    assert answer.get_json() == {"code": "duplicate"}
    assert capsys.readouterr().out == "conv_1 user123 says Hello\n"


def test_sequence(readme, capsys, signed):
    later = readme["body"].replace(b'"sequence": 5', b'"sequence": 9')
    for id, body in (("evt_1", readme["body"]), ("evt_2", later)):
        assert readme["watching"].receive(body, signed(body, id)).code == "ignored"
    assert capsys.readouterr().out == "gap in conv_1 after 5 came 9\n"


def test_rotation(readme, signed):
    at = readme["time"].time()
    for id, key in (("evt_1", OLD_SECRET), ("evt_2", readme["secret"])):
        assert readme["rotating"].receive(readme["body"], sign(readme["body"], id, at, key)).status == 200


def test_sqlite_store(readme, signed):
    body = readme["body"]
    assert [readme["sharing"].receive(body, signed(body)).code for _ in range(2)] == ["ignored", "duplicate"]

    store = readme["SqliteDedupe"]("deliveries.db")
    stale = store.claim("evt_2", 0)
    fresh = store.claim("evt_2", 60)
    assert (stale.result, fresh.result) == ("claimed", "claimed")
    store.release("evt_2", stale.token)
    assert store.claim("evt_2", 60).result == "inProgress"
    store.release("evt_2", fresh.token)
    last = store.claim("evt_2", 60)
    store.commit("evt_2", last.token)
    store.release("evt_2", last.token)
    assert store.claim("evt_2", 60).result == "handled"


def test_claim_in_sql():
    """The claim of the README of all libraries, in the words of a store's three operations."""
    page = pathlib.Path(__file__).parents[2] / "README.md"
    (claim,) = re.findall(r"```sql\n(.*?)```", page.read_text(), re.DOTALL)
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE deliveries (id TEXT PRIMARY KEY, token TEXT, until REAL, handled BOOLEAN)")

    def is_claimed(token, now):
        return database.execute(claim, {"id": "evt_1", "token": token, "now": now, "until": now + 60}).rowcount == 1

    assert is_claimed("first", now=1000)
    assert not is_claimed("second", now=1059)  # in progress
    assert is_claimed("third", now=1060)  # the first one's time has run out
    database.execute("UPDATE deliveries SET handled = TRUE WHERE id = 'evt_1'")
    assert not is_claimed("fourth", now=9999)


def test_sqlite_store_gives_one_of_many_the_claim(readme):
    store, results = readme["SqliteDedupe"]("deliveries.db"), []
    threads = [threading.Thread(target=lambda: results.append(store.claim("evt_3", 60).result)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["claimed"] + ["inProgress"] * 7
