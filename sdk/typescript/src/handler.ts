import { type Answer, answerError, answers, render } from "./answer.js";
import { readBody } from "./body.js";
import { type Claim, type DedupeStore, MemoryDedupe } from "./dedupe.js";
import { WebhookError } from "./error.js";
import { type Event, type EventType, parseEvent } from "./event.js";
import { kindOf, MemorySequences, type SequenceProblem, type SequenceStore } from "./sequence.js";
import { type Body, header, type HeadersLike, Verifier, type VerifyOptions } from "./verify.js";

/** A Handler's settings. Only secrets must be set. */
export interface HandlerOptions extends VerifyOptions {
  /** The webhook's secrets; during a rotation the old and the new one. */
  secrets: string | readonly string[];
  /** The largest body that is read; 1 MiB if absent. */
  maxBodyBytes?: number | undefined;
  /** Remembers what was handled; a MemoryDedupe if absent. */
  dedupe?: DedupeStore | undefined;
  /**
   * How long an event counts as being handled when nobody says that it was; 60 if absent. It must
   * be longer than handling takes.
   */
  leaseSeconds?: number | undefined;
  /**
   * Hears of gaps, duplicates and late events in a conversation; without it there is no check. It
   * makes sense only for a webhook with all events ("*") and no filter, since the others see gaps
   * all the time. It runs before the event is handled; what it throws fails the event as if
   * handling had failed, but for a duplicate.
   */
  onSequenceProblem?: ((problem: SequenceProblem, event: Event) => unknown) | undefined;
  /** Remembers where each conversation is; a MemorySequences if absent. */
  sequences?: SequenceStore | undefined;
  /**
   * Hears why an answer was 500 or 503, and of a store that failed after the event was handled. It
   * logs to the console if absent.
   */
  onError?: ((error: unknown, event: Event) => void) | undefined;
}

/** The function for an event. What it throws makes the answer 500, so that Bot9 sends the event again. */
export type EventFunction<T extends string> = (event: Event<T>) => unknown;

/**
 * Receives deliveries: it verifies, drops duplicates, checks the sequence, calls the function
 * given for the event, and answers. Making one throws a WebhookError if the secrets are not in
 * order.
 */
export class Handler {
  readonly maxBodyBytes: number;
  readonly #verifier: Verifier;
  readonly #dedupe: DedupeStore;
  readonly #leaseSeconds: number;
  readonly #sequences: SequenceStore;
  readonly #onSequenceProblem: HandlerOptions["onSequenceProblem"];
  readonly #onError: (error: unknown, event: Event) => void;
  readonly #functions = new Map<string, (event: never) => unknown>();
  #other: ((event: never) => unknown) | undefined;

  constructor(options: HandlerOptions) {
    this.#verifier = new Verifier(options.secrets, options);
    this.maxBodyBytes = options.maxBodyBytes ?? 1 << 20;
    this.#dedupe = options.dedupe ?? new MemoryDedupe();
    this.#leaseSeconds = options.leaseSeconds ?? 60;
    this.#sequences = options.sequences ?? new MemorySequences();
    this.#onSequenceProblem = options.onSequenceProblem;
    this.#onError = options.onError ?? logError;
  }

  /**
   * Has handle called for each event of this type, which may be one of your own custom.* types. A
   * type that is newer than the library comes to onOther. The function given last for a type counts.
   */
  on<T extends EventType>(event: T, handle: EventFunction<T>): this;
  on(event: `custom.${string}`, handle: EventFunction<string>): this;
  on(event: string, handle: (event: never) => unknown): this {
    this.#functions.set(event, handle);
    return this;
  }

  /**
   * Has handle called for each event that no other function was given for. Without it they are
   * acknowledged and ignored.
   */
  onOther(handle: EventFunction<string>): this {
    this.#other = handle;
    return this;
  }

  /** Answers a request of the Fetch API. It can be passed on as it is: Deno.serve(handler.fetch). */
  readonly fetch = async (request: Request): Promise<Response> => {
    const answer = await this.#answer(request);
    const { headers, body } = render(answer);
    return new Response(body, { status: answer.status, headers });
  };

  async #answer(request: Request): Promise<Answer> {
    if (request.method !== "POST") return answers.method;
    if (request.bodyUsed) return answers.notRaw;
    let body: Uint8Array | undefined;
    try {
      body = await readBody(request.body, this.maxBodyBytes);
    } catch {
      return answers.unreadable;
    }
    return body ? this.receive(body, request.headers) : answers.tooLarge;
  }

  /** Handles one delivery and tells what to answer: what an adapter does after reading the body. */
  async receive(body: Body, headers: HeadersLike): Promise<Answer> {
    let event: Event;
    try {
      await this.#verifier.verify(body, headers);
      event = parseEvent(body);
    } catch (error) {
      if (error instanceof WebhookError) return answerError(error);
      throw error;
    }
    const id = header(headers, "webhook-id");
    let claim: Claim;
    try {
      claim = await this.#dedupe.claim(id, this.#leaseSeconds);
    } catch (error) {
      return this.#failed(answers.storeUnavailable, error, event);
    }
    if (claim.result === "inProgress") return answers.inProgress;
    if (claim.result === "handled") {
      await this.#checkSequence(event, true); // whatever comes of it: the event is handled
      return answers.duplicate;
    }
    return this.#receiveClaimed(id, claim.token, event);
  }

  /** Handles an event that is the caller's to handle. */
  async #receiveClaimed(id: string, token: string, event: Event): Promise<Answer> {
    const answer = (await this.#checkSequence(event, false)) ?? (await this.#call(event));
    if (answer.status !== 200) {
      await this.#try("release the claim", event, () => this.#dedupe.release(id, token));
      return answer;
    }
    // The event is handled, so the answer is a success even if a store fails now: a failure would
    // have it handled twice.
    if (this.#watches(event)) {
      const { conversationId, sequence } = event;
      await this.#try("record the sequence", event, () => this.#sequences.advance(conversationId, sequence));
    }
    await this.#try("commit the claim", event, () => this.#dedupe.commit(id, token));
    return answer;
  }

  /** Calls the function for the event. */
  async #call(event: Event): Promise<Answer> {
    const handle = this.#functions.get(event.event) ?? this.#other;
    if (!handle) return answers.ignored;
    try {
      await handle(event as never);
      return answers.handled;
    } catch (error) {
      return this.#failed(answers.handlerFailed, error, event);
    }
  }

  /** Reports a problem with the event's place. It returns an answer where the event can't be handled for that. */
  async #checkSequence(event: Event, duplicate: boolean): Promise<Answer | undefined> {
    if (!this.#watches(event)) return undefined;
    const { conversationId, sequence } = event;
    let last: number;
    try {
      last = await this.#sequences.last(conversationId);
    } catch (error) {
      return this.#failed(answers.storeUnavailable, error, event);
    }
    const kind = kindOf(sequence, last, duplicate);
    if (!kind) return undefined;
    try {
      await this.#onSequenceProblem?.({ kind, conversationId, last, sequence }, event);
    } catch (error) {
      return this.#failed(answers.handlerFailed, error, event);
    }
    return undefined;
  }

  /** Tells whether the event's place in its conversation is checked. */
  #watches(event: Event): event is Event & { conversationId: string; sequence: number } {
    return this.#onSequenceProblem !== undefined && !!event.conversationId && (event.sequence ?? 0) > 0;
  }

  async #try(what: string, event: Event, action: () => unknown): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#report(new Error(`could not ${what}`, { cause: error }), event);
    }
  }

  #failed(answer: Answer, error: unknown, event: Event): Answer {
    this.#report(error, event);
    return answer;
  }

  /** Tells onError. What that throws is logged: it must not keep a claim from being released. */
  #report(error: unknown, event: Event): void {
    try {
      this.#onError(error, event);
    } catch (failure) {
      logError(failure, event);
    }
  }
}

function logError(error: unknown, event: Event): void {
  console.error(`bot9 webhook: ${event.event} ${event.id}:`, error);
}
