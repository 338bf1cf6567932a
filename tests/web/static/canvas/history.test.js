import assert from "node:assert/strict";
import test from "node:test";

import { remember } from "../../../../flowpilot/web/static/canvas/model/history.js";

test("undo goes back one edit at a time, and redo forward again", () => {
  const past = remember("a");
  past.push("b");
  past.push("c");
  assert.equal(past.undo(), "b");
  assert.equal(past.undo(), "a");
  assert.equal(past.undo(), null);
  assert.equal(past.redo(), "b");
  assert.equal(past.redo(), "c");
  assert.equal(past.redo(), null);
});

test("what can be undone and redone is known", () => {
  const past = remember("a");
  assert.deepEqual([past.canUndo, past.canRedo], [false, false]);
  past.push("b");
  assert.deepEqual([past.canUndo, past.canRedo], [true, false]);
  past.undo();
  assert.deepEqual([past.canUndo, past.canRedo], [false, true]);
});

test("a new edit takes the place of what was undone", () => {
  const past = remember("a");
  past.push("b");
  past.undo();
  past.push("c");
  assert.equal(past.redo(), null);
  assert.equal(past.undo(), "a");
});

test("what is typed into one field within a moment is one edit", () => {
  const past = remember("");
  past.push("p", "text", 0);
  past.push("pr", "text", 1200);
  past.push("print", "text", 2401);
  assert.equal(past.undo(), "pr");
  assert.equal(past.undo(), "");
});

test("typing in another field, or again after an undo, is an edit of its own", () => {
  const past = remember("");
  past.push("a", "text", 0);
  past.push("ab", "help", 1);
  assert.equal(past.undo(), "a");
  past.push("ac", "text", 2);
  assert.equal(past.undo(), "a");
});

test("edits without a key are never joined", () => {
  const past = remember("a");
  past.push("b", "", 0);
  past.push("c", "", 0);
  assert.equal(past.undo(), "b");
});

test("what the present remembers beside the edit is changed without an edit", () => {
  const past = remember({ tree: 1, selected: "a" });
  past.amend({ tree: 1, selected: "b" });
  assert.equal(past.canUndo, false);
  past.push({ tree: 2, selected: "b" });
  assert.deepEqual(past.undo(), { tree: 1, selected: "b" });
});
