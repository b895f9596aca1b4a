/**
 * Names, stably, what was wrong with a delivery or with the receiver's settings. The three
 * receiver libraries share the codes.
 *
 * - `invalidSecret`: no secret, or one that isn't "whsec_" and base64
 * - `missingHeader`: webhook-id, webhook-timestamp or webhook-signature
 * - `invalidTimestamp`: not a whole number of seconds
 * - `timestampTooOld`: signed longer ago than the tolerance: perhaps a replay attack
 * - `timestampTooNew`: signed in the future: a clock is wrong
 * - `noMatchingSignature`: not signed with any of the secrets, or changed on the way
 * - `invalidEvent`: signed, but the body isn't an event
 */
export type Code =
  | "invalidSecret"
  | "missingHeader"
  | "invalidTimestamp"
  | "timestampTooOld"
  | "timestampTooNew"
  | "noMatchingSignature"
  | "invalidEvent";

/** Tells what was wrong. Its message never repeats a secret or what was received. */
export class WebhookError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.name = "WebhookError";
    this.code = code;
  }
}
