import assert from "node:assert/strict";
import test from "node:test";

import { addField, changeField, choicesIn, fieldsOf, moveField, removeField, renameField } from "../../../../flowpilot/web/static/canvas/model/fields.js";

/** @typedef {import("../../../../flowpilot/web/static/canvas/model/tree.js").Tree} Tree */

/** Nodes with these texts; the first asks for the fields. @param {string[]} texts @param {[string, string][]} fields name and label @returns {Tree} */
function treeOf(texts, fields) {
  const nodes = Object.fromEntries(texts.map((text, n) => [`n${n}`, /** @type {any} */ ({ kind: "instruction", text })]));
  nodes.n0.fields = fields.map(([name, label]) => ({ name, label }));
  return { root: "n0", nodes };
}

/** @param {Tree} tree */
const names = (tree) => fieldsOf(tree, "n0").map(({ name }) => name);

test("a field is added with a label and a name of its own", () => {
  const tree = treeOf(["Ask."], [["field_2", "Other"]]);
  assert.deepEqual(fieldsOf(addField(tree, "n0"), "n0")[1], { name: "field_2_2", label: "Field 2", kind: "text" });
});

test("a name follows its label", () => {
  const tree = addField(treeOf(["Ask."], []), "n0");
  assert.deepEqual(names(changeField(tree, "n0", 0, { label: "Größe in cm" })), ["groe_in_cm"]);
});

test("a name stays if a text uses it, or if a person has chosen it", () => {
  const used = treeOf(["Label {{ pc_name }}."], [["pc_name", "PC name"]]);
  assert.deepEqual(names(changeField(used, "n0", 0, { label: "Computer" })), ["pc_name"]);
  const chosen = treeOf(["Ask."], [["pc", "PC name"]]);
  assert.deepEqual(names(changeField(chosen, "n0", 0, { label: "Computer" })), ["pc"]);
});

test("a label without letters still gives a name that can be stored", () => {
  const tree = treeOf(["Ask."], [["field", "名前"]]);
  assert.deepEqual(names(changeField(tree, "n0", 0, { label: "42" })), ["field"]);
});

test("a field that is renamed is renamed wherever it is used", () => {
  const tree = treeOf(["Name it {{pc}}.", "Join {{ pc }} and {{pc2}}."], [["pc", "PC"]]);
  const list = { title: "For {{pc}}", items: [{ id: "i", text: "Label {{pc}}", help: "{{pc}}" }] };
  Object.assign(tree.nodes.n1, { help: "See {{pc}}.", sections: [list] });
  const renamed = renameField(tree, "n0", 0, "computer");
  assert.equal(renamed.nodes.n0.text, "Name it {{computer}}.");
  assert.equal(renamed.nodes.n1.text, "Join {{computer}} and {{pc2}}.");
  assert.equal(renamed.nodes.n1.help, "See {{computer}}.");
  assert.deepEqual(renamed.nodes.n1.sections, [{ title: "For {{computer}}", items: [{ id: "i", text: "Label {{computer}}", help: "{{computer}}" }] }]);
});

test("texts keep a name by which another node asks, too", () => {
  const tree = treeOf(["Name it {{pc}}.", "Check."], [["pc", "PC"]]);
  tree.nodes.n1.fields = [{ name: "pc", label: "PC" }];
  assert.equal(renameField(tree, "n0", 0, "computer").nodes.n0.text, "Name it {{pc}}.");
});

test("fields are moved and removed in their place", () => {
  const tree = treeOf(["Ask."], [["a", "A"], ["b", "B"], ["c", "C"]]);
  assert.deepEqual(names(moveField(tree, "n0", 2, -1)), ["a", "c", "b"]);
  assert.deepEqual(names(removeField(tree, "n0", 1)), ["a", "c"]);
});

test("choices are one a line, without what is empty", () => {
  assert.deepEqual(choicesIn(" Windows \n\nmacOS\n"), ["Windows", "macOS"]);
});
