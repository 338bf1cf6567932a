import assert from "node:assert/strict";
import test from "node:test";

import { screenshotName } from "../../../../flowpilot/web/static/attachments/pasting.js";
import { addFile, asNodeFile, filesOf, MOST_FILES, removeFile } from "../../../../flowpilot/web/static/canvas/model/files.js";
import { setKind } from "../../../../flowpilot/web/static/canvas/model/tree.js";

const TREE = { root: "a", nodes: { a: { kind: "instruction", text: "Look." } } };
const made = (/** @type {string} */ id) => ({ id, name: `${id}.png`, type: "image/png", bytes: 9, width: 4, height: 2, url: "/x", thumbnail_url: "/x/thumbnail" });

test("a node gets what a tree says of a file, and no addresses", () => {
  const tree = addFile(TREE, "a", asNodeFile(made("one")));
  assert.deepEqual(filesOf(tree, "a"), [{ id: "one", name: "one.png", type: "image/png", bytes: 9, width: 4, height: 2 }]);
  assert.deepEqual(filesOf(removeFile(tree, "a", 0), "a"), []);
});

test("a node that is gone gets no file, and none gets too many", () => {
  assert.equal(addFile(TREE, "gone", asNodeFile(made("one"))), TREE);
  let tree = TREE;
  for (let number = 0; number < MOST_FILES + 2; number += 1) tree = addFile(tree, "a", asNodeFile(made(String(number))));
  assert.equal(filesOf(tree, "a").length, MOST_FILES);
});

test("a node of another kind keeps its files", () => {
  const tree = addFile(TREE, "a", asNodeFile(made("one")));
  assert.deepEqual(filesOf(setKind(tree, "a", "question"), "a"), filesOf(tree, "a"));
});

test("a screenshot is called by the time of its account", () => {
  const now = new Date("2026-11-29T03:59:01Z");
  assert.equal(screenshotName(now, "America/Chicago"), "Screenshot 21.59.01.png");
  assert.equal(screenshotName(now, "UTC"), "Screenshot 03.59.01.png");
});
