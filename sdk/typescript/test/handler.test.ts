import assert from "node:assert/strict";
import { test } from "node:test";
import { type DedupeStore, type Event, Handler, MemoryDedupe, sign } from "../dist/index.js";
import { bytesOf, type HandlerCase, type HandlerStep, handlerVectors } from "./vectors.js";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = JSON.stringify({
  event: "ping",
  data: { chatbotId: "bot_1", webhookId: "whk_1" },
  id: "evt_1",
  createdAt: "2026-11-22T19:00:00.123Z",
  apiVersion: "1",
  conversationId: "conv_1",
  sequence: 5,
});

async function receive(handler: Handler): Promise<string> {
  const answer = await handler.receive(body, await sign(body, "evt_1", Date.now(), secret));
  return `${answer.status} ${answer.code}`;
}

/** What a step of a case came to, in the shape of what it should come to. */
async function run(c: HandlerCase): Promise<unknown[]> {
  let step!: HandlerStep;
  let came!: Pick<HandlerStep, "handled" | "problem">;
  const handler = new Handler({
    secrets: handlerVectors.secret,
    maxBodyBytes: c.maxBodyBytes,
    now: () => step.now * 1000,
    onError: () => undefined,
    onSequenceProblem: c.checkSequence ? (problem) => void (came.problem = problem) : undefined,
  });
  const handle = (name: string) => {
    came.handled.push(name);
    if (step.fails) throw new Error("told to fail");
  };
  handler.on("messageReceived", (event) => handle(event.event));
  if (c.fallback) handler.onOther(async (event) => handle("other:" + event.event));
  const results: unknown[] = [];
  for (step of c.steps) {
    came = { handled: [], problem: null };
    const { method, headers } = step;
    const response = await handler.fetch(new Request("http://localhost/", { method, headers, body: bytesOf(step) }));
    assert.equal(response.headers.get("allow"), response.status === 405 ? "POST" : null);
    const { code } = (await response.json()) as { code: string };
    results.push({ status: response.status, code, ...came });
  }
  return results;
}

test("there are vectors", () => assert.ok(handlerVectors.cases.length >= 8));

for (const c of handlerVectors.cases) {
  test(`vector: ${c.name}`, async () => {
    const want = c.steps.map(({ status, code, handled, problem }) => ({ status, code, handled, problem }));
    assert.deepEqual(await run(c), want);
  });
}

test("secrets that are not in order show when the handler is made", () => {
  assert.throws(() => new Handler({ secrets: [] }), { code: "invalidSecret" });
});

test("the same event at once is handled once", async () => {
  let leave!: () => void;
  let entered!: () => void;
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const handler = new Handler({ secrets: secret }).on("ping", () => {
    entered();
    return new Promise<void>((resolve) => (leave = resolve));
  });
  const first = receive(handler);
  await inside;
  assert.equal(await receive(handler), "409 inProgress");
  leave();
  assert.equal(await first, "200 handled");
  assert.equal(await receive(handler), "200 duplicate");
});

/** A store that fails in one operation. */
function broken(operation: string) {
  const check = (name: string) => {
    if (name === operation) throw new Error("the store is broken");
  };
  const memory = new MemoryDedupe();
  const dedupe: DedupeStore = {
    async claim(id, leaseSeconds) {
      check("claim");
      return memory.claim(id, leaseSeconds);
    },
    commit: async () => check("commit"),
    release: async () => check("release"),
  };
  const sequences = {
    async last() {
      check("last");
      return 4;
    },
    advance: async () => check("advance"),
  };
  return { dedupe, sequences };
}

for (const [operation, want] of Object.entries({
  claim: "503 storeUnavailable",
  last: "503 storeUnavailable",
  advance: "200 handled", // it is handled: a failure would have it handled twice
  commit: "200 handled",
})) {
  test(`a store that fails to ${operation}`, async () => {
    const reported: [unknown, Event][] = [];
    let handled = 0;
    const handler = new Handler({
      secrets: secret,
      ...broken(operation),
      onSequenceProblem: () => undefined,
      onError: (...report) => reported.push(report),
    }).on("ping", () => void handled++);
    assert.equal(await receive(handler), want);
    assert.equal(handled, want === "200 handled" ? 1 : 0);
    assert.equal(reported.length, 1);
    assert.equal(reported[0]?.[1].id, "evt_1");
  });
}

test("a sequence problem can refuse the event", async () => {
  let refuse = true;
  const handler = new Handler({
    secrets: secret,
    sequences: { last: () => 2, advance: () => undefined },
    onError: () => undefined,
    onSequenceProblem: () => {
      if (refuse) throw new Error("fetch what is missing first");
    },
  });
  assert.equal(await receive(handler), "500 handlerFailed");
  refuse = false;
  assert.equal(await receive(handler), "200 ignored");
  refuse = true; // an event that was handled stays handled
  assert.equal(await receive(handler), "200 duplicate");
});

test("an onError that throws keeps nothing from being retried", async (t) => {
  const log = t.mock.method(console, "error", () => undefined);
  const handler = new Handler({
    secrets: secret,
    onError: () => {
      throw new Error("no disk left for the log");
    },
  }).on("ping", () => {
    throw new Error("told to fail");
  });
  assert.equal(await receive(handler), "500 handlerFailed");
  assert.equal(await receive(handler), "500 handlerFailed");
  assert.equal(log.mock.callCount(), 2);
});

test("a body that was read before is told from one that was changed", async () => {
  const request = new Request("http://localhost/", {
    method: "POST",
    headers: await sign(body, "evt_1", Date.now(), secret),
    body,
  });
  await request.text();
  const response = await new Handler({ secrets: secret }).fetch(request);
  assert.equal(response.status, 500);
  assert.equal(((await response.json()) as { code: string }).code, "bodyNotRaw");
});

test("a stream is read no further than the limit", async () => {
  let pulled = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1024));
    },
  });
  const init = { method: "POST", body: stream, duplex: "half" };
  const handler = new Handler({ secrets: secret, maxBodyBytes: 10 * 1024 });
  const response = await handler.fetch(new Request("http://localhost/", init as RequestInit));
  assert.equal(response.status, 413);
  assert.ok(pulled < 20, `${pulled} KiB were read`);
});

// Checked by the compiler: the function for an event gets its data.
new Handler({ secrets: secret })
  .on("messageReceived", (event) => event.data.message satisfies string)
  .on("handoverRequested", (event) => event.data.recentMessages[0]?.senderType satisfies string | undefined)
  // @ts-expect-error: a typing mistake is no type of the catalog, and would never be called
  .on("mesageReceived", () => undefined)
  // @ts-expect-error: ping has no message
  .on("ping", (event) => event.data.message)
  .on("custom.orderShipped", (event) => event.data["order"] satisfies unknown);
