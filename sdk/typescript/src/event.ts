import { WebhookError } from "./error.js";
import type { EventData } from "./events.js";
import { type Body, bytesOf } from "./verify.js";

/** An event type of the catalog. */
export type EventType = keyof EventData;

/** What a delivery's body tells. */
export interface Envelope<T extends string, D> {
  event: T;
  data: D;
  id: string;
  /** When the event was committed: RFC 3339 with milliseconds, UTC. */
  createdAt: string;
  apiVersion: string;
  /** Absent outside a conversation. */
  conversationId?: string;
  /** 1, 2, 3 … within the conversation; absent outside. */
  sequence?: number;
}

/** An event of type T, whose data is typed if T is in the catalog. */
export type Event<T extends string = string> = T extends EventType
  ? Envelope<T, EventData[T]>
  : Envelope<T, Record<string, unknown>>;

/** Any event of the catalog: a union to be told apart by `event`. */
export type CatalogEvent = Event<EventType>;

/** Reads a delivery's body. Verify it first. Throws a WebhookError. */
export function parseEvent(body: Body): Event {
  const bytes = bytesOf(body);
  let event: unknown;
  try {
    event = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new WebhookError("invalidEvent", "the body is not an event");
  }
  if (!isEnvelope(event)) {
    throw new WebhookError("invalidEvent", "the body has no event, no id, or no data object");
  }
  return event;
}

/** Tells whether the event is of this type of the catalog, and has its data. */
export function isEvent<T extends EventType>(event: Event, type: T): event is Event & Event<T> {
  return event.event === type;
}

function isEnvelope(value: unknown): value is Event {
  if (!isObject(value)) return false;
  return (
    isText(value["event"]) &&
    isText(value["id"]) &&
    isObject(value["data"]) &&
    (value["conversationId"] === undefined || typeof value["conversationId"] === "string") &&
    (value["sequence"] === undefined || Number.isSafeInteger(value["sequence"]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
