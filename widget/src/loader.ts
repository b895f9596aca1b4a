// What a page names: <script src="https://HOST/widget.js" data-chatbot="bot_…" async></script>. It keeps calls of Bot9 until the
// rest has arrived, which it loads from the same server under a name that changes with its content.
declare const BODY: string;
declare const BOT9_DATA: Snippet | undefined;

export interface Snippet {
  bot9Id?: string;
  user?: { userId?: string; emailId?: string; name?: string; hash?: string; customAttributes?: Record<string, unknown> };
}

export interface Config {
  host: string;
  chatbot: string;
  theme: string;
  snippet: Snippet;
  calls: [string, unknown[]][];
}

(() => {
  const page = window as unknown as { Bot9?: Record<string, unknown>; BOT9_DATA?: Snippet };
  if (page.Bot9?.config) return; // the page names it twice
  const script = (document.currentScript || document.querySelector('script[src*="/widget.js"]')) as HTMLScriptElement | null;
  if (!script) return;
  const snippet = (typeof BOT9_DATA === "undefined" ? page.BOT9_DATA : BOT9_DATA) || {};
  const config: Config = {
    host: new URL(script.src, location.href).origin,
    chatbot: script.dataset.chatbot || snippet.bot9Id || "",
    theme: script.dataset.theme || "auto",
    snippet,
    calls: [],
  };
  const api: Record<string, unknown> = { config };
  for (const name of ["open", "close", "toggle", "identify", "on", "logout", "mount"]) {
    api[name] = (...args: unknown[]) => void config.calls.push([name, args]);
  }
  page.Bot9 = api;
  const body = document.createElement("script");
  body.src = `${config.host}/widget/${BODY}`;
  body.async = true;
  const nonce = script.nonce || script.getAttribute("nonce");
  if (nonce) body.nonce = nonce;
  (document.head || document.documentElement).appendChild(body);
})();
