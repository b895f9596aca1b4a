import { readFileSync } from "node:fs";
import type { SequenceProblem } from "../dist/index.js";

/** A body as sdk/testdata/generate.py describes it. */
export interface VectorBody {
  body?: string;
  bodyBase64?: string;
  bodyRepeat?: { before: string; text: string; times: number; after: string };
}

export interface VerifyVector extends VectorBody {
  name: string;
  secrets: string[];
  headers: Record<string, string>;
  now: number;
  expect: string;
}

export interface HandlerStep extends VectorBody {
  method: string;
  headers: Record<string, string>;
  now: number;
  fails: boolean;
  status: number;
  code: string;
  handled: string[];
  problem: SequenceProblem | null;
}

export interface HandlerCase {
  name: string;
  fallback: boolean;
  checkSequence: boolean;
  maxBodyBytes?: number;
  steps: HandlerStep[];
}

export function bytesOf({ body, bodyBase64, bodyRepeat }: VectorBody): Uint8Array<ArrayBuffer> {
  if (bodyBase64 !== undefined) return new Uint8Array(Buffer.from(bodyBase64, "base64"));
  if (!bodyRepeat) return new Uint8Array(Buffer.from(body ?? ""));
  const { before, text, times, after } = bodyRepeat;
  return new Uint8Array(Buffer.from(before + text.repeat(times) + after));
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../testdata/${name}`, import.meta.url), "utf8"));
}

export const verifyVectors = read("verify.json") as VerifyVector[];
export const handlerVectors = read("handler.json") as { secret: string; cases: HandlerCase[] };
