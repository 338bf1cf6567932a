// The keyboard on the canvas. Undo and redo also work in the fields, where the browser's own would know half of it. One table
// says what each key does, for the press and for the page's list of keys (static/keys.js).

import { offered } from "./model/tree.js";

/**
 * @typedef {object} Actions
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} remove
 * @property {() => void} add
 * @property {() => void} write go on to the fields
 * @property {() => void} back from the fields to the node
 * @property {(id: string) => void} go select a node, with the focus on it
 * @property {() => void} fit
 * @property {() => void} closer
 * @property {() => void} farther
 *
 * @typedef {object} Entry
 * @property {string[]} names how a key event calls the keys
 * @property {string} shown how the list does
 * @property {string} does
 * @property {(key: string) => void} act
 * @property {() => boolean} [can] whether it does anything now; always, if there is none
 *
 * @param {HTMLElement} root
 * @param {ReturnType<typeof import("./drawing/view.js").view>} drawn
 * @param {() => {tree: import("./model/tree.js").Tree, selected: string | null, canUndo: boolean, canRedo: boolean}} state
 * @param {Actions} act
 * @param {AbortSignal} gone when the canvas is left
 */
export function keys(root, drawn, state, act, gone) {
  const hasNode = () => state().selected !== null;
  /** @type {Entry[]} */
  const onDiagram = [
    { names: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], shown: "← → ↑ ↓", does: "go from node to node", can: hasNode, act: go },
    { names: ["Enter", " "], shown: "Enter", does: "edit the node", can: hasNode, act: act.write },
    { names: ["n"], shown: "n", does: "add a node", act: act.add },
    { names: ["Delete", "Backspace"], shown: "Del", does: "remove the node", can: hasNode, act: act.remove },
    { names: ["f"], shown: "f", does: "show all of it", act: act.fit },
    { names: ["+", "="], shown: "+", does: "zoom in", act: act.closer },
    { names: ["-"], shown: "-", does: "zoom out", act: act.farther },
  ];
  /** @type {Entry[]} */
  const withCommand = [
    { names: ["z"], shown: "Ctrl Z", does: "Undo", can: () => state().canUndo, act: act.undo },
    { names: ["y", "Z"], shown: "Ctrl Y", does: "Redo", can: () => state().canRedo, act: act.redo },
  ];

  document.addEventListener("keydown", (event) => {
    // Without a focus, keys are for the canvas too, but not those of another part of the page.
    if (event.target !== document.body && !root.contains(/** @type {Node} */ (event.target))) return;
    const command = event.ctrlKey || event.metaKey, letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const key = command && event.shiftKey && letter === "z" ? "Z" : letter;
    const found = command ? withCommand : onCanvas(event.target) ? onDiagram : [];
    const entry = found.find(({ names }) => names.includes(key));
    if (entry) entry.act(key);
    if (entry || (!command && key === "Escape" && leaving(event.target))) event.preventDefault();
  }, { signal: gone });
  document.addEventListener("keys-asked", (event) => {
    const list = /** @type {CustomEvent<string[][]>} */ (event).detail;
    const here = (/** @type {Entry[]} */ entries) => entries.filter(({ can }) => can?.() ?? true);
    list.push(...here(onDiagram).map(({ shown, does }) => [shown, `In the diagram: ${does}`]));
    list.push(...here(withCommand).map(({ shown, does }) => [shown, does]));
  }, { signal: gone });

  /** @param {EventTarget | null} target */
  function leaving(target) {
    if (!(target instanceof Element && target.closest("[data-panel]"))) return false;
    act.back();
    return true;
  }

  /** @param {EventTarget | null} target */
  const onCanvas = (target) => target instanceof Element && Boolean(target.closest(".canvas-port-view"));

  /** @param {string} key */
  function go(key) {
    const { selected } = state();
    const next = selected === null ? null : neighbour(key, selected);
    if (next) act.go(next);
  }

  /** The node that an arrow leads to: along the lines, or to the one above or below in the same column. @param {string} key @param {string} id */
  function neighbour(key, id) {
    const { tree } = state(), place = drawn.places.get(id);
    if (!place) return null;
    if (key === "ArrowLeft") return place.parent ?? leadingTo(id);
    if (key === "ArrowRight") return offered(tree.nodes[id]).map(({ next }) => next).find((next) => next in tree.nodes) ?? null;
    const column = [...drawn.places].filter(([, { depth }]) => depth === place.depth).map(([one]) => one);
    return column[column.indexOf(id) + (key === "ArrowDown" ? 1 : -1)] ?? null;
  }

  /** @param {string} id */
  function leadingTo(id) {
    const { nodes } = state().tree;
    return Object.keys(nodes).find((one) => offered(nodes[one]).some(({ next }) => next === id)) ?? null;
  }
}
