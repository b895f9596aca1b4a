import assert from "node:assert/strict";
import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "node:test";
import express from "express";
import { Handler, nodeListener, sign } from "../dist/index.js";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = JSON.stringify({
  event: "messageReceived",
  data: { chatbotId: "bot_1", message: "Grüße 🤖" },
  id: "evt_1",
  createdAt: "2026-11-22T19:00:00.123Z",
  apiVersion: "1",
});

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/`;
}

async function post(url: string, sent: string = body): Promise<string> {
  const headers = { ...(await sign(body, "evt_1", Date.now(), secret)), "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: sent });
  assert.equal(response.headers.get("content-type"), "application/json");
  return `${response.status} ${((await response.json()) as { code: string }).code}`;
}

/** A handler, and the messages that it has handled. */
function receiver(maxBodyBytes?: number) {
  const messages: string[] = [];
  const handler = new Handler({ secrets: secret, maxBodyBytes });
  handler.on("messageReceived", (event) => messages.push(event.data.message));
  return { listener: nodeListener(handler), messages };
}

test("node:http", async () => {
  const { listener, messages } = receiver();
  const url = await listen(listener);
  assert.equal(await post(url), "200 handled");
  assert.equal(await post(url), "200 duplicate");
  assert.equal(await post(url, body + " "), "401 noMatchingSignature");
  assert.equal((await fetch(url)).status, 405);
  assert.deepEqual(messages, ["Grüße 🤖"]);
});

test("Express", async () => {
  const { listener, messages } = receiver();
  const app = express();
  app.post("/", listener);
  app.use(express.json());
  assert.equal(await post(await listen(app)), "200 handled");
  assert.deepEqual(messages, ["Grüße 🤖"]);
});

test("Express behind express.raw()", async () => {
  const { listener, messages } = receiver();
  const app = express();
  app.use(express.raw({ type: "application/json" }));
  app.post("/", listener);
  assert.equal(await post(await listen(app)), "200 handled");
  assert.deepEqual(messages, ["Grüße 🤖"]);
});

test("Express behind a parser that keeps rawBody", async () => {
  const { listener } = receiver();
  const app = express();
  app.use(express.json({ verify: (request, _response, bytes) => Object.assign(request, { rawBody: bytes }) }));
  app.post("/", listener);
  assert.equal(await post(await listen(app)), "200 handled");
});

test("Express behind express.json() says what to change", async () => {
  const { listener, messages } = receiver();
  const app = express();
  app.use(express.json());
  app.post("/", listener);
  assert.equal(await post(await listen(app)), "500 bodyNotRaw");
  assert.deepEqual(messages, []);
});

test("a body beyond the limit is answered before it ends", async () => {
  const url = await listen(receiver(1024).listener);
  const status = await new Promise((resolve, reject) => {
    const sending = httpRequest(url, { method: "POST" }, (response) => {
      resolve(response.statusCode);
      sending.destroy();
    });
    sending.on("error", reject);
    sending.write("x".repeat(2000)); // and never ends
  });
  assert.equal(status, 413);
});

test("a body beyond the limit that was read before", async () => {
  const { listener } = receiver(10);
  const app = express();
  app.use(express.raw({ type: "application/json" }));
  app.post("/", listener);
  assert.equal(await post(await listen(app)), "413 bodyTooLarge");
});
