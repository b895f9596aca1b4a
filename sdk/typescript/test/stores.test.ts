import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { MemoryDedupe, type MemoryDedupeOptions, MemorySequences } from "../dist/index.js";

let now = 0;
beforeEach(() => (now = 1_795_374_000_000));

function memoryDedupe(options: MemoryDedupeOptions = {}): MemoryDedupe {
  return new MemoryDedupe({ ...options, now: () => now });
}

function claim(dedupe: MemoryDedupe, id: string, want: string): string {
  const got = dedupe.claim(id, 60);
  assert.equal(got.result, want);
  return got.result === "claimed" ? got.token : "";
}

function commit(dedupe: MemoryDedupe, id: string): void {
  dedupe.commit(id, claim(dedupe, id, "claimed"));
}

test("a claim runs out", () => {
  const dedupe = memoryDedupe();
  const stale = claim(dedupe, "evt_1", "claimed");
  now += 59_999;
  claim(dedupe, "evt_1", "inProgress");
  now += 1;
  const fresh = claim(dedupe, "evt_1", "claimed");
  dedupe.release("evt_1", stale); // gives nothing back
  claim(dedupe, "evt_1", "inProgress");
  dedupe.release("evt_1", fresh);
  claim(dedupe, "evt_1", "claimed");
});

test("a late commit counts", () => {
  const dedupe = memoryDedupe();
  const stale = claim(dedupe, "evt_1", "claimed");
  now += 120_000;
  const fresh = claim(dedupe, "evt_1", "claimed");
  dedupe.commit("evt_1", stale);
  claim(dedupe, "evt_1", "handled");
  dedupe.release("evt_1", fresh);
  claim(dedupe, "evt_1", "handled");
});

test("what was handled is forgotten after its time", () => {
  const dedupe = memoryDedupe({ ttlSeconds: 3600 });
  commit(dedupe, "evt_1");
  now += 3_599_999;
  claim(dedupe, "evt_1", "handled"); // and its time begins anew
  now += 3_599_999;
  claim(dedupe, "evt_1", "handled");
  now += 3_600_000;
  claim(dedupe, "evt_1", "claimed");
});

test("beyond the capacity the longest unseen id is forgotten", () => {
  const dedupe = memoryDedupe({ capacity: 2 });
  commit(dedupe, "evt_1");
  commit(dedupe, "evt_2");
  claim(dedupe, "evt_1", "handled"); // seen again
  commit(dedupe, "evt_3");
  claim(dedupe, "evt_1", "handled");
  claim(dedupe, "evt_3", "handled");
  claim(dedupe, "evt_2", "claimed");
});

test("sequences never go back", () => {
  const sequences = new MemorySequences();
  for (const sequence of [3, 7, 5]) sequences.advance("conv_1", sequence);
  assert.equal(sequences.last("conv_1"), 7);
});

test("beyond the capacity the longest silent conversation is forgotten", () => {
  const sequences = new MemorySequences({ capacity: 2 });
  ["conv_1", "conv_2", "conv_1", "conv_3"].forEach((id, i) => sequences.advance(id, i + 1));
  assert.deepEqual(["conv_1", "conv_2", "conv_3"].map((id) => sequences.last(id)), [3, 0, 4]);
});
