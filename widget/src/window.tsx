// The window and its launcher.
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { readable, textOn } from "./colour";
import { Icon, Lead, Said, Score } from "./parts";
import type { Talk } from "./talk";
import { fill, languageOf, type Words, wordsOf } from "./words";

const largestFile = 10 << 20;
const fileTypes = "image/png,image/jpeg,image/gif,image/webp,application/pdf";

function useDark(theme: string): boolean {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const look = () => setDark(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return theme === "dark" || (theme === "auto" && dark);
}

export function Widget({ talk, theme, element }: { talk: Talk; theme: string; element: HTMLElement }) {
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => talk.subscribe(() => draw(0)), [talk]);
  const dark = useDark(theme);
  const root = useRef<HTMLDivElement>(null);
  const launcher = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(talk.state.open);
  const { settings, open } = talk.state;
  useEffect(() => {
    if (wasOpen.current && !open) launcher.current?.focus();
    wasOpen.current = open;
  }, [open]);
  useLayoutEffect(() => {
    if (!root.current || !settings) return;
    const style = root.current.style, background = dark ? "#16191f" : "#ffffff";
    style.setProperty("--accent", settings.color);
    style.setProperty("--on", textOn(settings.color));
    style.setProperty("--link", readable(settings.color, background, 4.5));
    style.setProperty("--flip", getComputedStyle(element).direction === "rtl" ? "-1" : "1");
    root.current.dir = getComputedStyle(element.parentElement || element).direction;
  });
  if (!settings) return null;
  const language = languageOf(settings.locale, navigator.languages || [navigator.language]);
  const words = wordsOf(language);
  const unread = talk.unread;
  return (
    <div ref={root} lang={language} class={`w ${talk.inline ? "inline" : "float"} ${settings.position} ${dark ? "dark" : ""} ${open ? "on" : ""}`}>
      {open && <Panel talk={talk} words={words} />}
      {!talk.inline && (
        <button type="button" ref={launcher} class="launch" aria-expanded={open} aria-label={(open ? words.close : words.open) + (unread && !open ? ", " + fill(words.unread, unread) : "")} onClick={() => talk.show(!open)}>
          <Icon name={open ? "close" : "chat"} />
          {unread > 0 && !open && <span class="badge" aria-hidden="true">{unread > 9 ? "9+" : unread}</span>}
        </button>
      )}
    </div>
  );
}

function Panel({ talk, words }: { talk: Talk; words: Words }) {
  const s = talk.state, settings = s.settings!;
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const pressed = useRef(false);
  const title = settings.title || words.title;
  const count = s.messages.length + s.outbox.length + Object.keys(s.drafts).length;
  const length = Object.values(s.drafts).join("").length;
  useLayoutEffect(() => {
    if (log.current && atEnd.current) log.current.scrollTop = log.current.scrollHeight;
  }, [count, length, s.status, s.typing, talk.awaiting]);
  useEffect(() => talk.seen());
  useEffect(() => { // a button that was pressed may be gone: the focus stays in the window
    const root = log.current!.getRootNode() as ShadowRoot;
    if (pressed.current && !root.activeElement) root.querySelector("textarea")?.focus();
    pressed.current = false;
  });
  const agent = s.status === "needs_review" && s.agentName;
  const asksLead = !s.leadDone && ((settings.lead.when === "start" && !s.conversationId) || (settings.lead.when === "handover" && s.status === "needs_review"));
  return (
    <section class="panel" role="dialog" aria-label={title} onClickCapture={() => { pressed.current = true; }} onKeyDown={(e) => { if (e.key === "Escape" && !talk.inline) talk.show(false); }}>
      <header>
        <span class="face" aria-hidden="true">{(agent || settings.name || title).trim().charAt(0).toUpperCase()}</span>
        <div>
          <h2>{title}</h2>
          {agent && <p>{agent}</p>}
        </div>
        {!talk.inline && <button type="button" class="icon" aria-label={words.close} onClick={() => talk.show(false)}><Icon name="close" /></button>}
      </header>
      {!s.online && <p class="note" role="status">{words.offline}</p>}
      {s.refused && <p class="note" role="alert">{words.refused}</p>}
      <div
        class="log" ref={log} role="log" aria-live="polite" aria-label={words.log} tabIndex={0}
        onScroll={(e) => { const l = e.currentTarget; atEnd.current = l.scrollHeight - l.scrollTop - l.clientHeight < 60; }}
      >
        {s.before && <button type="button" class="text line" onClick={() => { atEnd.current = false; talk.older(); }}>{words.older}</button>}
        {settings.greeting && !s.before && <div class="m bot">{settings.greeting}</div>}
        {!s.conversationId && !s.outbox.length && settings.suggestions.length > 0 && !asksLead && (
          <div class="chips" role="group" aria-label={words.suggested}>
            {settings.suggestions.map((text) => <button type="button" class="chip" key={text} onClick={() => talk.say(text)}>{text}</button>)}
          </div>
        )}
        <Messages talk={talk} words={words} />
        {s.outbox.map((o) => (
          <div key={o.clientId} class="under end" style={{ flexDirection: "column", alignItems: "flex-end" }}>
            <div class={"m user" + (o.failed ? "" : " waits")}>{o.message || words.fileSent}</div>
            {o.failed && (
              <span class="under"><span class="bad">{words.notSent}</span>
                <button type="button" class="text" onClick={() => talk.retry(o.clientId)}>{words.retry}</button>
                <button type="button" class="text" onClick={() => talk.drop(o.clientId)}>{words.drop}</button>
              </span>
            )}
          </div>
        ))}
        {Object.entries(s.drafts).map(([id, text]) => <div class="m bot" key={id} aria-live="off">{text}</div>)}
        {(talk.awaiting || s.typing !== null) && (
          <div class="m bot" aria-live="off"><span class="sr">{fill(words.typing, s.typing || words.bot)}</span><span class="dots" aria-hidden="true"><i /><i /><i /></span></div>
        )}
        {s.status === "needs_review" && <p class="line">{s.agentName ? fill(words.joined, s.agentName) : words.waiting}</p>}
        {asksLead && <Lead talk={talk} words={words} fields={settings.lead.fields} />}
        {s.status === "closed" && <p class="line">{words.closed} {words.again}</p>}
        {s.status === "closed" && settings.csat && <Score key={s.conversationId} talk={talk} words={words} />}
      </div>
      {!(asksLead && settings.lead.when === "start") && <Write talk={talk} words={words} />}
    </section>
  );
}

function Messages({ talk, words }: { talk: Talk; words: Words }) {
  const s = talk.state;
  return (
    <>
      {s.messages.map((m, i) => (
        <div key={m.id} style={{ display: "contents" }}>
          <Said m={m} talk={talk} words={words} first={s.messages[i - 1]?.chatUser !== m.chatUser} ratings={s.settings!.ratings} last={i === s.messages.length - 1} />
          {s.failed[m.id] && <span class="under end bad">{words.failed}</span>}
        </div>
      ))}
    </>
  );
}

function Write({ talk, words }: { talk: Talk; words: Words }) {
  const s = talk.state, settings = s.settings!;
  const [text, setText] = useState(talk.kept().draft || "");
  const [problem, setProblem] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  useEffect(() => { if (!talk.inline) field.current?.focus({ preventScroll: true }); }, []);
  useLayoutEffect(() => {
    const f = field.current!;
    f.style.height = "auto";
    f.style.height = Math.min(f.scrollHeight + 2, 120) + "px";
  }, [text]);
  const write = (next: string) => {
    setText(next);
    talk.keep({ draft: next });
    if (next) talk.type();
  };
  const send = (e?: Event) => {
    e?.preventDefault();
    if (!text.trim()) return;
    talk.say(text.trim());
    write("");
    field.current?.focus();
  };
  const attach = async () => {
    const chosen = file.current?.files?.[0];
    if (!chosen) return;
    setProblem("");
    if (chosen.size > largestFile || !fileTypes.includes(chosen.type)) setProblem(words.tooBig);
    else {
      try {
        talk.say(text.trim(), [(await talk.upload(chosen)).id]);
        write("");
      } catch {
        setProblem(words.tooBig);
      }
    }
    file.current!.value = "";
  };
  return (
    <footer>
      {problem && <span class="bad" role="alert">{problem}</span>}
      {settings.handover && s.status === "active" && <button type="button" class="text ask" onClick={() => talk.handover()}>{words.human}</button>}
      <form class="write" onSubmit={send}>
        {settings.attachments && (
          <>
            <input ref={file} type="file" accept={fileTypes} hidden onChange={attach} />
            <button type="button" class="icon" aria-label={words.attach} onClick={() => file.current?.click()}><Icon name="clip" /></button>
          </>
        )}
        <textarea
          ref={field} rows={1} maxLength={8000} aria-label={words.placeholder} placeholder={words.placeholder} value={text} disabled={!!s.refused} enterkeyhint="send"
          onInput={(e) => write(e.currentTarget.value)}
          onKeyDown={(e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) send(e); }}
        />
        <button class="icon send" aria-label={words.send} disabled={!text.trim()}><Icon name="send" /></button>
      </form>
    </footer>
  );
}
