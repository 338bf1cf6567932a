// How a flow can end, and whether a sub-flow that leads into it has an outcome for that. Pure.

import { changeNode, offered } from "./tree.js";

/** @typedef {import("./tree.js").Tree} Tree */

const LABEL_CHARACTERS = 200;
const ENDINGS = /** @type {Record<string, string>} */ ({ resolution: "Solved", escalation: "Handed over" });

/** The ends of a flow that a path leads to, in the order of the paths. @param {Tree} tree @returns {{kind: string, word: string, text: string}[]} */
export function exitsOf(tree) {
  const pending = tree.root in tree.nodes ? [tree.root] : [], reached = new Set(pending);
  for (const id of pending) {
    for (const { next } of offered(tree.nodes[id])) {
      if (reached.has(next) || !(next in tree.nodes)) continue;
      reached.add(next);
      pending.push(next);
    }
  }
  const ends = pending.map((id) => tree.nodes[id]).filter(({ kind }) => kind in ENDINGS);
  return ends.map(({ kind, text }) => ({ kind, word: ENDINGS[kind], text }));
}

/** Add an outcome for each end that has none, which leads nowhere yet. @param {Tree} tree @param {string} id of the sub-flow @param {{text: string}[]} exits */
export function addOutcomes(tree, id, exits) {
  const outcomes = offered(tree.nodes[id]), taken = new Set(outcomes.map(({ label }) => label.toLowerCase()));
  const added = [];
  for (const { text } of exits) {
    const label = text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text;
    if (taken.has(label.toLowerCase())) continue;
    taken.add(label.toLowerCase());
    added.push({ label, next: "" });
  }
  return changeNode(tree, id, { outcomes: [...outcomes, ...added] });
}
