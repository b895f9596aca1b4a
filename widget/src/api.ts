// What the widget asks of the server.

export interface Attachment { id: string; name: string; type: string; size: number; url: string }
export interface Source { documentId: string; title: string; url: string }
export interface Suggestion { documentId: string; title: string }
export interface Message {
  id: string;
  conversationId: string;
  chatUser: "user" | "bot" | "humanagent";
  message: string;
  inReplyTo?: string;
  agentName?: string;
  rating?: number;
  createdAt: string;
  sources?: Source[];
  suggestions?: Suggestion[];
  attachments?: Attachment[];
  clientId?: string; // in the stream: what the browser that sent it called it
}
export type Status = "active" | "needs_review" | "closed";
export interface Conversation {
  id: string;
  status: Status;
  agentName: string;
  score: number;
  readId?: string;
  messages: Message[];
  before: string | null;
  cursor: string;
}
export interface Settings {
  name: string;
  title: string;
  greeting: string;
  suggestions: string[];
  color: string;
  position: "right" | "left";
  locale: string;
  lead: { when: "never" | "start" | "handover"; fields: string[] };
  csat: boolean;
  ratings: boolean;
  attachments: boolean;
  handover: boolean;
}
export interface Session { token: string; visitor: string; expiresAt: string; conversation: Conversation | null; settings: Settings }
export interface User { externalId?: string; claimedId?: string; name?: string; emailId?: string; customAttributes?: Record<string, unknown> }

/** A refusal of the server. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly retryAfter: number) {
    super(message);
  }
  /** Whether the same may succeed later. */
  get passing(): boolean {
    return this.status === 429 || this.status >= 500 || this.status === 408;
  }
}

export class Server {
  token = "";
  constructor(private host: string, private chatbot: string) {}

  private async call(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(this.host + "/api/widget/" + path, { ...init, cache: "no-store", credentials: "omit" });
    if (response.ok) return response;
    let problem: { code?: string; detail?: string } = {};
    try {
      problem = await response.json();
    } catch {
      // a proxy's page
    }
    throw new Refused(response.status, problem.code || "", problem.detail || response.statusText, Number(response.headers.get("Retry-After")) || 0);
  }

  private headers(more: Record<string, string> = {}): Record<string, string> {
    return { Authorization: "Bearer " + this.token, ...more };
  }

  async session(visitor: string | undefined, user: User | undefined, hash: string | undefined): Promise<Session> {
    const response = await this.call(encodeURIComponent(this.chatbot) + "/session", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ visitor, user, hash }),
    });
    const session: Session = await response.json();
    this.token = session.token;
    return session;
  }

  async post<T>(path: string, body: unknown, keepalive = false): Promise<T | undefined> {
    const response = await this.call(path, { method: "POST", headers: this.headers({ "Content-Type": "application/json" }), body: JSON.stringify(body), keepalive });
    return response.status === 204 ? undefined : response.json();
  }

  async conversation(before?: string): Promise<Conversation> {
    const query = before ? "?before=" + before : "";
    return (await this.call("conversation" + query, { headers: this.headers() })).json();
  }

  async upload(file: File): Promise<Attachment> {
    const form = new FormData();
    form.append("file", file);
    return (await this.call("attachments", { method: "POST", headers: this.headers(), body: form })).json();
  }

  /** Reads the stream until it ends; heard is called whenever anything arrives, be it only a sign of life. */
  async stream(cursor: string, signal: AbortSignal, opened: () => void, heard: () => void, event: (name: string, data: unknown, id: string) => void): Promise<void> {
    const headers = this.headers(cursor ? { "Last-Event-ID": cursor } : {});
    const response = await this.call("stream", { headers, signal });
    opened();
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        let name = "", data = "", id = "";
        for (const line of text.slice(0, end).split("\n")) {
          if (line.startsWith("event: ")) name = line.slice(7);
          else if (line.startsWith("data: ")) data = line.slice(6);
          else if (line.startsWith("id: ")) id = line.slice(4);
        }
        text = text.slice(end + 2);
        if (name) event(name, data ? JSON.parse(data) : {}, id);
      }
    }
  }
}
