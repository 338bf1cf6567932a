// What is edited: the tree, the selected node, and the way back and forth. Pure: it knows no page.

import { remember } from "./history.js";
import { read } from "./layout.js";
import { addChoice, addNode, changeChoice, isEnd, offered, removeNode } from "./tree.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {{tree: Tree, selected: string | null}} State
 * @typedef {{key?: string, select?: string | null}} More `key`: what is typed into; edits with the same key are one, if they follow each other at once
 */

/** @type {Record<string, string>} */
const NEW_TEXT = {
  question: "New question", instruction: "New instruction", checklist: "New checklist", subflow: "Another flow",
  resolution: "Solved", escalation: "Hand over",
};

/**
 * @param {State} first
 * @param {(isTyped: boolean) => void} onEdit after each edit, also after one that was taken back
 */
export function editing(first, onEdit) {
  const past = remember(first);
  let now = first;

  /** @param {Tree} tree @param {More} [more] */
  function edit(tree, { key = "", select: chosen = now.selected } = {}) {
    now = { tree, selected: chosen };
    past.push(now, key);
    onEdit(Boolean(key));
  }

  /** @param {State | null} to */
  function travel(to) {
    if (!to) return;
    now = to;
    onEdit(false);
  }

  /** @param {string | null} id */
  function select(id) {
    now = { ...now, selected: id };
    past.amend(now);
  }

  /** Add a node that the selected one leads to; without one, or where the path ends, a separate node. @param {string} kind */
  function add(kind) {
    const [grown, id] = addNode(now.tree, kind, NEW_TEXT[kind]), from = now.selected;
    const leads = from !== null && from in now.tree.nodes && !isEnd(now.tree.nodes[from]);
    edit(leads ? addChoice(grown, from, id) : grown, { select: id });
  }

  /** Remove the selected node, and go back to the one before it. Its number, or null if there was none. */
  function remove() {
    const place = now.selected === null ? undefined : read(now.tree).get(now.selected);
    if (!place) return null;
    edit(removeNode(now.tree, String(now.selected)), { select: place.parent });
    return place.number;
  }

  /** Let a choice lead to a node, or to a new instruction, which its label names then. @param {string} id @param {number} index @param {string | null} target */
  function connect(id, index, target) {
    const [grown, next] = target === null ? addNode(now.tree, "instruction", offered(now.tree.nodes[id])[index].label) : [now.tree, target];
    edit(changeChoice(grown, id, index, { next }), { select: target === null ? next : id });
  }

  return {
    edit, select, add, remove, connect,
    undo: () => travel(past.undo()),
    redo: () => travel(past.redo()),
    /** Show another tree, as if it had been so from the beginning. @param {Tree} tree */
    replace(tree) { now = { tree, selected: tree.root }; },
    /** Go on with one of two trees. Undo brings back the other. @param {Tree} chosen @param {Tree} other */
    choose(chosen, other) {
      past.push({ tree: other, selected: now.selected });
      now = { tree: chosen, selected: now.selected !== null && now.selected in chosen.nodes ? now.selected : chosen.root };
      past.push(now);
    },
    /** Select the first node, if the selected one is not there any more. */
    keepSelected() {
      if (now.selected !== null && !(now.selected in now.tree.nodes)) now = { ...now, selected: read(now.tree).keys().next().value ?? null };
    },
    get tree() { return now.tree; },
    get selected() { return now.selected; },
    get canUndo() { return past.canUndo; },
    get canRedo() { return past.canRedo; },
  };
}
