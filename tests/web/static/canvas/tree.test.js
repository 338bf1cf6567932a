import assert from "node:assert/strict";
import test from "node:test";

import {
  addChoice, addNode, changeChoice, changeNode, isSame, moveChoice, offered, removeChoice, removeNode, setKind, unstorable,
} from "../../../../flowpilot/web/static/canvas/model/tree.js";
import { treeOf } from "./trees.js";

const tree = treeOf({ a: ["b", "c"], b: [], c: [] });

/** @param {import("../../../../flowpilot/web/static/canvas/model/tree.js").Tree} edited */
const choicesOfA = (edited) => offered(edited.nodes.a).map(({ label, next }) => `${label} → ${next}`);

test("an edit returns a new tree and leaves the old one", () => {
  const before = structuredClone(tree);
  changeNode(tree, "a", { text: "new" });
  moveChoice(tree, "a", 0, 1);
  addNode(tree, "question", "new");
  removeNode(tree, "b");
  assert.deepEqual(tree, before);
});

test("an edit keeps what this page does not know", () => {
  const known = changeNode(tree, "a", /** @type {any} */ ({ later: { thing: 1 } }));
  for (const edited of [changeNode(known, "a", { text: "x" }), setKind(known, "a", "checklist"), addChoice(known, "a", "b")]) {
    assert.deepEqual(/** @type {any} */ (edited.nodes.a).later, { thing: 1 });
  }
});

test("choices are changed, moved, added and removed in their place", () => {
  assert.deepEqual(choicesOfA(changeChoice(tree, "a", 1, { next: "b" })), ["b → b", "c → b"]);
  assert.deepEqual(choicesOfA(moveChoice(tree, "a", 1, -1)), ["c → c", "b → b"]);
  assert.deepEqual(choicesOfA(addChoice(tree, "a", "c")), ["b → b", "c → c", "Choice 3 → c"]);
  assert.deepEqual(choicesOfA(removeChoice(tree, "a", 0)), ["c → c"]);
});

test("a new label is one that the node does not have", () => {
  const taken = changeChoice(tree, "a", 0, { label: "Choice 3" });
  assert.deepEqual(choicesOfA(addChoice(taken, "a", "c"))[2], "Choice 4 → c");
});

test("another kind takes its choices along, under the name that kind has for them", () => {
  const instruction = setKind(tree, "a", "instruction");
  assert.equal(instruction.nodes.a.choices, undefined);
  assert.deepEqual(instruction.nodes.a.outcomes, tree.nodes.a.choices);
  assert.deepEqual(setKind(instruction, "a", "question").nodes.a.choices, tree.nodes.a.choices);
});

test("what only the old kind can have goes with it", () => {
  const full = changeNode(changeNode(tree, "b", { kind: "checklist", sections: [{ title: "To do" }] }), "c", { kind: "subflow", flow: "7" });
  assert.equal(setKind(full, "b", "question").nodes.b.sections, undefined);
  assert.equal(setKind(full, "c", "question").nodes.c.flow, undefined);
  assert.deepEqual(setKind(full, "b", "checklist").nodes.b.sections, [{ title: "To do" }]);
});

test("a new node is named after its text, and never like another or a missing one", () => {
  assert.equal(addNode(tree, "instruction", "Überprüfe das Kabel!")[1], "uberprufe-das-kabel");
  assert.equal(addNode(tree, "instruction", "B")[1], "b-2");
  assert.equal(addNode(tree, "instruction", "重启")[1], "instruction");
  assert.equal(addNode(removeNode(tree, "b"), "instruction", "B")[1], "b-2");
});

test("the first node is where the flow begins", () => {
  assert.deepEqual(addNode({ root: "gone", nodes: {} }, "question", "Is it on?")[0].root, "is-it-on");
  assert.equal(addNode(tree, "question", "Is it on?")[0].root, "a");
});

test("two trees are the same if the server would store the same", () => {
  assert.ok(isSame({ text: " a\r\nb ", help: "", open: false, choices: [] }, { text: "a\nb" }));
  assert.ok(isSame({ kind: "question", text: "a" }, { text: "a", kind: "question" }));
  assert.ok(!isSame(tree, changeNode(tree, "a", { open: true })));
  assert.ok(!isSame(tree, moveChoice(tree, "a", 0, 1)));
});

test("a field takes text if it does not say what", () => {
  assert.ok(isSame({ fields: [{ name: "a", label: "A", kind: "text" }] }, { fields: [{ name: "a", label: "A" }] }));
});

test("what the server could not store is found at its node", () => {
  assert.equal(unstorable(tree), null);
  assert.deepEqual(unstorable(changeNode(tree, "b", { text: " \n" })), { id: "b", why: "has no text" });
  assert.deepEqual(unstorable(changeChoice(tree, "a", 1, { label: "" })), { id: "a", why: "has a choice without a label" });
  const item = { id: "i", text: "" };
  assert.equal(unstorable(changeNode(tree, "a", { sections: [{ title: "" }] }))?.why, "has a section without a title");
  assert.equal(unstorable(changeNode(tree, "a", { sections: [{ title: "To do", items: [item] }] }))?.why, "has an item without a text");
  assert.equal(unstorable(changeNode(tree, "a", { fields: [{ name: "pc", label: "" }] }))?.why, "has a field without a label");
  assert.match(unstorable(changeNode(tree, "a", { fields: [{ name: "My PC", label: "PC" }] }))?.why ?? "", /cannot be called “My PC”/);
});
