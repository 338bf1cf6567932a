import assert from "node:assert/strict";
import test from "node:test";

import { compare } from "../../../../flowpilot/web/static/canvas/model/merge.js";
import { addNode, changeNode, removeNode } from "../../../../flowpilot/web/static/canvas/model/tree.js";
import { treeOf } from "./trees.js";

const base = treeOf({ a: ["b", "c"], b: [], c: [] });

test("edits of different nodes are combined", () => {
  const mine = changeNode(base, "b", { text: "mine" }), theirs = changeNode(base, "c", { text: "theirs" });
  const found = compare(base, mine, theirs);
  assert.deepEqual([found.mine, found.theirs, found.twice], [["b"], ["c"], []]);
  assert.deepEqual(found.both, changeNode(mine, "c", { text: "theirs" }));
});

test("a node that both have changed differently cannot be combined", () => {
  const found = compare(base, changeNode(base, "b", { text: "mine" }), changeNode(base, "b", { text: "theirs" }));
  assert.deepEqual(found.twice, ["b"]);
  assert.equal(found.both, null);
});

test("the same edit by both is no conflict", () => {
  const edited = changeNode(base, "b", { text: "same" });
  assert.deepEqual(compare(base, edited, structuredClone(edited)), { mine: ["b"], theirs: ["b"], twice: [], both: edited });
});

test("nodes that either has added or removed are so in both", () => {
  const [mine] = addNode(base, "resolution", "New");
  const { both } = compare(base, mine, removeNode(base, "c"));
  assert.deepEqual(Object.keys(both?.nodes ?? {}), ["a", "b", "new"]);
});

test("a node that one has edited and the other removed cannot be combined", () => {
  assert.deepEqual(compare(base, changeNode(base, "c", { text: "mine" }), removeNode(base, "c")).twice, ["c"]);
});

test("where the flow begins is compared like a node without a name", () => {
  const moved = { ...base, root: "b" };
  const found = compare(base, changeNode(base, "c", { text: "mine" }), moved);
  assert.deepEqual([found.theirs, found.both?.root], [[""], "b"]);
  assert.deepEqual(compare(base, { ...base, root: "c" }, moved).twice, [""]);
});

test("what the server stores without saying so is no difference", () => {
  const stored = changeNode(base, "b", { help: "", open: false, outcomes: [], text: "b  " });
  assert.deepEqual(compare(base, base, stored).theirs, []);
});
