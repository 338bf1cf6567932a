// Trees for the tests of the canvas.

/** @typedef {import("../../../../flowpilot/web/static/canvas/model/tree.js").Tree} Tree */

/** A tree of questions whose choices are named after what they lead to: `treeOf({a: ["b"], b: []})` begins at a. @param {Record<string, string[]>} leads @returns {Tree} */
export function treeOf(leads) {
  const nodes = Object.entries(leads).map(([id, targets]) => [
    id, { kind: "question", text: id, choices: targets.map((next) => ({ label: next, next })) },
  ]);
  return { root: Object.keys(leads)[0], nodes: Object.fromEntries(nodes) };
}
