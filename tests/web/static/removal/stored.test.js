import assert from "node:assert/strict";
import test from "node:test";

import { forget } from "../../../../flowpilot/web/static/removal/stored.js";

class Stored {
  constructor(entries) { this.entries = new Map(Object.entries(entries).map(([key, value]) => [key, JSON.stringify(value)])); }
  get length() { return this.entries.size; }
  key(at) { return [...this.entries.keys()][at]; }
  getItem(key) { return this.entries.get(key) ?? null; }
  setItem(key, value) { this.entries.set(key, value); }
  removeItem(key) { this.entries.delete(key); }
}

test("what was typed and not sent is forgotten if it has the words, and the rest stays", () => {
  const typed = { a: { before: "", value: "It is \"HUNTER2\",\nI think" }, b: { before: "", value: "Restarted it" } };
  const session = new Stored({ "flowpilot-typed": typed });
  forget(session, new Stored({}), ["\"hunter2\", I think"]);
  assert.deepEqual(JSON.parse(session.getItem("flowpilot-typed")), { b: typed.b });
});

test("of flows only unsaved edits with the words are forgotten", () => {
  const tree = (text) => ({ tree: { nodes: { a: { text } } }, at: "2026-01-01" });
  const local = new Stored({
    "flowpilot-theme": "hunter2",
    "flowpilot-draft kim 1": tree("Sign in with hunter2"),
    "flowpilot-draft kim 1 left": [tree("Restart"), tree("hunter2")],
    "flowpilot-draft kim 2": tree("Restart"),
  });
  forget(new Stored({}), local, ["hunter2"]);
  assert.deepEqual([...local.entries.keys()], ["flowpilot-theme", "flowpilot-draft kim 2"]);
});

test("letters alone are whole words, in any form, so nothing that others say is forgotten by chance", () => {
  const typed = { a: { value: "Look at the network" }, b: { value: "It did not WORK." }, c: { value: "Gegenüber STRASSE" } };
  const left = (word) => {
    const session = new Stored({ "flowpilot-typed": typed });
    forget(session, new Stored({}), [word]);
    return Object.keys(JSON.parse(session.getItem("flowpilot-typed"))).join("");
  };
  assert.deepEqual(["work", "ok", "über", "straße", "hun\u200bter2"].map(left), ["ac", "abc", "abc", "ab", "abc"]);
});

test("nothing is forgotten without words", () => {
  const session = new Stored({ "flowpilot-typed": { a: { value: "x" } } });
  forget(session, new Stored({}), [" "]);
  assert.deepEqual(JSON.parse(session.getItem("flowpilot-typed")), { a: { value: "x" } });
});
