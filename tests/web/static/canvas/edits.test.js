import assert from "node:assert/strict";
import test from "node:test";

import { editing } from "../../../../flowpilot/web/static/canvas/model/edits.js";
import { changeNode, offered } from "../../../../flowpilot/web/static/canvas/model/tree.js";
import { treeOf } from "./trees.js";

const base = treeOf({ a: ["b", "c"], b: [], c: [] });

/** @param {string | null} selected */
function begin(selected = "a") {
  /** @type {boolean[]} */
  const heard = [];
  return { work: editing({ tree: base, selected }, (isTyped) => heard.push(isTyped)), heard };
}

test("an edit is told, and whether it was typed", () => {
  const { work, heard } = begin();
  work.edit(changeNode(work.tree, "a", { text: "x" }), { key: "text" });
  work.undo();
  work.undo();
  assert.deepEqual([heard, work.tree], [[true, false], base]);
});

test("a new node hangs on the selected one, which is the new one then", () => {
  const { work } = begin();
  work.add("instruction");
  assert.deepEqual([work.selected, offered(work.tree.nodes.a).at(-1)?.next], ["new-instruction", "new-instruction"]);
});

test("where a path ends, and without a selected node, a new node is separate", () => {
  const { work } = begin("b");
  work.edit(changeNode(base, "b", { kind: "resolution" }));
  work.add("question");
  assert.deepEqual(offered(work.tree.nodes.b), []);
  const { work: other } = begin(null);
  other.add("question");
  assert.deepEqual(offered(other.tree.nodes.a), offered(base.nodes.a));
});

test("after a node is removed, the one before it is selected", () => {
  const { work } = begin("c");
  assert.deepEqual([work.remove(), work.selected, Object.keys(work.tree.nodes)], [3, "a", ["a", "b"]]);
  assert.equal(begin(null).work.remove(), null);
});

test("a choice is led to another node, or to a new one that it names", () => {
  const { work } = begin();
  work.connect("a", 0, "c");
  assert.deepEqual([work.selected, offered(work.tree.nodes.a)[0].next], ["a", "c"]);
  work.connect("a", 0, null);
  assert.deepEqual([work.selected, work.tree.nodes["b-2"]], ["b-2", { kind: "instruction", text: "b" }]);
});

test("undo brings back the tree that was not chosen", () => {
  const { work } = begin("b");
  const { b: _, ...nodes } = base.nodes, theirs = { ...base, nodes };
  work.choose(theirs, base);
  assert.deepEqual([work.tree, work.selected], [theirs, "a"]);
  work.undo();
  assert.equal(work.tree, base);
});

test("a selected node that is gone is followed by the first", () => {
  const { work } = begin("b");
  const { b: _, ...nodes } = base.nodes;
  work.edit({ ...base, nodes });
  work.keepSelected();
  assert.equal(work.selected, "a");
});
