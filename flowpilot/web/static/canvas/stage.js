// The diagram with the form beside it. Both show the selected node.

import { drag } from "./drawing/drag.js";
import { view } from "./drawing/view.js";
import { zoom } from "./drawing/zoom.js";
import { panel } from "./panel/form.js";

/** @typedef {import("./main.js").Page} Page */

/**
 * @param {Page} page
 * @param {ReturnType<typeof import("./model/edits.js").editing>} work
 * @param {() => Map<string, string[]>} problemsByNode
 */
export function stage({ part, given, flows }, work, problemsByNode) {
  const drawn = view(part("board"), part("lines"), part("icons"));
  const zoomed = zoom(part("view"), part("sizer"), part("board"), () => drawn.size);
  const form = panel(part("panel"), work, { flow_id: given.flow_id, flows, zone: given.zone });

  function show() {
    work.keepSelected();
    const { tree, selected } = work, problems = problemsByNode();
    drawn.draw({ tree, selected, problems, traffic: given.traffic, flows });
    zoomed.apply();
    form.show(drawn.places, (selected && problems.get(selected)) || []);
    allow(part("undo"), work.canUndo);
    allow(part("redo"), work.canRedo);
    part("empty").hidden = Object.keys(tree.nodes).length > 0;
  }

  const card = () => (work.selected === null ? undefined : drawn.cardOf(work.selected));
  const focusCard = () => card()?.focus({ preventScroll: true });

  function reveal() {
    const at = drawn.corners.get(String(work.selected)), shown = card();
    if (at && shown) zoomed.reveal({ ...at, width: shown.offsetWidth, height: shown.offsetHeight });
  }

  /** @param {string | null} id @param {boolean} [focused] */
  function select(id, focused = false) {
    work.select(id);
    show();
    if (focused) focusCard();
    reveal();
  }

  return {
    show, reveal, select, focusCard, form, zoomed, drawn,
    /** The number of a node in the diagram. @param {string | null | undefined} id */
    numberOf: (id) => drawn.places.get(id ?? "")?.number,
    /** @param {(id: string, index: number, target: string | null) => void} connect */
    letDrag: (connect) => drag(part("board"), part("trace"), zoomed, drawn, connect),
  };
}

/** A button keeps the focus, even if it has nothing left to do. @param {HTMLElement} button @param {boolean} isAllowed */
function allow(button, isAllowed) {
  button.setAttribute("aria-disabled", String(!isAllowed));
  button.classList.toggle("disabled", !isAllowed);
}
