/** Remembers the highest sequence handled of each conversation. */
export interface SequenceStore {
  /** Returns the highest sequence handled, 0 if none is known. */
  last(conversationId: string): number | Promise<number>;
  /** Records that sequence was handled. It never lowers what is recorded. */
  advance(conversationId: string, sequence: number): void | Promise<void>;
}

/**
 * Tells what is wrong with an event's place in its conversation.
 *
 * - `gap`: events between the last one handled and this one have not come
 * - `duplicate`: it was handled before
 * - `outOfOrder`: it comes after later ones: it was set aside, or replayed
 */
export type SequenceKind = "gap" | "duplicate" | "outOfOrder";

/**
 * Tells that an event is not the one after the last one handled of its conversation. A
 * conversation's first event to arrive is never a problem, whatever its sequence: the webhook may
 * be younger than the conversation.
 */
export interface SequenceProblem {
  kind: SequenceKind;
  conversationId: string;
  /** The highest sequence handled; 0 if unknown. */
  last: number;
  /** That of the event. */
  sequence: number;
}

/** Tells what is wrong with sequence after last, undefined if nothing. */
export function kindOf(sequence: number, last: number, duplicate: boolean): SequenceKind | undefined {
  if (duplicate) return "duplicate";
  if (last === 0 || sequence === last + 1) return undefined;
  if (sequence > last) return "gap";
  return sequence === last ? "duplicate" : "outOfOrder";
}

export interface MemorySequencesOptions {
  /** How many conversations to remember; 100,000 if absent. */
  capacity?: number;
}

/**
 * A SequenceStore for one process. It forgets at a restart, and beyond its capacity the
 * conversation that was silent longest.
 */
export class MemorySequences implements SequenceStore {
  readonly #capacity: number;
  readonly #last = new Map<string, number>(); // the longest silent first

  constructor(options: MemorySequencesOptions = {}) {
    this.#capacity = options.capacity ?? 100_000;
  }

  last(conversationId: string): number {
    return this.#last.get(conversationId) ?? 0;
  }

  advance(conversationId: string, sequence: number): void {
    const highest = Math.max(sequence, this.last(conversationId));
    this.#last.delete(conversationId);
    this.#last.set(conversationId, highest);
    for (const silent of this.#last.keys()) {
      if (this.#last.size <= this.#capacity) break;
      this.#last.delete(silent);
    }
  }
}
