// What a browser keeps of a visitor. Pages that may keep nothing (private windows, sandboxes) get a visitor for as long as they are open.

export interface Outgoing { clientId: string; message: string; attachments?: string[]; failed?: boolean }
export interface Kept { visitor?: string; open?: boolean; lead?: boolean; outbox?: Outgoing[]; draft?: string }

export class Memory {
  private own: Kept = {};
  constructor(private key: string) {}

  read(): Kept {
    try {
      return JSON.parse(localStorage.getItem(this.key) || "{}");
    } catch {
      return this.own;
    }
  }

  change(more: Kept): void {
    this.own = { ...this.read(), ...more };
    try {
      localStorage.setItem(this.key, JSON.stringify(this.own));
    } catch {
      // then it lasts as long as the page
    }
  }

  clear(): void {
    this.own = {};
    try {
      localStorage.removeItem(this.key);
    } catch {
      // nothing was kept
    }
  }
}

export function newId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
