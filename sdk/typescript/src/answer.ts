import { WebhookError } from "./error.js";

/** What to tell Bot9 about a delivery. A 2xx ends it; anything else has it sent again. */
export interface Answer {
  status: number;
  code: string;
  message?: string;
}

export const answers = {
  handled: { status: 200, code: "handled" },
  duplicate: { status: 200, code: "duplicate" },
  ignored: { status: 200, code: "ignored" },
  unreadable: { status: 400, code: "bodyUnreadable", message: "the body could not be read" },
  method: { status: 405, code: "methodNotAllowed", message: "deliveries come by POST" },
  inProgress: { status: 409, code: "inProgress", message: "this event is being handled already" },
  tooLarge: { status: 413, code: "bodyTooLarge", message: "the body is larger than this receiver takes" },
  handlerFailed: { status: 500, code: "handlerFailed", message: "the event could not be handled" },
  notRaw: {
    status: 500,
    code: "bodyNotRaw",
    message: "the body was parsed before it could be verified: mount the receiver before any body parser",
  },
  storeUnavailable: {
    status: 503,
    code: "storeUnavailable",
    message: "what was handled before can't be looked up",
  },
} as const satisfies Record<string, Answer>;

/** The answer to what is wrong: 401 where the signature or its time doesn't hold, else 400. */
export function answerError(error: WebhookError): Answer {
  const unauthorized = ["timestampTooOld", "timestampTooNew", "noMatchingSignature"].includes(error.code);
  return { status: unauthorized ? 401 : 400, code: error.code, message: error.message };
}

/** The headers and the body of an answer. */
export function render(answer: Answer): { headers: Record<string, string>; body: string } {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (answer.status === 405) headers["allow"] = "POST";
  const { status: _, ...body } = answer;
  return { headers, body: JSON.stringify(body) + "\n" };
}
