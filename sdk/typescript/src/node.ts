import { type Answer, answers, render } from "./answer.js";
import { join } from "./body.js";
import type { Handler } from "./handler.js";
import { bytesOf } from "./verify.js";

/** The part of node:http's IncomingMessage, and of Express's Request, that is used. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly readableDidRead?: boolean;
  readonly body?: unknown;
  readonly rawBody?: unknown;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  pause(): unknown;
}

/** The part of node:http's ServerResponse, and of Express's Response, that is used. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/**
 * Makes a handler a listener of node:http, or a handler of Express. In Express mount it before
 * express.json(): a body that was parsed can't be verified. Behind express.raw() it works too.
 */
export function nodeListener(handler: Handler): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => {
    const answer = await answerNode(handler, request);
    const { headers, body } = render(answer);
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // What is left of the body is not read, so the connection can't be used again.
    if (answer === answers.tooLarge) response.setHeader("connection", "close");
    response.end(body);
  };
}

async function answerNode(handler: Handler, request: NodeRequest): Promise<Answer> {
  if (request.method !== "POST") return answers.method;
  let body: Uint8Array | undefined;
  try {
    body = bytesBefore(request);
    if (!body && request.readableDidRead) return answers.notRaw;
    body ??= await readRequest(request, handler.maxBodyBytes);
  } catch {
    return answers.unreadable;
  }
  if (!body || body.length > handler.maxBodyBytes) return answers.tooLarge;
  return handler.receive(body, request.headers);
}

/** The body where somebody before has read it and kept its bytes. */
function bytesBefore(request: NodeRequest): Uint8Array | undefined {
  for (const body of [request.rawBody, request.body]) {
    if (typeof body === "string" || body instanceof Uint8Array) return bytesOf(body);
  }
  return undefined;
}

/** Reads the body. It returns undefined, and stops reading, beyond limit bytes. */
function readRequest(request: NodeRequest, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    request.on("data", (chunk) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      request.pause();
      resolve(undefined);
    });
    request.on("end", () => resolve(join(chunks, size)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("the request broke off")));
  });
}
