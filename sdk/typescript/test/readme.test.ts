import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mock, test } from "node:test";
import express from "express";
import { Handler, nodeListener, parseEvent, type SequenceProblem, sign, verify } from "../dist/index.js";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const newSecret = secret;
const oldSecret = "whsec_b2xkIHNlY3JldCBvZiB0aGUgZXhhbXBsZQ==";
const body = JSON.stringify({
  event: "messageReceived",
  data: { chatbotId: "bot_1", message: "Hello", sender: "user123" },
  id: "evt_1",
  createdAt: "2026-11-22T19:00:00.123Z",
  apiVersion: "1",
  conversationId: "conv_1",
  sequence: 5,
});

async function receive(request: Request): Promise<Response> {
  const body = await request.text();
  await verify(body, request.headers, secret); // rejects with a WebhookError, whose code says what is wrong
  console.log(parseEvent(body).event);
  return new Response();
}

const handler = new Handler({ secrets: secret })
  .on("messageReceived", async (event) => {
    console.log(event.conversationId, event.data.sender, "says", event.data.message);
  })
  .on("custom.orderShipped", (event) => console.log("shipped:", event.data))
  .onOther((event) => console.log("also", event.event));

const app = express();
app.post("/bot9", nodeListener(handler)); // before express.json(): a body that was parsed can't be verified
app.use(express.json());

const onSequenceProblem = (problem: SequenceProblem) => {
  const { kind, conversationId, last, sequence } = problem;
  console.log(kind, "in", conversationId, "after", last, "came", sequence);
  // throwing here would have the event sent again later
};
const watching = new Handler({ secrets: secret, onSequenceProblem });

const rotating = new Handler({ secrets: [newSecret, oldSecret] });

test("the README's code does what it says", async () => {
  const headers = await sign(body, "evt_1", Date.now(), secret);
  const request = () => new Request("http://localhost/bot9", { method: "POST", headers, body });
  const log = mock.method(console, "log", () => undefined);

  assert.equal((await receive(request())).status, 200);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bot9`;
  assert.equal((await fetch(url, { method: "POST", headers, body })).status, 200);
  server.closeAllConnections();
  server.close();
  assert.equal((await watching.fetch(request())).status, 200);
  const later = body.replace('"sequence":5', '"sequence":9');
  await watching.receive(later, await sign(later, "evt_2", Date.now(), secret));
  assert.equal((await rotating.receive(body, await sign(body, "evt_1", Date.now(), oldSecret))).status, 200);

  assert.deepEqual(
    log.mock.calls.map((call) => call.arguments.join(" ")),
    ["messageReceived", "conv_1 user123 says Hello", "gap in conv_1 after 5 came 9"],
  );
  log.mock.restore();
});

/** Code without its indentation. */
function flatten(code: string): string {
  return code
    .trim()
    .split("\n")
    .map((line) => line.trim())
    .join("\n");
}

test("the README's code is the code above", () => {
  const here = new URL("../test/readme.test.ts", import.meta.url);
  const run = flatten(readFileSync(here, "utf8"));
  const blocks = [...readFileSync(new URL("../README.md", here), "utf8").matchAll(/```ts\n(.*?)```/gs)];
  assert.ok(blocks.length >= 6);
  for (const [, code] of blocks) assert.ok(run.includes(flatten(code!)), `not run:\n${code}`);
});

test("the library needs nothing but itself and Web standards", () => {
  const dist = new URL("../dist/", import.meta.url);
  const files = readdirSync(dist).filter((name) => name.endsWith(".js"));
  assert.ok(files.length > 5);
  for (const file of files) {
    const code = readFileSync(new URL(file, dist), "utf8");
    for (const [, from] of code.matchAll(/\bfrom "([^"]+)"/g)) assert.match(from!, /^\.\//, file);
    assert.doesNotMatch(code, /\b(require|import)\(|\bprocess\.\w|\bBuffer\.\w/, file);
  }
});
