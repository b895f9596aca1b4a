import asyncio

import flask
import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Route

import bot9_webhooks.fastapi
import bot9_webhooks.flask
from bot9_webhooks import Handler


def asgi_post(app, content, headers, method="POST"):
    async def post():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, "/bot9", content=content, headers=headers)

    response = asyncio.run(post())
    return response.status_code, response.json().get("code")


def flask_post(app, content, headers, method="POST"):
    response = app.test_client().open("/bot9", method=method, data=content, headers=headers)
    return response.status_code, response.get_json()["code"]


def fastapi_app(handler):
    app = FastAPI()
    app.api_route("/bot9", methods=["POST", "PUT"])(bot9_webhooks.fastapi.endpoint(handler))
    return app


def starlette_app(handler):
    return Starlette(routes=[Route("/bot9", bot9_webhooks.fastapi.endpoint(handler), methods=["POST", "PUT"])])


def flask_app(handler):
    app = flask.Flask("test")
    app.route("/bot9", methods=["POST", "PUT"])(bot9_webhooks.flask.view(handler))
    return app


everywhere = pytest.mark.parametrize(
    "make_app, post",
    [(fastapi_app, asgi_post), (starlette_app, asgi_post), (flask_app, flask_post)],
    ids=["FastAPI", "Starlette", "Flask"],
)


@everywhere
def test_deliveries(make_app, post, make_body, signed, secret):
    handler, messages = Handler(secret), []

    @handler.on("messageReceived")
    def on_message(event):
        messages.append(event["data"]["message"])

    app = make_app(handler)
    body = make_body("messageReceived", message="Grüße 🤖")
    assert post(app, body, signed(body)) == (200, "handled")
    assert post(app, body, signed(body)) == (200, "duplicate")
    assert post(app, body + b" ", signed(body)) == (401, "noMatchingSignature")
    assert post(app, body, {}) == (400, "missingHeader")
    assert post(app, body, signed(body), method="PUT") == (405, "methodNotAllowed")
    assert messages == ["Grüße 🤖"]


@everywhere
def test_the_body_is_bounded(make_app, post, make_body, signed, secret):
    body = make_body()
    app = make_app(Handler(secret, max_body_bytes=len(body)))
    assert post(app, body + b" ", signed(body + b" ")) == (413, "bodyTooLarge")
    assert post(app, b"x" * 3_000_000, signed(body)) == (413, "bodyTooLarge")
    assert post(app, body, signed(body)) == (200, "ignored")


def test_fastapi_reads_no_further_than_the_limit(secret):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1024

    app = fastapi_app(Handler(secret, max_body_bytes=10 * 1024))
    assert asgi_post(app, endless(), {}) == (413, "bodyTooLarge")
    assert sent < 20


def test_flask_reads_no_further_than_the_limit(secret):
    class Endless:
        sent = 0

        def read(self, size=-1):
            assert 0 < size < 20 * 1024
            self.sent += size
            return b"x" * size

    app, stream = flask_app(Handler(secret, max_body_bytes=10 * 1024)), Endless()
    environ = {"wsgi.input": stream, "wsgi.input_terminated": True}
    response = app.test_client().post("/bot9", environ_overrides=environ)
    assert response.status_code == 413
    assert 0 < stream.sent < 20 * 1024


def test_flask_behind_a_reader_that_keeps_the_body(make_body, signed, secret):
    app = flask_app(Handler(secret))
    app.before_request(lambda: flask.request.get_data() and None)
    assert flask_post(app, make_body(), signed(make_body())) == (200, "ignored")


def test_flask_behind_a_parser_says_what_is_wrong(make_body, signed, secret):
    app = flask_app(Handler(secret))
    app.before_request(lambda: flask.request.stream.read() and None)
    assert flask_post(app, make_body(), signed(make_body())) == (500, "bodyNotRaw")


def test_starlette_behind_a_reader_says_what_is_wrong(make_body, signed, secret):
    receive = bot9_webhooks.fastapi.endpoint(Handler(secret))

    async def read_before(request):
        async for _ in request.stream():
            pass
        return await receive(request)

    app = Starlette(routes=[Route("/bot9", read_before, methods=["POST"])])
    assert asgi_post(app, make_body(), signed(make_body())) == (500, "bodyNotRaw")
