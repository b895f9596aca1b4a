// The parts of the window.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Attachment, Message } from "./api";
import { link, Markdown } from "./markdown";
import type { Talk } from "./talk";
import { fill, type Words } from "./words";

const paths: Record<string, string> = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 12Z",
  close: "M6 6l12 12M18 6 6 18",
  send: "M5 12h13M12 5l7 7-7 7",
  clip: "m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.2 17.2a1.6 1.6 0 0 1-2.3-2.3L14.5 7",
  up: "M7 11v9H4v-9zM7 11l4-8a2.5 2.5 0 0 1 2.5 2.5V9H19a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.8 20H7",
  down: "M7 13V4H4v9zM7 13l4 8a2.5 2.5 0 0 0 2.5-2.5V15H19a2 2 0 0 0 2-2.3l-1.2-7A2 2 0 0 0 17.8 4H7",
};

export function Icon({ name }: { name: keyof typeof paths }) {
  return <svg viewBox="0 0 24 24" aria-hidden="true"><path d={paths[name]} /></svg>;
}

function File({ file, words }: { file: Attachment; words: Words }) {
  const image = file.type.startsWith("image/");
  return (
    <span class="file">
      {image ? <a href={file.url} target="_blank" rel="noopener"><img src={file.url} alt={file.name} loading="lazy" /></a> : <><Icon name="clip" />{link(file.url, file.name || words.fileSent)}</>}
    </span>
  );
}

export function Said({ m, talk, words, first, ratings, last }: { m: Message; talk: Talk; words: Words; first: boolean; ratings: boolean; last: boolean }) {
  const who = m.chatUser === "user" ? words.you : m.chatUser === "bot" ? words.bot : m.agentName || talk.state.agentName || words.agent;
  return (
    <>
      {first && m.chatUser === "humanagent" && <div class="by" aria-hidden="true">{who}</div>}
      <div class={"m " + m.chatUser} data-id={m.id}>
        <span class="sr">{who}: </span>
        {m.chatUser === "user" ? m.message : <Markdown text={m.message} />}
        {m.attachments?.map((file) => <File key={file.id} file={file} words={words} />)}
      </div>
      {!!m.suggestions?.length && last && (
        <div class="chips" role="group" aria-label={words.suggested}>
          {m.suggestions.map((s) => <button type="button" class="chip" key={s.documentId} onClick={() => talk.say(s.title)}>{s.title}</button>)}
        </div>
      )}
      {m.chatUser === "bot" && (ratings || !!m.sources?.length) && (
        <div class="under">
          {ratings && (["up", "down"] as const).map((thumb) => (
            <button type="button" class="icon" key={thumb} aria-pressed={m.rating === (thumb === "up" ? 5 : 1)} aria-label={thumb === "up" ? words.helpful : words.notHelpful} onClick={() => talk.rate(m.id, thumb)}>
              <Icon name={thumb} />
            </button>
          ))}
          {!!m.sources?.length && (
            <details>
              <summary>{words.sources} ({m.sources.length})</summary>
              <ol>{m.sources.map((s) => <li key={s.documentId}>{/^https?:\/\//.test(s.url) ? link(s.url, s.title) : s.title}</li>)}</ol>
            </details>
          )}
        </div>
      )}
    </>
  );
}

export function Lead({ talk, words, fields }: { talk: Talk; words: Words; fields: string[] }) {
  const [values, setValues] = useState<Record<string, string>>({});
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const labels: Record<string, string> = { name: words.name, emailId: words.email, phone: words.phone };
  const submit = async (e: Event) => {
    e.preventDefault();
    const details = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, v.trim()]).filter(([, v]) => v));
    const missing = fields.find((f) => f !== "phone" && !details[f]) || (details.emailId && !/^\S+@\S+\.\S+$/.test(details.emailId) ? "emailId" : "");
    setWrong(missing || "");
    if (missing || !Object.keys(details).length) return;
    setBusy(true);
    if (!(await talk.lead(details))) setBusy(false);
  };
  return (
    <form class="card" onSubmit={submit} noValidate>
      <h3>{words.leadIntro}</h3>
      {fields.map((f) => (
        <label key={f}>
          {labels[f] || f}
          <input
            name={f} type={f === "emailId" ? "email" : f === "phone" ? "tel" : "text"} autocomplete={f === "emailId" ? "email" : f === "phone" ? "tel" : "name"} maxLength={200}
            value={values[f] || ""} aria-invalid={wrong === f} onInput={(e) => setValues({ ...values, [f]: e.currentTarget.value })}
          />
          {wrong === f && <span class="bad" role="alert">{words.invalid}</span>}
        </label>
      ))}
      <div class="row">
        <button class="main" disabled={busy}>{words.submit}</button>
        <button type="button" class="text" onClick={() => talk.skipLead()}>{words.skip}</button>
      </div>
    </form>
  );
}

export function Score({ talk, words }: { talk: Talk; words: Words }) {
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => { if (score) form.current?.scrollIntoView({ block: "nearest" }); }, [score]); // what it now asks for is in sight
  if (talk.state.score) return <p class="line">{words.thanks}</p>;
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    if (!(await talk.csat(score, comment.trim()))) setBusy(false);
  };
  const move = (e: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const next = Math.min(5, Math.max(1, score + step));
    setScore(next);
    ((e.currentTarget as HTMLElement).children[next - 1] as HTMLElement).focus();
  };
  return (
    <form class="card" ref={form} onSubmit={submit}>
      <h3 id="score">{words.howWas}</h3>
      <div class="stars" role="radiogroup" aria-labelledby="score" onKeyDown={move}>
        {[1, 2, 3, 4, 5].map((n) => (
          <button type="button" key={n} role="radio" aria-checked={score === n} aria-label={fill(words.score, n)} tabIndex={score === n || (!score && n === 1) ? 0 : -1} onClick={() => setScore(n)}>{n}</button>
        ))}
      </div>
      {score > 0 && (
        <>
          <textarea rows={2} maxLength={4096} aria-label={words.comment} placeholder={words.comment} value={comment} onInput={(e) => setComment(e.currentTarget.value)} />
          <div class="row"><button class="main" disabled={busy}>{words.submit}</button></div>
        </>
      )}
    </form>
  );
}
