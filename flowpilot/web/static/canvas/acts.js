// What buttons, keys and dragging do, by the names of the buttons.

import { offered } from "./model/tree.js";

/**
 * @param {import("./main.js").Page} page
 * @param {ReturnType<typeof import("./model/edits.js").editing>} work
 * @param {ReturnType<typeof import("./stage.js").stage>} staged
 * @param {(words: string) => void} announce
 * @param {() => void} problems leads to what is wrong
 */
export function actsOf({ part }, work, staged, announce, problems) {
  const { form, zoomed, focusCard } = staged;

  /** Undo or redo; the focus stays on the canvas if it was there. @param {() => void} go */
  function travel(go) {
    const onCard = document.activeElement?.closest(".canvas-node");
    go();
    if (onCard) focusCard();
  }

  return {
    undo: () => travel(work.undo),
    redo: () => travel(work.redo),
    add() {
      work.add(part("add-kind").value);
      form.focus();
    },
    remove() {
      const number = work.remove();
      if (number === null) return;
      focusCard();
      announce(`Node ${number} is removed.`);
    },
    /** @param {string} id @param {number} index @param {string | null} target */
    connect(id, index, target) {
      const { label } = offered(work.tree.nodes[id])[index];
      work.connect(id, index, target);
      if (target !== null) return focusCard();
      form.focus();
      announce(`“${label}” leads to a new instruction, node ${staged.numberOf(work.selected)}.`);
    },
    write: () => form.focus(),
    back() {
      form.close();
      focusCard();
    },
    /** @param {string} id */
    go: (id) => staged.select(id, true),
    problems,
    fit: () => zoomed.fit(),
    closer: zoomed.closer,
    farther: zoomed.farther,
    full: () => (document.fullscreenElement ? document.exitFullscreen() : part("stage").requestFullscreen()),
  };
}
