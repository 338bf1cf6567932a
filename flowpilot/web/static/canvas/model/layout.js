// Where the nodes are drawn. Pure. The same rules as those of the flow's page (flows/checking/numbering.py): each step is
// a column, a node is placed where it is reached in the fewest steps, and what a node offers stays in its order.

import { offered } from "./tree.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {{number: number, depth: number, parent: string | null}} Place
 * @typedef {{x: number, y: number}} Point
 */

export const WIDTH = 250;
const GAP = 84, BETWEEN = 22, MARGIN = 24;

/** The nodes in reading order: from the root, then those that no path leads to. @param {Tree} tree @returns {Map<string, Place>} */
export function read(tree) {
  const parents = shortestPaths(tree);
  /** @type {Map<string, Place>} */
  const places = new Map();
  const tops = [...parents].filter(([, parent]) => parent === null).map(([id]) => id);
  const stack = tops.reverse();
  while (stack.length) {
    const id = /** @type {string} */ (stack.pop()), parent = parents.get(id) ?? null;
    places.set(id, { number: places.size + 1, parent, depth: parent === null ? 0 : depthOf(places, parent) + 1 });
    stack.push(...targets(tree, id).filter((target) => parents.get(target) === id).reverse());
  }
  return places;
}

/** @param {Map<string, Place>} places @param {string} id */
const depthOf = (places, id) => places.get(id)?.depth ?? 0;

/** The nodes that a node leads to, once each. @param {Tree} tree @param {string} id */
const targets = (tree, id) => [...new Set(offered(tree.nodes[id]).map(({ next }) => next))].filter((next) => next in tree.nodes);

/** The node from which each is reached first; null where a part of the flow begins. @param {Tree} tree */
function shortestPaths(tree) {
  /** @type {Map<string, string | null>} */
  const parents = new Map();
  const starts = [...(tree.root in tree.nodes ? [tree.root] : []), ...unreached(tree)];
  for (const start of starts) {
    if (parents.has(start)) continue;
    parents.set(start, null);
    const pending = [start];
    for (const id of pending) {
      for (const target of targets(tree, id)) {
        if (parents.has(target)) continue;
        parents.set(target, id);
        pending.push(target);
      }
    }
  }
  return parents;
}

/** Nodes that nothing leads to come before those that only lead to each other. @param {Tree} tree */
function unreached(tree) {
  const led = new Set(Object.keys(tree.nodes).flatMap((id) => targets(tree, id).filter((target) => target !== id)));
  const ids = Object.keys(tree.nodes).sort();
  return [...ids.filter((id) => !led.has(id)), ...ids];
}

/**
 * The top left corner of each node, and the size of the whole.
 * @param {Map<string, Place>} places in reading order @param {(id: string) => number} heightOf
 */
export function arrange(places, heightOf) {
  /** @type {Map<string, Point>} */
  const corners = new Map();
  /** @type {number[]} */
  let bottoms = [];
  let width = 0, height = MARGIN;
  for (const [id, { depth, parent }] of places) {
    // A part of the flow that no path leads to is below everything else.
    if (parent === null && corners.size) bottoms = [height + BETWEEN];
    const above = parent === null ? (bottoms[0] ?? MARGIN) : (corners.get(parent)?.y ?? MARGIN);
    const corner = { x: MARGIN + depth * (WIDTH + GAP), y: Math.max(above, bottoms[depth] ?? 0) };
    corners.set(id, corner);
    const bottom = corner.y + heightOf(id);
    bottoms[depth] = bottom + BETWEEN;
    width = Math.max(width, corner.x + WIDTH);
    height = Math.max(height, bottom);
  }
  return { corners, width: width + MARGIN, height: height + MARGIN };
}
