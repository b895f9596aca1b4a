// Code generated from the event catalog by sdk/go/internal/generate. DO NOT EDIT.

/** Request: what was sent; secrets are masked. */
export interface Request {
  /** The HTTP method */
  method: string;
  /** Where to; credentials, values of the query and what looks like a token are masked */
  url: string;
  /** The headers of the action, their values masked */
  headers: Record<string, string>;
  /**
   * The body, up to 2,000 characters; values that look like secrets are masked. Empty if there was
   * none
   */
  body: string;
}

/** Response: what came back. */
export interface Response {
  /** The HTTP status; 0 if there was no response */
  status: number;
  /** The body, up to 2,000 characters; values that look like secrets are masked */
  body: string;
}

/**
 * ActionExecutedData is the data of actionExecuted: a custom action was executed. It is sent right
 * after the action's server answered 2xx, before the reply that it was executed for.
 */
export interface ActionExecutedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The action */
  actionId: string;
  /** What the action is called */
  name: string;
  /** The end user's message that led to it */
  messageId: string;
  /** How long it took */
  milliseconds: number;
  /** What was sent; secrets are masked */
  request: Request;
  /** What came back */
  response: Response;
}

/**
 * ActionFailedData is the data of actionFailed: a custom action was tried, and failed. It is sent
 * right after the action's server answered anything but 2xx, or nothing in time.
 */
export interface ActionFailedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The action */
  actionId: string;
  /** What the action is called */
  name: string;
  /** The end user's message that led to it */
  messageId: string;
  /** How long it took */
  milliseconds: number;
  /** What was sent; secrets are masked */
  request: Request;
  /** What came back */
  response: Response;
  /** What went wrong, in words */
  error: string;
}

/**
 * AgentAssignedData is the data of agentAssigned: a human took over. It is sent when an agent was
 * assigned, also in place of another one.
 */
export interface AgentAssignedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The agent, in the integrator's own words */
  agentId: string;
  /** How the agent is called; empty if unknown */
  agentName: string;
}

/**
 * AnswerNotFoundData is the data of answerNotFound: the bot had no answer above its threshold. It
 * is sent before the messageSent of the reply that says so.
 */
export interface AnswerNotFoundData {
  /** The text */
  message: string;
  /** The end user's external ID where there is one, else their ID */
  sender: string;
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The message */
  messageId: string;
  /** Who said it */
  senderType: "user" | "bot" | "humanagent" | "system";
  /** The channel that the conversation came through */
  source: string;
  /** The integrator's own name for the session; null if none was given */
  externalSessionId?: string | null;
  /** How well the best passage fitted, from 0 to 1 */
  topScore: number;
}

/**
 * ApiKeyRotatedData is the data of apiKeyRotated: an API key was rotated. It is sent when a key
 * got a new secret.
 */
export interface ApiKeyRotatedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The key */
  keyId: string;
  /** Until when the old secret stays valid */
  graceUntil: string;
}

/** Actor: who did it, and from where. */
export interface Actor {
  /** What sort of caller */
  type: "member" | "key" | "visitor" | "link" | "operator" | "anonymous" | "system";
  /** The member's, key's or link's ID; empty where there is none */
  id: string;
  /** The name at that time */
  name: string;
  /** The IP address that the call came from; empty inside the server */
  ip: string;
}

/**
 * AuditRecordedData is the data of auditRecorded: somebody did something that the account's audit
 * log records. It is sent with every record of the audit log, in the transaction of the change
 * itself. Only a webhook that names this type receives it; * doesn't include it. The event is only
 * in the log of chatbots that have such a webhook.
 */
export interface AuditRecordedData {
  /**
   * The chatbot in whose log this event is; what concerns the account is in the logs of all its
   * chatbots
   */
  chatbotId: string;
  /** The record in the audit log */
  auditId: string;
  /** When it was done */
  at: string;
  /** Who did it, and from where */
  actor: Actor;
  /** What was done, such as webhookChanged */
  action: string;
  /** The ID of what it was done to */
  object: string;
  /** What changed, by field, each with its value before (from) and after (to). Secrets are masked */
  changes: Record<string, unknown>;
}

/**
 * ConversationClosedData is the data of conversationClosed: a conversation was closed. It is sent
 * when the status becomes closed.
 */
export interface ConversationClosedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** Who closed it */
  closedBy: string;
  /** How many messages it has */
  messageCount: number;
}

/**
 * ConversationReopenedData is the data of conversationReopened: a closed conversation was opened
 * again. It is sent when the status leaves closed.
 */
export interface ConversationReopenedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** Who opened it */
  by: string;
}

/**
 * ConversationReturnedToBotData is the data of conversationReturnedToBot: the human gave the
 * conversation back to the bot. It is sent when a conversation goes from needs_review to active.
 */
export interface ConversationReturnedToBotData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** Who gave it back */
  by: string;
}

/** User: the end user; what is unknown is absent. */
export interface User {
  /** The end user */
  id?: string;
  /** The integrator's own name for the end user */
  externalId?: string;
  /** Full name */
  name?: string;
  /** Email address */
  emailId?: string;
  /** Phone number */
  phone?: string;
  /** The external ID that a page with the widget claimed without proof: don't trust it */
  claimedId?: string;
  /** Further properties that a page with the widget told */
  customAttributes?: Record<string, unknown>;
}

/**
 * ConversationStartedData is the data of conversationStarted: a conversation was opened. It is
 * sent once per conversation, before any of its messages.
 */
export interface ConversationStartedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The end user; what is unknown is absent */
  user: User;
  /** The channel that the conversation came through */
  source: string;
  /** The integrator's own name for the session; null if none was given */
  externalSessionId?: string | null;
}

/**
 * ConversationStatusChangedData is the data of conversationStatusChanged: the status of a
 * conversation changed. It is sent at every change of status, before the event that tells what it
 * means.
 */
export interface ConversationStatusChangedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The status before */
  from: "active" | "needs_review" | "closed";
  /** The status now */
  to: "active" | "needs_review" | "closed";
  /** Who changed it: "user", "bot", a member or "api" */
  by: string;
  /** Why; empty if unknown */
  reason: string;
}

/**
 * ConversationTaggedData is the data of conversationTagged: the tags of a conversation changed. It
 * is sent when tags were added or removed.
 */
export interface ConversationTaggedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** All tags now */
  tags: string[];
  /** Tags that are new */
  added: string[];
  /** Tags that are gone */
  removed: string[];
}

/**
 * CsatSubmittedData is the data of csatSubmitted: an end user reviewed a conversation. It is sent
 * at every review, also when it replaces an earlier one.
 */
export interface CsatSubmittedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** From 1, unhappy, to 5, happy */
  score: number;
  /** In their own words; empty if not left */
  comment: string;
  /** Who answered last */
  handledBy: "bot" | "humanagent";
}

/** RecentMessage is one of recentMessages. */
export interface RecentMessage {
  /** The message */
  messageId: string;
  /** Who said it */
  senderType: "user" | "bot" | "humanagent" | "system";
  /** The beginning of the text */
  message: string;
  /** When it was stored */
  createdAt: string;
}

/**
 * HandoverRequestedData is the data of handoverRequested: a human was asked for. It is sent when
 * the end user, the bot, a rule or an integrator asked for a human and none has taken over yet.
 */
export interface HandoverRequestedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** Why a human is needed */
  reason: string;
  /** Who asked: "user", "bot", or the name of a rule, a member or an API key */
  requestedBy: string;
  /** The newest messages, oldest first: at most 10, each cut at 1,000 characters */
  recentMessages: RecentMessage[];
}

/**
 * KnowledgeUpdatedData is the data of knowledgeUpdated: a chatbot's knowledge changed. It is sent
 * when a document was created, updated or deleted.
 */
export interface KnowledgeUpdatedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The document */
  documentId: string;
  /** What happened to it */
  change: "created" | "updated" | "deleted";
}

/**
 * LeadCapturedData is the data of leadCaptured: an end user left contact details. It is sent when
 * a lead form was sent.
 */
export interface LeadCapturedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** Full name; empty if not left */
  name: string;
  /** Email address; empty if not left */
  emailId: string;
  /** Phone number; empty if not left */
  phone: string;
  /** What else the form asked for, by name */
  fields: Record<string, string>;
}

/**
 * MessageFailedData is the data of messageFailed: no reply could be made. It is sent when the
 * answering engine failed; the end user's message stays stored.
 */
export interface MessageFailedData {
  /** The text */
  message: string;
  /** The end user's external ID where there is one, else their ID */
  sender: string;
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The message */
  messageId: string;
  /** Who said it */
  senderType: "user" | "bot" | "humanagent" | "system";
  /** The channel that the conversation came through */
  source: string;
  /** The integrator's own name for the session; null if none was given */
  externalSessionId?: string | null;
  /** What went wrong, in a short stable text */
  error: string;
}

/**
 * MessageRatedData is the data of messageRated: an end user rated a message. It is sent at every
 * rating, also when it replaces an earlier one.
 */
export interface MessageRatedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The message */
  messageId: string;
  /** From 1, bad, to 5, good; of two thumbs, down is 1 and up is 5 */
  rating: number;
}

/** Attachment is one of attachments. */
export interface Attachment {
  /** The file */
  id: string;
  /** What it is called */
  name: string;
  /** Its media type, found by its content */
  type: string;
  /** In bytes */
  size: number;
  /** Where it can be read; whoever has the address may */
  url: string;
}

/**
 * MessageReceivedData is the data of messageReceived: an end user's message was stored. It is sent
 * for every message of an end user, also while a human answers.
 */
export interface MessageReceivedData {
  /** The text */
  message: string;
  /** The end user's external ID where there is one, else their ID */
  sender: string;
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The message */
  messageId: string;
  /** Who said it */
  senderType: "user" | "bot" | "humanagent" | "system";
  /** The channel that the conversation came through */
  source: string;
  /** The integrator's own name for the session; null if none was given */
  externalSessionId?: string | null;
  /** Files that were sent with the message; absent if there are none */
  attachments?: Attachment[] | null;
}

/** Source is one of sources. */
export interface Source {
  /** The document */
  documentId: string;
  /** The document's title */
  title: string;
  /** Where people can read the document; empty if it gives no address */
  url: string;
  /** The part of it that the answer was made from */
  passage: string;
  /** From 0 to 1: how likely the passage answers the question */
  score: number;
}

/** Suggestion is one of suggestions. */
export interface Suggestion {
  /** The document */
  documentId: string;
  /** Its title, which as a message gets the document as the answer */
  title: string;
}

/**
 * MessageSentData is the data of messageSent: a complete bot or agent reply was stored. It is sent
 * once per reply, when all of it is there; never for parts of a streamed reply.
 */
export interface MessageSentData {
  /** The text */
  message: string;
  /** The end user's external ID where there is one, else their ID */
  sender: string;
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The message */
  messageId: string;
  /** Who said it */
  senderType: "user" | "bot" | "humanagent" | "system";
  /** The channel that the conversation came through */
  source: string;
  /** The integrator's own name for the session; null if none was given */
  externalSessionId?: string | null;
  /** Files that were sent with the message; absent if there are none */
  attachments?: Attachment[] | null;
  /** The message that it answers; null if unknown */
  inReplyTo?: string | null;
  /** The passages that a bot's answer was made from, best first; null if there are none */
  sources?: Source[] | null;
  /**
   * The documents that the end user may have meant, where the bot was unsure and asks back; null
   * otherwise
   */
  suggestions?: Suggestion[] | null;
}

/**
 * NoteAddedData is the data of noteAdded: a member of the account wrote a private note about a
 * conversation. It is sent for every note, in the transaction that stores it. Only a webhook that
 * names this type receives it; * doesn't include it, and the event is only in the log of chatbots
 * that have such a webhook. It stands outside the conversation's sequence, and the end user never
 * sees it.
 */
export interface NoteAddedData {
  /** The chatbot */
  chatbotId: string;
  /** The conversation that the note is about */
  conversationId: string;
  /** The note */
  noteId: string;
  /** What it says */
  note: string;
  /** The member or key that wrote it */
  authorId: string;
  /** The author's name at that time */
  authorName: string;
}

/** PingData is the data of ping: a test. It is sent when somebody tests a webhook. */
export interface PingData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The webhook that is tested */
  webhookId: string;
}

/**
 * UserIdentifiedData is the data of userIdentified: an end user's details became known. It is sent
 * when a name, an email address or a phone number of an end user became known or changed after
 * their first conversation had started; conversationStarted tells what was known then. Custom
 * attributes of the widget are told in any case.
 */
export interface UserIdentifiedData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The end user; what is unknown is absent */
  user: User;
  /** The names of the user's properties that changed */
  changed: string[];
}

/**
 * WebhookDisabledData is the data of webhookDisabled: a webhook was switched off. It is sent when
 * its endpoint answered 410 Gone or failed for 5 days, or somebody disabled it; sent to the
 * account's other webhooks.
 */
export interface WebhookDisabledData {
  /** The chatbot that it happened in */
  chatbotId: string;
  /** The webhook */
  webhookId: string;
  /** Why */
  reason: string;
}

/** Which data each event type of the catalog has. */
export interface EventData {
  actionExecuted: ActionExecutedData;
  actionFailed: ActionFailedData;
  agentAssigned: AgentAssignedData;
  answerNotFound: AnswerNotFoundData;
  apiKeyRotated: ApiKeyRotatedData;
  auditRecorded: AuditRecordedData;
  conversationClosed: ConversationClosedData;
  conversationReopened: ConversationReopenedData;
  conversationReturnedToBot: ConversationReturnedToBotData;
  conversationStarted: ConversationStartedData;
  conversationStatusChanged: ConversationStatusChangedData;
  conversationTagged: ConversationTaggedData;
  csatSubmitted: CsatSubmittedData;
  handoverRequested: HandoverRequestedData;
  knowledgeUpdated: KnowledgeUpdatedData;
  leadCaptured: LeadCapturedData;
  messageFailed: MessageFailedData;
  messageRated: MessageRatedData;
  messageReceived: MessageReceivedData;
  messageSent: MessageSentData;
  noteAdded: NoteAddedData;
  ping: PingData;
  userIdentified: UserIdentifiedData;
  webhookDisabled: WebhookDisabledData;
}

/** The names of the catalog's event types. */
export const eventTypes = [
  "actionExecuted",
  "actionFailed",
  "agentAssigned",
  "answerNotFound",
  "apiKeyRotated",
  "auditRecorded",
  "conversationClosed",
  "conversationReopened",
  "conversationReturnedToBot",
  "conversationStarted",
  "conversationStatusChanged",
  "conversationTagged",
  "csatSubmitted",
  "handoverRequested",
  "knowledgeUpdated",
  "leadCaptured",
  "messageFailed",
  "messageRated",
  "messageReceived",
  "messageSent",
  "noteAdded",
  "ping",
  "userIdentified",
  "webhookDisabled",
] as const satisfies readonly (keyof EventData)[];
