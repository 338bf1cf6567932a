// Two people have changed the same draft: what each changed, and both together if that is possible. Pure.

import { isSame } from "./tree.js";

/** @typedef {import("./tree.js").Tree} Tree */

/** The nodes that differ; the place where the flow begins is called "". @param {Tree} one @param {Tree} other @returns {Set<string>} */
function changed(one, other) {
  const ids = new Set([...Object.keys(one.nodes), ...Object.keys(other.nodes)]);
  const differing = [...ids].filter((id) => !isSame(one.nodes[id] ?? null, other.nodes[id] ?? null));
  return new Set(one.root === other.root ? differing : ["", ...differing]);
}

/**
 * What was changed since the tree that both began with. `both` is null if a node was changed by both sides, differently.
 * @param {Tree} base @param {Tree} mine @param {Tree} theirs
 */
export function compare(base, mine, theirs) {
  const byMe = changed(base, mine), byThem = changed(base, theirs), apart = changed(mine, theirs);
  const twice = [...byMe].filter((id) => byThem.has(id) && apart.has(id));
  return { mine: [...byMe], theirs: [...byThem], twice, both: twice.length ? null : joined(mine, theirs, byThem) };
}

/** @param {Tree} mine @param {Tree} theirs @param {Set<string>} byThem @returns {Tree} */
function joined(mine, theirs, byThem) {
  const nodes = { ...mine.nodes };
  for (const id of byThem) {
    if (id in theirs.nodes) nodes[id] = theirs.nodes[id];
    else delete nodes[id];
  }
  return { ...mine, root: byThem.has("") ? theirs.root : mine.root, nodes };
}
