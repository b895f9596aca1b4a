// Tells a team's chat room what it should know: that somebody asks for a human, that the bot had no
// answer, that a conversation was closed, that a webhook was switched off.
//
// It speaks to every room with an "incoming webhook": a URL that takes {"text": "…"} by POST, as Slack,
// Mattermost, Rocket.Chat and Zulip have it (for Discord set CHAT_ROOM_FIELD=content).
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Handler, nodeListener } from "@bot9/webhooks";

const env = process.env;
const room = env.CHAT_ROOM_URL ?? "";
const field = env.CHAT_ROOM_FIELD ?? "text";
const dashboard = env.BOT9_URL ?? "http://127.0.0.1:8420";
if (!/^https?:/.test(room)) throw new Error("set CHAT_ROOM_URL to the room's incoming webhook");

// harmless takes from what strangers wrote the power to mention people, or to look like a link.
const harmless = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("@", "@\u200b")
    .replace(/\s+/g, " ")
    .slice(0, 300);

/** What every event has that this program needs. */
interface Told {
  event: string;
  conversationId?: string;
  sequence?: number;
  data: { chatbotId: string };
}

const linkTo = ({ conversationId, data }: Told): string =>
  conversationId ? ` ${dashboard}/${data.chatbotId}/inbox?conversation=${conversationId}` : "";

// tell posts to the room. What it throws makes the answer 500, and Bot9 sends the event again.
async function tell(event: Told, text: string): Promise<void> {
  const answer = await fetch(room, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ [field]: text + linkTo(event) }),
    signal: AbortSignal.timeout(10_000), // Bot9 waits 15 s
  });
  if (!answer.ok) throw new Error(`the room answered ${answer.status}`);
  console.log(event.conversationId ?? "-", event.sequence ?? "", event.event);
}

const handler = new Handler({ secrets: env.BOT9_WEBHOOK_SECRET ?? "" })
  .on("handoverRequested", (event) => {
    const said = event.data.recentMessages.filter((message) => message.senderType === "user").at(-1)?.message ?? "";
    return tell(event, `Somebody needs a human: “${harmless(said)}”`);
  })
  .on("answerNotFound", (event) => tell(event, `The bot had no answer to “${harmless(event.data.message)}”`))
  .on("conversationClosed", (event) =>
    tell(event, `Closed by ${harmless(event.data.closedBy)} after ${event.data.messageCount} messages.`),
  )
  .on("webhookDisabled", (event) => tell(event, `A webhook was switched off: ${harmless(event.data.reason)}`));

const server = createServer(nodeListener(handler)).listen(Number(env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    server.closeIdleConnections();
  });
}
