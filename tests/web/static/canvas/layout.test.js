import assert from "node:assert/strict";
import test from "node:test";

import { arrange, read, WIDTH } from "../../../../flowpilot/web/static/canvas/model/layout.js";
import { treeOf } from "./trees.js";

/** @param {Record<string, string[]>} leads */
const placesOf = (leads) => [...read(treeOf(leads))].map(([id, { number, depth, parent }]) => [id, number, depth, parent]);

test("a node is placed on its shortest path, and read in the order of the choices", () => {
  assert.deepEqual(placesOf({ a: ["b", "c"], b: ["d"], c: ["d", "e"], d: ["e"], e: [] }), [
    ["a", 1, 0, null], ["b", 2, 1, "a"], ["d", 3, 2, "b"], ["c", 4, 1, "a"], ["e", 5, 2, "c"],
  ]);
});

test("parts that no path leads to come last, from where they begin", () => {
  assert.deepEqual(placesOf({ a: [], lost: [], lone: ["lost"] }), [
    ["a", 1, 0, null], ["lone", 2, 0, null], ["lost", 3, 1, "lone"],
  ]);
});

test("nodes that only lead to each other are placed, too", () => {
  assert.deepEqual(placesOf({ a: [], b: ["c"], c: ["b"] }), [["a", 1, 0, null], ["b", 2, 0, null], ["c", 3, 1, "b"]]);
});

test("choices that lead nowhere, or back, place nothing twice", () => {
  assert.deepEqual(placesOf({ a: ["gone", "a", "b"], b: ["a"] }), [["a", 1, 0, null], ["b", 2, 1, "a"]]);
});

test("a tree without nodes, or with a root that is gone, can be read", () => {
  assert.deepEqual([...read({ root: "a", nodes: {} })], []);
  const [[id]] = read({ ...treeOf({ a: [] }), root: "gone" });
  assert.equal(id, "a");
});

test("each step is a column, and no card lies on another", () => {
  const places = read(treeOf({ a: ["b", "c", "d"], b: ["e", "f"], c: ["g"], d: [], e: [], f: [], g: [], lone: [] }));
  /** @param {string} id */
  const heightOf = (id) => 60 + 25 * id.charCodeAt(0) % 90;
  const { corners, width, height } = arrange(places, heightOf);
  const boxes = [...corners].map(([id, { x, y }]) => ({ id, left: x, top: y, right: x + WIDTH, bottom: y + heightOf(id) }));
  for (const one of boxes) {
    assert.ok(one.right < width && one.bottom < height, `${one.id} is outside`);
    for (const other of boxes) {
      const apart = one.right < other.left || other.right < one.left || one.bottom < other.top || other.bottom < one.top;
      assert.ok(one === other || apart, `${one.id} lies on ${other.id}`);
    }
  }
  assert.equal(new Set(boxes.map(({ left }) => left)).size, 3);
});
