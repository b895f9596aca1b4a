import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { parseEvent, sign, Verifier, verify, WebhookError } from "../dist/index.js";
import { bytesOf, verifyVectors, type VerifyVector } from "./vectors.js";

// The known-answer example of the Standard Webhooks libraries.
const known = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  at: 1614265330_000,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

async function outcome(v: VerifyVector, headers: ConstructorParameters<typeof Headers>[0] | object): Promise<string> {
  try {
    await verify(bytesOf(v), headers as Headers, v.secrets, { now: () => v.now * 1000 });
    return "ok";
  } catch (error) {
    if (error instanceof WebhookError) return error.code;
    throw error;
  }
}

test("there are vectors", () => assert.ok(verifyVectors.length >= 60));

for (const v of verifyVectors) {
  test(`vector: ${v.name}`, async () => {
    assert.equal(await outcome(v, v.headers), v.expect, "headers of node:http");
    assert.equal(await outcome(v, new Headers(v.headers)), v.expect, "headers of the Fetch API");
  });
}

test("the time limit is the option's", async () => {
  const headers = await sign("{}", "evt_1", 1_000_000, known.secret);
  const at = (seconds: number) => ({ toleranceSeconds: 10, now: () => 1_000_000 + seconds * 1000 });
  await verify("{}", headers, known.secret, at(10));
  await assert.rejects(verify("{}", headers, known.secret, at(10.5)), { code: "timestampTooOld" });
  await assert.rejects(verify("{}", headers, known.secret, at(-10.5)), { code: "timestampTooNew" });
});

test("the clock is the real one unless another is given", async () => {
  await verify("{}", await sign("{}", "evt_1", Date.now(), known.secret), known.secret);
  await assert.rejects(verify("{}", await sign("{}", "evt_1", Date.now() - 301_000, known.secret), known.secret), {
    code: "timestampTooOld",
  });
});

test("text, bytes and buffers are the same body", async () => {
  const headers = await sign("Grüße", "evt_1", Date.now(), known.secret);
  const bytes = new TextEncoder().encode("Grüße");
  for (const body of ["Grüße", bytes, bytes.buffer]) await verify(body, headers, known.secret);
});

test("a parsed body is refused with a hint", async () => {
  const headers = await sign("{}", "evt_1", Date.now(), known.secret);
  await assert.rejects(verify({} as string, headers, known.secret), /not what was parsed from it/);
  assert.throws(() => parseEvent({} as string), /not what was parsed from it/);
});

test("bad secrets show when the verifier is made, without being repeated", () => {
  assert.throws(
    () => new Verifier(["whsec_se*cret"]),
    (error: WebhookError) => error.code === "invalidSecret" && !error.message.includes("se*cret"),
  );
});

test("a secret that isn't set is told as such", () => {
  for (const unset of [undefined, [undefined], null, ""]) {
    assert.throws(() => new Verifier(unset as unknown as string), { name: "WebhookError", code: "invalidSecret" });
  }
});

test("known answer", async () => {
  const headers = await sign(known.body, known.id, known.at, known.secret);
  assert.equal(headers["webhook-signature"], known.signature);
  assert.equal(new Webhook(known.secret).sign(known.id, new Date(known.at), known.body), known.signature);
});

// Their verification parses what it verified, so bodies are JSON.
const bodies = {
  known: known.body,
  unicode: '"Grüße, 你好, 🤖"',
  CRLF: "{\r\n}\r\n",
  large: JSON.stringify("bot9 ".repeat(200_000)),
};

for (const [name, body] of Object.entries(bodies)) {
  test(`they verify what we sign: ${name}`, async () => {
    const headers = await sign(body, known.id, Date.now(), known.secret);
    new Webhook(known.secret).verify(body, headers);
    assert.throws(() => new Webhook(known.secret).verify(body + " ", headers));
  });

  test(`we verify what they sign: ${name}`, async () => {
    const now = new Date();
    const headers = {
      "webhook-id": known.id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(known.secret).sign(known.id, now, body),
    };
    await verify(body, headers, known.secret);
    await assert.rejects(verify(body + " ", headers, known.secret), { code: "noMatchingSignature" });
  });
}
