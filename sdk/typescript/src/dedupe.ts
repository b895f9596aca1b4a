/**
 * Remembers which deliveries were handled, by webhook-id. An event is claimed before it is handled
 * and committed after, so one whose handling failed or was cut off by a crash is handled again
 * when Bot9 sends it again. All receivers of one webhook share one store; keep it apart from other
 * webhooks', which get the same ids.
 */
export interface DedupeStore {
  /**
   * Takes id for at most leaseSeconds, unless it was committed or somebody else holds it. It must
   * be atomic.
   */
  claim(id: string, leaseSeconds: number): Claim | Promise<Claim>;
  /**
   * Remembers id as handled, for longer than Bot9 retries (4 days are enough). It does so even if
   * the claim has run out: the work is done.
   */
  commit(id: string, token: string): void | Promise<void>;
  /** Gives up the claim with this token, and no other. */
  release(id: string, token: string): void | Promise<void>;
}

/**
 * The answer to DedupeStore.claim: the event is the caller's to handle (the token proves to commit
 * and release whose claim it is), a duplicate, or being handled by somebody else.
 */
export type Claim = { result: "claimed"; token: string } | { result: "handled" } | { result: "inProgress" };

export interface MemoryDedupeOptions {
  /** How many ids to remember; 100,000 if absent. */
  capacity?: number;
  /** For how long after an id was last seen; 96 hours if absent. */
  ttlSeconds?: number;
  /** The time in milliseconds since the Unix epoch; Date.now if absent. */
  now?: () => number;
}

/** A DedupeStore for one process. It forgets at a restart. */
export class MemoryDedupe implements DedupeStore {
  readonly #capacity: number;
  readonly #ttl: number;
  readonly #now: () => number;
  readonly #claims = new Map<string, { token: string; until: number }>();
  // A Map keeps the order of insertion: the longest unseen first, both next to expire and next to go.
  readonly #handled = new Map<string, number>();
  #tokens = 0;

  constructor(options: MemoryDedupeOptions = {}) {
    this.#capacity = options.capacity ?? 100_000;
    this.#ttl = (options.ttlSeconds ?? 96 * 3600) * 1000;
    this.#now = options.now ?? Date.now;
  }

  claim(id: string, leaseSeconds: number): Claim {
    const now = this.#now();
    this.#expire(now);
    if (this.#handled.has(id)) {
      this.#remember(id, now);
      return { result: "handled" };
    }
    const held = this.#claims.get(id);
    if (held && now < held.until) return { result: "inProgress" };
    const token = String(++this.#tokens);
    this.#claims.set(id, { token, until: now + leaseSeconds * 1000 });
    return { result: "claimed", token };
  }

  commit(id: string, _token: string): void {
    this.#claims.delete(id);
    this.#remember(id, this.#now());
    for (const oldest of this.#handled.keys()) {
      if (this.#handled.size <= this.#capacity) break;
      this.#handled.delete(oldest);
    }
  }

  release(id: string, token: string): void {
    if (this.#claims.get(id)?.token === token) this.#claims.delete(id);
  }

  #remember(id: string, now: number): void {
    this.#handled.delete(id);
    this.#handled.set(id, now + this.#ttl);
  }

  #expire(now: number): void {
    for (const [id, until] of this.#handled) {
      if (now < until) return;
      this.#handled.delete(id);
    }
  }
}
