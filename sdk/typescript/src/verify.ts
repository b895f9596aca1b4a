import { WebhookError } from "./error.js";

/** How far the time of signing may be from now, in either direction, if nothing else is said. */
export const defaultToleranceSeconds = 300;

const secretPattern = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

const publicKeyPattern = /^whpk_([A-Za-z0-9+/]{43}=)$/;
const asymmetricPattern = /^v1a,([A-Za-z0-9+/]{86}==)$/;

// Bounds the work that a forged header can cause.
const maxSignatures = 16;

// At most 15 digits, so that every language's numbers hold it; in the one way to write a number,
// so that what is compared is what was signed.
const timestampPattern = /^(?:0|[1-9][0-9]{0,14})$/;

/** A body byte for byte as received; a string stands for its UTF-8. */
export type Body = string | Uint8Array | ArrayBuffer;

/** Headers of the Fetch API, or those of node:http, whose names are in lower case. */
export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

export interface VerifyOptions {
  /** How far the time of signing may be from now, in seconds; 300 if absent. */
  toleranceSeconds?: number | undefined;
  /** The time in milliseconds since the Unix epoch; Date.now if absent. */
  now?: (() => number) | undefined;
}

/**
 * Checks that body, byte for byte as received, was signed with one of the secrets within the
 * tolerance. A delivery is good if it is signed with any of them; during a rotation give the old
 * and the new one. A public key ("whpk_…") in place of a secret checks the scheme v1a. Rejects with
 * a WebhookError.
 */
export async function verify(
  body: Body,
  headers: HeadersLike,
  secrets: string | readonly string[],
  options: VerifyOptions = {},
): Promise<void> {
  await new Verifier(secrets, options).verify(body, headers);
}

/** Checks signatures. Making one throws a WebhookError if the secrets are not in order. */
export class Verifier {
  readonly #secrets: Secret[];
  readonly #toleranceSeconds: number;
  readonly #now: () => number;
  #keys: Promise<CryptoKey[]> | undefined;

  constructor(secrets: string | readonly string[], options: VerifyOptions = {}) {
    this.#secrets = parseSecrets(secrets);
    this.#toleranceSeconds = options.toleranceSeconds ?? defaultToleranceSeconds;
    this.#now = options.now ?? Date.now;
  }

  /** Like the function verify. */
  async verify(body: Body, headers: HeadersLike): Promise<void> {
    const bytes = bytesOf(body);
    const id = header(headers, "webhook-id");
    const timestamp = header(headers, "webhook-timestamp");
    const signatures = header(headers, "webhook-signature");
    if (!id || !timestamp || !signatures) {
      throw new WebhookError(
        "missingHeader",
        "webhook-id, webhook-timestamp and webhook-signature must all be there",
      );
    }
    this.#checkTime(timestamp);
    this.#keys ??= importKeys(this.#secrets);
    const given = signatures.split(" ");
    const content = signedContent(id, timestamp, bytes);
    for (const key of await this.#keys) {
      if (await (key.type === "public" ? signedPublicly(key, given, content) : signedSecretly(key, given, content))) return;
    }
    throw new WebhookError(
      "noMatchingSignature",
      "no signature matches: the secret is another webhook's, or the body is not the bytes that were sent",
    );
  }

  #checkTime(timestamp: string): void {
    if (!timestampPattern.test(timestamp)) {
      throw new WebhookError("invalidTimestamp", "webhook-timestamp is not a Unix time in seconds");
    }
    const age = this.#now() / 1000 - Number(timestamp);
    if (age > this.#toleranceSeconds) {
      throw new WebhookError("timestampTooOld", "webhook-timestamp is too long ago");
    }
    if (age < -this.#toleranceSeconds) {
      throw new WebhookError("timestampTooNew", "webhook-timestamp is in the future");
    }
  }
}

/**
 * Returns the headers of a delivery of body, as Bot9 would sign it: for tests of a receiver. `at`
 * is the time of signing in milliseconds since the Unix epoch. Nobody but Bot9 can sign what a public
 * key checks. Rejects with a WebhookError.
 */
export async function sign(
  body: Body,
  id: string,
  at: number,
  secrets: string | readonly string[],
): Promise<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const bytes = bytesOf(body);
  const timestamp = String(Math.floor(at / 1000));
  const parsed = parseSecrets(secrets);
  if (parsed.some((secret) => secret.isPublic)) {
    throw new WebhookError("invalidSecret", "a public key checks signatures, and makes none");
  }
  const content = signedContent(id, timestamp, bytes);
  const signatures = await Promise.all((await importKeys(parsed)).map((key) => signature(key, content)));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

/** The value of a header, "" if it isn't there. The name is in lower case. */
export function header(headers: HeadersLike, name: string): string {
  const value = isFetchHeaders(headers) ? headers.get(name) : headers[name];
  return typeof value === "string" ? value : (value?.[0] ?? "");
}

function isFetchHeaders(headers: HeadersLike): headers is { get(name: string): string | null } {
  return typeof headers.get === "function";
}

function signedContent(id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const before = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(before.length + body.length);
  content.set(before);
  content.set(body, before.length);
  return content;
}

/** The signature by a secret as it stands in the header. */
async function signature(key: CryptoKey, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
  return "v1," + btoa(String.fromCharCode(...mac));
}

async function signedSecretly(key: CryptoKey, given: string[], content: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const want = await signature(key, content);
  return given.some((each) => equal(each, want));
}

async function signedPublicly(key: CryptoKey, given: string[], content: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const candidates = given.flatMap((each) => asymmetricPattern.exec(each)?.[1] ?? []).slice(0, maxSignatures);
  for (const encoded of candidates) {
    if (await crypto.subtle.verify("Ed25519", key, decoded(encoded), content)) return true;
  }
  return false;
}

/** Compares in a time that doesn't tell how much of the two is alike. */
function equal(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** The body's bytes. An object that was parsed from JSON is refused: its bytes are lost. */
export function bytesOf(body: Body): Uint8Array {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError("pass the body as it was received, not what was parsed from it");
}

/** A secret, or a public key. */
interface Secret {
  isPublic: boolean;
  bytes: Uint8Array<ArrayBuffer>;
}

// One bad secret spoils all: it is a mistake in the receiver's settings that would otherwise show
// only when the good one is rotated away.
function parseSecrets(secrets: string | readonly string[] | undefined): Secret[] {
  // undefined is what JavaScript has for an environment variable that isn't set.
  const keys = (typeof secrets === "string" ? [secrets] : (secrets ?? [])).map((secret): Secret => {
    const encoded = secretPattern.exec(secret)?.[1];
    if (encoded) return { isPublic: false, bytes: decoded(encoded) };
    const publicKey = publicKeyPattern.exec(secret)?.[1];
    if (publicKey) return { isPublic: true, bytes: decoded(publicKey) };
    throw new WebhookError(
      "invalidSecret",
      'a secret must be "whsec_" followed by base64, a public key "whpk_" followed by the base64 of 32 bytes',
    );
  });
  if (keys.length === 0) throw new WebhookError("invalidSecret", "give at least one secret");
  return keys;
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function importKeys(secrets: Secret[]): Promise<CryptoKey[]> {
  return Promise.all(
    secrets.map(({ isPublic, bytes }) =>
      isPublic
        ? crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"])
        : crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    ),
  );
}
