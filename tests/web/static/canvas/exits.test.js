import assert from "node:assert/strict";
import test from "node:test";

import { addOutcomes, exitsOf } from "../../../../flowpilot/web/static/canvas/model/exits.js";
import { offered } from "../../../../flowpilot/web/static/canvas/model/tree.js";

const inner = {
  root: "on", nodes: {
    lost: { kind: "resolution", text: "No path leads here." },
    up: { kind: "escalation", text: "It needs a part." },
    on: { kind: "question", text: "Is it on?", choices: [{ label: "Yes", next: "ok" }, { label: "No", next: "up" }, { label: "?", next: "gone" }] },
    ok: { kind: "resolution", text: "It works." },
  },
};

test("a flow ends where its paths end", () => {
  assert.deepEqual(exitsOf(inner), [
    { kind: "resolution", word: "Solved", text: "It works." }, { kind: "escalation", word: "Handed over", text: "It needs a part." },
  ]);
  assert.deepEqual(exitsOf({ root: "gone", nodes: {} }), []);
});

test("each end becomes an outcome that leads nowhere yet, unless there is one", () => {
  const tree = { root: "a", nodes: { a: { kind: "subflow", text: "Check.", outcomes: [{ label: "it works.", next: "a" }] } } };
  const labels = (/** @type {any} */ given) => offered(given.nodes.a).map(({ label, next }) => [label, next]);
  assert.deepEqual(labels(addOutcomes(tree, "a", exitsOf(inner))), [["it works.", "a"], ["It needs a part.", ""]]);
});

test("a long end becomes a label that can be stored", () => {
  const tree = { root: "a", nodes: { a: { kind: "subflow", text: "Check." } } };
  const [{ label }] = offered(addOutcomes(tree, "a", [{ text: "x".repeat(2000) }]).nodes.a);
  assert.equal(label.length, 200);
});
