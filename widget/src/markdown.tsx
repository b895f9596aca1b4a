// The little Markdown that answers use, as elements: no text becomes markup.
import type { ComponentChild } from "preact";

const inline = /(\*\*|__)(.+?)\1|`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^\s)]+|mailto:[^\s)]+)\)|(https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?])|\*([^*\s][^*]*)\*(?!\w)/;

function spans(text: string): ComponentChild[] {
  const out: ComponentChild[] = [];
  while (text) {
    const m = inline.exec(text);
    if (!m) {
      out.push(text);
      break;
    }
    if (m.index) out.push(text.slice(0, m.index));
    if (m[2]) out.push(<strong>{spans(m[2])}</strong>);
    else if (m[3]) out.push(<code>{m[3]}</code>);
    else if (m[4]) out.push(link(m[5]!, m[4]));
    else if (m[6]) out.push(link(m[6], m[6]));
    else if (m[7]) out.push(<em>{spans(m[7])}</em>);
    text = text.slice(m.index + m[0].length);
  }
  return out;
}

export function link(url: string, text: ComponentChild) {
  return <a href={url} target="_blank" rel="noopener noreferrer nofollow">{text}</a>;
}

export function Markdown({ text }: { text: string }) {
  const blocks: ComponentChild[] = [];
  let list: ComponentChild[] = [], ordered = false, lines: string[] = [], code: string[] | null = null;
  const endList = () => {
    if (list.length) blocks.push(ordered ? <ol>{list}</ol> : <ul>{list}</ul>);
    list = [];
  };
  const endText = () => {
    if (lines.length) blocks.push(<p>{spans(lines.join("\n"))}</p>);
    lines = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) {
      endText();
      endList();
      if (code) blocks.push(<pre><code>{code.join("\n")}</code></pre>);
      code = code ? null : [];
      continue;
    }
    if (code) {
      code.push(line);
      continue;
    }
    const item = /^\s*(?:([-*+])|\d+[.)])\s+(.*)/.exec(line);
    const heading = /^#{1,6}\s+(.*)/.exec(line);
    if (item) {
      endText();
      if (list.length && ordered === !!item[1]) endList();
      ordered = !item[1];
      list.push(<li>{spans(item[2]!)}</li>);
    } else if (heading) {
      endText();
      endList();
      blocks.push(<p><strong>{spans(heading[1]!)}</strong></p>);
    } else if (!line.trim()) {
      endText();
      endList();
    } else {
      endList();
      lines.push(line);
    }
  }
  if (code) blocks.push(<pre><code>{(code as string[]).join("\n")}</code></pre>);
  endText();
  endList();
  return <>{blocks}</>;
}
