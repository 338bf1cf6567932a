// The keyboard on the canvas. Undo and redo also work in the fields, where the browser's own would know half of it.

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
 * @param {HTMLElement} root
 * @param {ReturnType<typeof import("./drawing/view.js").view>} drawn
 * @param {() => {tree: import("./model/tree.js").Tree, selected: string | null}} state
 * @param {Actions} act
 * @param {AbortSignal} gone when the canvas is left
 */
export function keys(root, drawn, state, act, gone) {
  document.addEventListener("keydown", (event) => {
    // Without a focus, keys are for the canvas too, but not those of another part of the page.
    if (event.target !== document.body && !root.contains(/** @type {Node} */ (event.target))) return;
    const command = event.ctrlKey || event.metaKey, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const done = command ? undoing(key, event.shiftKey) : onCanvas(event.target) ? plain(key) : key === "Escape" && leaving(event.target);
    if (done) event.preventDefault();
  }, { signal: gone });

  /** @param {EventTarget | null} target */
  function leaving(target) {
    if (!(target instanceof Element && target.closest("[data-panel]"))) return false;
    act.back();
    return true;
  }

  /** @param {string} key @param {boolean} shifted */
  function undoing(key, shifted) {
    if (key === "z") (shifted ? act.redo : act.undo)();
    else if (key === "y") act.redo();
    else return false;
    return true;
  }

  /** @param {EventTarget | null} target */
  const onCanvas = (target) => target instanceof Element && Boolean(target.closest(".canvas-port-view"));

  /** @param {string} key */
  function plain(key) {
    const { selected } = state();
    const next = key.startsWith("Arrow") && selected !== null ? neighbour(key, selected) : null;
    if (next) act.go(next);
    else if (key === "Enter" || key === " ") act.write();
    else if (key === "Delete" || key === "Backspace") act.remove();
    else if (key === "n") act.add();
    else if (key === "f") act.fit();
    else if (key === "+" || key === "=") act.closer();
    else if (key === "-") act.farther();
    else return key.startsWith("Arrow");
    return true;
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
