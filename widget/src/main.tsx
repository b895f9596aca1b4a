// The part of the widget that the loader loads: it draws the window, and does what pages ask of Bot9.
import { render } from "preact";
import type { Settings, User } from "./api";
import { addStyle } from "./css";
import type { Config } from "./loader";
import { Talk } from "./talk";
import { Widget } from "./window";

type Listener = (data: unknown) => void;

interface MountOptions { chatbot?: string; settings?: Settings; theme?: string }

const page = window as unknown as { Bot9: Record<string, unknown> & { config: Config } };
const config = page.Bot9.config;
const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce || "";

function draw(talk: Talk, where: HTMLElement, theme: string): () => void {
  const element = document.createElement("div");
  element.className = "bot9-widget";
  if (talk.inline) element.style.height = "100%";
  where.appendChild(element);
  const root = element.attachShadow({ mode: "open" });
  addStyle(root, nonce);
  render(<Widget talk={talk} theme={theme} element={element} />, root);
  return () => {
    render(null, root);
    element.remove();
  };
}

function whoOf(snippet: Config["snippet"]): [User | undefined, string | undefined] {
  const u = snippet.user;
  if (!u) return [undefined, undefined];
  const id = u.hash ? { externalId: u.userId } : { claimedId: u.userId };
  return [{ ...id, name: u.name || undefined, emailId: u.emailId || undefined, customAttributes: u.customAttributes }, u.hash];
}

function start(): void {
  const listeners: Record<string, Listener[]> = {};
  const emit = (name: string, data: unknown) => {
    for (const listener of listeners[name] || []) {
      try {
        listener(data);
      } catch (e) {
        console.error(e);
      }
    }
  };
  let talk: Talk | undefined;
  if (config.chatbot) {
    const [user, hash] = whoOf(config.snippet);
    talk = new Talk(config.host, config.chatbot, user, hash, emit, false);
    draw(talk, document.body, config.theme);
  }
  const api: Record<string, (...args: never[]) => unknown> = {
    open: () => talk?.show(true),
    close: () => talk?.show(false),
    toggle: () => talk?.show(!talk.state.open),
    identify: (who: User & { hash?: string }) => {
      const { hash, ...user } = who || {};
      return talk?.identify(user, hash);
    },
    on: (name: string, listener: Listener) => {
      (listeners[name] = listeners[name] || []).push(listener);
      if (name === "ready" && talk?.state.settings) listener({});
      return () => {
        listeners[name] = (listeners[name] || []).filter((l) => l !== listener);
      };
    },
    logout: () => talk?.logout(),
    // Draws a window into an element of the server's own pages: to try a chatbot, or, with settings, to see how it would look.
    mount: (where: HTMLElement, options: MountOptions) => {
      const inline = new Talk(config.host, options.chatbot || config.chatbot, undefined, undefined, emit, true);
      if (options.settings) inline.pretend(options.settings);
      const erase = draw(inline, where, options.theme || "auto");
      return {
        settings: (settings: Settings) => inline.pretend(settings),
        remove: () => {
          inline.stop();
          erase();
        },
      };
    },
  };
  Object.assign(page.Bot9, api);
  for (const [name, args] of config.calls.splice(0)) (api[name] as (...a: unknown[]) => unknown)?.(...args);
}

if (document.body) start();
else addEventListener("DOMContentLoaded", start);
