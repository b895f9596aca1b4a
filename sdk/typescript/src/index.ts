export type { Answer } from "./answer.js";
export { type Claim, type DedupeStore, MemoryDedupe, type MemoryDedupeOptions } from "./dedupe.js";
export { type Code, WebhookError } from "./error.js";
export {
  type CatalogEvent,
  type Envelope,
  type Event,
  type EventType,
  isEvent,
  parseEvent,
} from "./event.js";
export * from "./events.js";
export { type EventFunction, Handler, type HandlerOptions } from "./handler.js";
export { nodeListener, type NodeRequest, type NodeResponse } from "./node.js";
export {
  MemorySequences,
  type MemorySequencesOptions,
  type SequenceKind,
  type SequenceProblem,
  type SequenceStore,
} from "./sequence.js";
export {
  type Body,
  defaultToleranceSeconds,
  type HeadersLike,
  sign,
  Verifier,
  verify,
  type VerifyOptions,
} from "./verify.js";
