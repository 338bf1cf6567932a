import assert from "node:assert/strict";
import test from "node:test";

import {
  addItem, addSection, changeItem, changeSection, MOST_ITEMS, moveItem, moveSection, placeAfterMove, removeItem, removeSection, sectionsOf,
} from "../../../../flowpilot/web/static/canvas/model/checklist.js";

/** @typedef {import("../../../../flowpilot/web/static/canvas/model/tree.js").Tree} Tree */

/** @param {Record<string, string[]>} sections titles with the texts of their items, which are their ids, too @returns {Tree} */
function checklistOf(sections) {
  const written = Object.entries(sections).map(([title, texts]) => ({ title, items: texts.map((text) => ({ id: text, text })) }));
  return { root: "a", nodes: { a: { kind: "checklist", text: "Set it up.", sections: written } } };
}

/** @param {Tree} tree */
const written = (tree) => sectionsOf(tree, "a").map(({ title, items = [] }) => [title, ...items.map(({ text }) => text)].join(" "));

const tree = checklistOf({ Before: ["x", "y"], After: ["z"] });

test("sections are added with an item, moved, named and removed", () => {
  assert.deepEqual(written(addSection(tree, "a")), ["Before x y", "After z", "More to do Item 4"]);
  assert.deepEqual(written(moveSection(tree, "a", 1, -1)), ["After z", "Before x y"]);
  assert.deepEqual(written(changeSection(tree, "a", 1, { title: "Later" })), ["Before x y", "Later z"]);
  assert.deepEqual(written(removeSection(tree, "a", 0)), ["After z"]);
});

test("the first section is called as the list calls it, and each by its own name", () => {
  const none = { root: "a", nodes: { a: { kind: "checklist", text: "Set it up." } } };
  assert.deepEqual(written(addSection(addSection(addSection(none, "a"), "a"), "a")), ["To do Item 1", "More to do Item 2", "More to do 2 Item 3"]);
});

test("items are added with an id of their own, changed and removed", () => {
  const grown = addItem(addItem(tree, "a", 0), "a", 1);
  const ids = sectionsOf(grown, "a").flatMap(({ items = [] }) => items.map(({ id }) => id));
  assert.deepEqual(ids, ["x", "y", "item", "z", "item-2"]);
  assert.deepEqual(sectionsOf(changeItem(tree, "a", 0, 1, { required: true }), "a")[0].items, [{ id: "x", text: "x" }, { id: "y", text: "y", required: true }]);
  assert.deepEqual(written(removeItem(tree, "a", 0, 0)), ["Before y", "After z"]);
});

test("an item is moved within its section, and at its end into the next", () => {
  assert.deepEqual(written(moveItem(tree, "a", 0, 0, 1)), ["Before y x", "After z"]);
  assert.deepEqual(written(moveItem(tree, "a", 0, 1, 1)), ["Before x", "After y z"]);
  assert.deepEqual(written(moveItem(tree, "a", 1, 0, -1)), ["Before x y z", "After"]);
});

test("an item is not moved beyond the list, nor into a section that is full", () => {
  assert.equal(placeAfterMove(tree, "a", 0, 0, -1), null);
  assert.equal(placeAfterMove(tree, "a", 1, 0, 1), null);
  const full = checklistOf({ Before: Array.from({ length: MOST_ITEMS }, (_, n) => `i${n}`), After: ["z"] });
  assert.equal(placeAfterMove(full, "a", 1, 0, -1), null);
  assert.equal(moveItem(full, "a", 1, 0, -1), full);
});
