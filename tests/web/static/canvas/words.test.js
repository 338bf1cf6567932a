import assert from "node:assert/strict";
import test from "node:test";

import { clock, problemCount, stateOf } from "../../../../flowpilot/web/static/canvas/model/words.js";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const when = clock("Europe/Berlin", () => NOW);
const edition = { id: "1", at: "2026-11-29T09:05:00Z", by: "Ana", isDraft: true };

test("a time has its day if it is not near", () => {
  assert.equal(when("2026-11-29T09:05:00Z"), "10:05");
  assert.equal(when("2026-11-28T09:05:00Z"), "28 Nov, 10:05");
});

test("the line says who saved last, and what is not saved", () => {
  const facts = { edition, me: "Ana", number: 3, when };
  assert.equal(stateOf({ state: "saved" }, facts), "Saved 10:05, last edited by you.");
  assert.equal(stateOf({ state: "saved" }, { ...facts, me: "Luis" }), "Saved 10:05, last edited by Ana.");
  assert.equal(stateOf({ state: "saved" }, { ...facts, edition: { ...edition, isDraft: false } }), "No draft yet: your first change begins one.");
  assert.equal(stateOf({ state: "held", why: "has no text" }, facts), "Not saved yet: node 3 has no text. It is kept in this browser.");
});

test("problems are counted", () => {
  assert.deepEqual([problemCount(1), problemCount(2)], ["1 problem", "2 problems"]);
});
