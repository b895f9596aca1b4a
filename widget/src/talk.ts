// The visitor's conversation as this browser knows it: what the stream brings, what is still to be sent, and the other tabs.
import { type Conversation, type Message, Refused, Server, type Session, type Settings, type Status, type User } from "./api";
import { type Kept, Memory, newId, type Outgoing } from "./kept";

const firstCursor = "evt_0000000000000"; // before the first event
const silence = 40_000; // ms; the server gives a sign of life every 15 s
const patience = 45_000; // ms that the bot is said to be typing

export interface State {
  settings: Settings | null;
  conversationId: string;
  status: Status;
  agentName: string;
  score: number;
  messages: Message[];
  before: string | null;
  drafts: Record<string, string>;
  outbox: Outgoing[];
  failed: Record<string, true>; // messages to which no reply could be made
  typing: string | null; // who types; null is nobody
  online: boolean;
  refused: string; // the code of what the server refuses altogether
  readId: string;
  open: boolean;
  leadDone: boolean;
}

type Told = { kind: "event"; name: string; data: unknown; id: string } | { kind: "outbox" | "logout" | "look" };

export class Talk {
  state: State = {
    settings: null, conversationId: "", status: "active", agentName: "", score: 0, messages: [], before: null, drafts: {}, outbox: [],
    failed: {}, typing: null, online: true, refused: "", readId: "", open: false, leadDone: false,
  };
  private server: Server;
  private name: string; // of what the browser keeps, and its tabs share
  private memory: Memory;
  private listeners = new Set<() => void>();
  private cursor = "";
  private abort: AbortController | null = null;
  private wake: (() => void) | null = null;
  private streaming = false;
  private sending = false;
  private stopped = false;
  private channel: BroadcastChannel | null = null;
  private renewal = 0;
  private typingTimer = 0;
  private toldTyping = 0;

  constructor(host: string, private chatbot: string, private user: User | undefined, private hash: string | undefined, private emit: (name: string, data: unknown) => void, readonly inline: boolean) {
    this.server = new Server(host, chatbot);
    this.name = chatbot + (inline ? ":inline" : "");
    this.memory = new Memory("bot9:" + this.name);
    const kept = this.memory.read();
    this.state.outbox = kept.outbox || [];
    this.state.leadDone = !!kept.lead;
    this.state.open = inline || !!kept.open;
    if (typeof BroadcastChannel === "function") {
      this.channel = new BroadcastChannel("bot9:" + this.name);
      this.channel.onmessage = (e: MessageEvent<Told>) => this.hear(e.data);
    }
    addEventListener("online", this.hurry);
    addEventListener("pageshow", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    queueMicrotask(() => this.begin());
  }

  /** Only shows what it would look like; nothing is sent. */
  pretend(settings: Settings): void {
    this.stopped = true;
    this.set({ settings, open: true });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private set(more: Partial<State>): void {
    this.state = { ...this.state, ...more };
    for (const listener of this.listeners) listener();
  }

  kept(): Kept { return this.memory.read(); }
  keep(more: Kept): void { this.memory.change(more); }

  // ---- the session

  private async begin(): Promise<void> {
    if (this.stopped) return;
    for (let tries = 0; !this.stopped && !this.state.settings; tries++) {
      try {
        await this.renew();
      } catch (e) {
        if (e instanceof Refused && !e.passing) {
          this.set({ refused: e.code || "refused" });
          this.emit("error", { code: e.code, message: e.message });
          return;
        }
        await this.pause(tries, e);
      }
    }
    if (this.stopped) return;
    this.emit("ready", {});
    if (this.state.conversationId || this.state.open) this.follow();
    this.flush();
  }

  /** Begins or renews the session. Tabs that begin at the same time become the same visitor. */
  private renew(): Promise<void> {
    const work = async () => {
      let session: Session;
      const visitor = this.memory.read().visitor;
      try {
        session = await this.server.session(visitor, this.user, this.hash);
      } catch (e) {
        if (!(e instanceof Refused && e.code === "invalidVisitor")) throw e;
        session = await this.server.session(undefined, this.user, this.hash);
      }
      if (this.stopped) return;
      this.memory.change({ visitor: session.visitor });
      clearTimeout(this.renewal);
      this.renewal = setTimeout(() => this.renewLater(), Math.max(30_000, Date.parse(session.expiresAt) - Date.now() - 300_000)) as unknown as number;
      this.set({ settings: session.settings });
      if (session.conversation && (session.conversation.id !== this.state.conversationId || !this.cursor)) this.take(session.conversation);
      else if (!this.cursor) this.cursor = firstCursor;
    };
    const locks = navigator.locks as LockManager | undefined;
    return locks ? locks.request("bot9:session:" + this.chatbot, work).then(() => undefined) : work();
  }

  private async renewLater(): Promise<void> {
    try {
      await this.renew();
    } catch {
      this.renewal = setTimeout(() => this.renewLater(), 30_000) as unknown as number;
    }
  }

  private take(c: Conversation): void {
    this.cursor = c.cursor || firstCursor;
    this.set({
      conversationId: c.id, status: c.status, agentName: c.agentName, score: c.score, messages: c.messages, before: c.before,
      drafts: {}, failed: {}, readId: c.readId || this.state.readId,
    });
  }

  async identify(user: User, hash?: string): Promise<void> {
    this.user = { ...user };
    this.hash = hash;
    const before = this.state.conversationId;
    try {
      await this.renew();
    } catch (e) {
      if (e instanceof Refused) this.emit("error", { code: e.code, message: e.message });
      return;
    }
    if (this.state.conversationId !== before || hash) this.restart();
  }

  /** Forgets the visitor, in every tab. */
  logout(): void {
    this.channel?.postMessage({ kind: "logout" } satisfies Told);
    this.forget();
  }

  private forget(): void {
    this.memory.clear();
    this.user = this.hash = undefined;
    this.cursor = "";
    this.set({
      conversationId: "", status: "active", agentName: "", score: 0, messages: [], before: null, drafts: {}, outbox: [], failed: {}, readId: "",
      leadDone: false, settings: null, open: this.inline,
    });
    this.abort?.abort();
    this.begin();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.renewal);
    this.abort?.abort();
    this.wake?.();
    this.channel?.close();
    removeEventListener("online", this.hurry);
    removeEventListener("pageshow", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
  }

  // ---- the stream: one tab reads it and tells the others

  private follow(): void {
    if (this.streaming || this.stopped) return;
    this.streaming = true;
    const locks = navigator.locks as LockManager | undefined;
    const read = () => this.read();
    if (locks && this.channel) locks.request("bot9:stream:" + this.name, read).catch(() => undefined);
    else read();
  }

  private async read(): Promise<void> {
    for (let tries = 0; !this.stopped; tries++) {
      let problem: unknown;
      try {
        this.abort = new AbortController();
        const abort = this.abort;
        let watchdog = setTimeout(() => abort.abort(), silence);
        try {
          await this.server.stream(this.cursor, abort.signal, () => {
            this.set({ online: true, drafts: {} });
            this.flush();
          }, () => {
            tries = 0;
            clearTimeout(watchdog);
            watchdog = setTimeout(() => abort.abort(), silence);
          }, (name, data, id) => {
            this.apply(name, data, id);
            this.channel?.postMessage({ kind: "event", name, data, id } satisfies Told);
          });
        } finally {
          clearTimeout(watchdog);
        }
      } catch (e) {
        problem = e;
      }
      if (this.stopped) return;
      if (problem instanceof Refused && problem.status === 401) {
        try {
          await this.renew();
          continue;
        } catch (e) {
          problem = e;
        }
      }
      if (problem instanceof Refused && !problem.passing && problem.code !== "quotaExceeded") {
        this.set({ refused: problem.code });
        return;
      }
      if (problem) this.set({ online: false });
      await this.pause(tries, problem);
    }
  }

  private hurry = (): void => {
    if (document.visibilityState === "hidden") return;
    this.wake?.();
    this.flush();
  };

  private restart(): void {
    this.abort?.abort();
    this.wake?.();
    this.follow();
  }

  /** Waits before the next try: half a second at first, then up to 15 s, or as long as the server says. */
  private pause(tries: number, problem: unknown): Promise<void> {
    const after = problem instanceof Refused ? problem.retryAfter * 1000 : 0;
    const wait = Math.max(after, Math.min(15_000, 500 * 2 ** Math.min(tries, 6)) * (0.7 + Math.random() * 0.6));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private hear(told: Told): void {
    if (told.kind === "event") this.apply(told.name, told.data, told.id);
    else if (told.kind === "logout") this.forget();
    else if (told.kind === "look") {
      if (!this.state.conversationId) this.follow();
    } else if (told.kind === "outbox") this.set({ outbox: this.memory.read().outbox || [], leadDone: !!this.memory.read().lead });
  }

  /** Applies what the stream tells. An event that was applied before changes nothing. */
  private apply(name: string, data: unknown, id: string): void {
    if (id) {
      if (id <= this.cursor) return; // IDs sort by time
      this.cursor = id;
    }
    if (name === "message") this.add(data as Message);
    else if (name === "delta") {
      const { replyId, text } = data as { replyId: string; text: string };
      if (!this.state.messages.some((m) => m.id === replyId)) {
        this.set({ drafts: { ...this.state.drafts, [replyId]: (this.state.drafts[replyId] || "") + text } });
      }
    } else if (name === "status") {
      const s = data as { conversationId: string; status: Status; agentName?: string };
      if (s.conversationId !== this.state.conversationId) return;
      const agentName = s.status === "active" ? "" : s.agentName || this.state.agentName;
      this.set({ status: s.status, agentName });
      this.emit("status", { status: s.status, agentName });
    } else if (name === "typing") {
      const t = data as { name: string; typing: boolean };
      clearTimeout(this.typingTimer);
      this.set({ typing: t.typing ? t.name : null });
      if (t.typing) this.typingTimer = setTimeout(() => this.set({ typing: null }), 12_000) as unknown as number;
    } else if (name === "failed") {
      this.set({ failed: { ...this.state.failed, [(data as { messageId: string }).messageId]: true } });
    }
  }

  private add(m: Message): void {
    if (m.conversationId !== this.state.conversationId) {
      if (this.state.messages.some((x) => x.id > m.id)) return; // late, of the conversation before
      this.set({ conversationId: m.conversationId, status: "active", agentName: "", score: 0, messages: [], before: null, drafts: {}, failed: {} });
    }
    if (this.state.messages.some((x) => x.id === m.id)) {
      if (m.clientId) this.set({ outbox: this.state.outbox.filter((o) => o.clientId !== m.clientId) });
      return;
    }
    const drafts = { ...this.state.drafts };
    delete drafts[m.id];
    const messages = [...this.state.messages, m].sort((a, b) => (a.id < b.id ? -1 : 1));
    const outbox = this.state.outbox.filter((o) => o.clientId !== m.clientId);
    if (m.clientId) this.memory.change({ outbox: (this.memory.read().outbox || []).filter((o) => o.clientId !== m.clientId) });
    this.set({ messages, drafts, outbox, typing: m.chatUser === "humanagent" ? null : this.state.typing });
    this.emit("message", m);
  }

  /** Whether the bot is about to answer. */
  get awaiting(): boolean {
    const last = this.state.messages[this.state.messages.length - 1];
    return !!last && last.chatUser === "user" && this.state.status === "active" && !this.state.failed[last.id]
      && Object.keys(this.state.drafts).length === 0 && Date.now() - Date.parse(last.createdAt) < patience;
  }

  // ---- what the visitor does

  say(message: string, attachments?: string[]): void {
    if (this.stopped) return;
    const outbox = [...(this.memory.read().outbox || []), { clientId: newId(), message, attachments }];
    this.memory.change({ outbox });
    this.set({ outbox: [...this.state.outbox, outbox[outbox.length - 1]!] });
    this.channel?.postMessage({ kind: "outbox" } satisfies Told);
    this.follow();
    this.flush();
  }

  retry(clientId: string): void {
    this.editOutbox((all) => all.map((o) => (o.clientId === clientId ? { ...o, failed: false } : o)));
    this.flush();
  }

  drop(clientId: string): void {
    this.editOutbox((all) => all.filter((o) => o.clientId !== clientId));
  }

  private editOutbox(edit: (all: Outgoing[]) => Outgoing[]): void {
    const outbox = edit(this.memory.read().outbox || []);
    this.memory.change({ outbox });
    this.set({ outbox });
    this.channel?.postMessage({ kind: "outbox" } satisfies Told);
  }

  /** Sends what waits, one after the other. The server says a message once, whoever sends it how often. */
  private async flush(): Promise<void> {
    if (this.sending || this.stopped || !this.state.settings) return;
    this.sending = true;
    try {
      for (let tries = 0; !this.stopped; ) {
        const next = (this.memory.read().outbox || []).find((o) => !o.failed);
        if (!next) return;
        try {
          const said = await this.server.post<{ messageId: string; conversationId: string }>("messages", { message: next.message, clientId: next.clientId, attachments: next.attachments });
          tries = 0;
          this.sent(next, said!);
        } catch (e) {
          if (e instanceof Refused && e.status === 401) {
            await this.renew();
          } else if (e instanceof Refused && !e.passing) {
            this.editOutbox((all) => all.map((o) => (o.clientId === next.clientId ? { ...o, failed: true } : o)));
            this.emit("error", { code: e.code, message: e.message });
          } else {
            if (!(e instanceof Refused)) this.set({ online: false });
            await this.pause(tries++, e);
          }
        }
      }
    } catch {
      // the session could not be renewed: the next sign of life sends it
    } finally {
      this.sending = false;
    }
  }

  private sent(o: Outgoing, said: { messageId: string; conversationId: string }): void {
    const waiting = this.state.outbox.some((x) => x.clientId === o.clientId);
    this.memory.change({ outbox: (this.memory.read().outbox || []).filter((x) => x.clientId !== o.clientId) });
    this.set({ online: true, outbox: this.state.outbox.filter((x) => x.clientId !== o.clientId) });
    this.channel?.postMessage({ kind: "outbox" } satisfies Told);
    this.channel?.postMessage({ kind: "look" } satisfies Told);
    if (waiting && !o.attachments?.length) {
      this.add({ id: said.messageId, conversationId: said.conversationId, chatUser: "user", message: o.message, createdAt: new Date().toISOString() });
    }
  }

  /** Calls the server for something small, with a fresh token if need be. */
  private async act(path: string, body: unknown): Promise<boolean> {
    for (let tries = 0; tries < 3; tries++) {
      try {
        await this.server.post(path, body);
        return true;
      } catch (e) {
        if (e instanceof Refused && e.status === 401) await this.renew().catch(() => undefined);
        else if (e instanceof Refused && !e.passing) {
          this.emit("error", { code: e.code, message: e.message });
          return false;
        } else await this.pause(tries, e);
      }
    }
    return false;
  }

  async lead(details: Record<string, string>): Promise<boolean> {
    if (this.stopped) return false;
    if (!(await this.act("lead", details))) return false;
    this.memory.change({ lead: true });
    this.set({ leadDone: true });
    this.channel?.postMessage({ kind: "outbox" } satisfies Told);
    this.emit("lead", details);
    this.look();
    return true;
  }

  skipLead(): void {
    this.memory.change({ lead: true });
    this.set({ leadDone: true });
  }

  async rate(id: string, rating: "up" | "down"): Promise<void> {
    const before = this.state.messages;
    this.set({ messages: before.map((m) => (m.id === id ? { ...m, rating: rating === "up" ? 5 : 1 } : m)) });
    if (await this.act("rating", { messageId: id, rating })) this.emit("rating", { messageId: id, rating });
  }

  async csat(score: number, comment: string): Promise<boolean> {
    if (!(await this.act("csat", { score, comment: comment || undefined }))) return false;
    this.set({ score });
    this.emit("csat", { score, comment });
    return true;
  }

  async handover(): Promise<void> {
    if (this.stopped) return;
    this.follow();
    if (await this.act("handover", {})) {
      this.emit("handover", {});
      this.look();
    }
  }

  async older(): Promise<void> {
    if (!this.state.before) return;
    try {
      const c = await this.server.conversation(this.state.before);
      if (c.id === this.state.conversationId) this.set({ messages: [...c.messages, ...this.state.messages], before: c.before });
    } catch {
      // the button stays
    }
  }

  /** Looks at the conversation, which this browser may have opened without a message. */
  private async look(): Promise<void> {
    if (this.state.conversationId) return;
    try {
      this.take(await this.server.conversation());
      this.restart();
    } catch {
      // the first message will bring it
    }
  }

  upload(file: File): ReturnType<Server["upload"]> {
    return this.server.upload(file);
  }

  type(): void {
    if (!this.state.conversationId || this.state.status !== "needs_review" || Date.now() - this.toldTyping < 3000) return;
    this.toldTyping = Date.now();
    this.server.post("typing", { typing: true }).catch(() => undefined);
  }

  show(open: boolean): void {
    if (this.state.open === open) return;
    this.memory.change({ open });
    this.set({ open });
    this.emit(open ? "open" : "close", {});
    if (open) {
      this.follow();
      this.seen();
    }
  }

  get unread(): number {
    return this.state.messages.filter((m) => m.chatUser !== "user" && m.id > this.state.readId).length;
  }

  /** Notes that everything was seen. */
  seen(): void {
    const newest = this.state.messages[this.state.messages.length - 1];
    if (!newest || newest.id <= this.state.readId || !this.state.open || document.visibilityState === "hidden") return;
    this.set({ readId: newest.id });
    this.server.post("read", { messageId: newest.id }).catch(() => undefined);
  }
}
