// Drag from a choice to another node: it leads there then. On the empty canvas it leads to a new node.

import { curve } from "./view.js";

const NEAR_PX = 6;

/**
 * @param {HTMLElement} board
 * @param {SVGPathElement} trace the line while it is dragged
 * @param {ReturnType<typeof import("./zoom.js").zoom>} zoomed
 * @param {ReturnType<typeof import("./view.js").view>} drawn
 * @param {(id: string, index: number, target: string | null) => void} connect
 */
export function drag(board, trace, zoomed, drawn, connect) {
  board.addEventListener("pointerdown", (down) => {
    const port = /** @type {HTMLElement | null} */ (/** @type {Element} */ (down.target).closest("[data-port]"));
    const card = /** @type {HTMLElement | null} */ (port?.closest("[data-node]") ?? null);
    if (!port || !card || down.button !== 0) return;
    down.preventDefault();
    down.stopPropagation();
    const id = String(card.dataset.node), index = Number(port.dataset.port);
    /** @type {HTMLElement | null} */
    let over = null;
    let isDragged = false;

    /** @param {PointerEvent} move */
    function follow(move) {
      isDragged ||= Math.hypot(move.clientX - down.clientX, move.clientY - down.clientY) > NEAR_PX;
      const from = drawn.portAt(id, index);
      if (!from || !isDragged) return;
      over?.classList.remove("is-target");
      const under = document.elementFromPoint(move.clientX, move.clientY);
      over = /** @type {HTMLElement | null} */ (under?.closest(".canvas-node") ?? null);
      over?.classList.add("is-target");
      trace.setAttribute("d", curve(from, zoomed.pointAt(move)));
    }

    /** @param {PointerEvent | KeyboardEvent} event */
    function end(event) {
      for (const kind of ["pointermove", "pointerup", "pointercancel"]) removeEventListener(kind, /** @type {any} */ (kind === "pointermove" ? follow : end));
      removeEventListener("keydown", escape, true);
      over?.classList.remove("is-target");
      trace.setAttribute("d", "");
      if (event.type !== "pointerup" || !isDragged) return;
      const isOnCanvas = document.elementFromPoint(/** @type {PointerEvent} */ (event).clientX, /** @type {PointerEvent} */ (event).clientY)?.closest(".canvas-port-view");
      if (over) connect(id, index, String(over.dataset.node));
      else if (isOnCanvas) connect(id, index, null);
    }

    /** @param {KeyboardEvent} event */
    function escape(event) {
      if (event.key === "Escape") end(event);
    }

    addEventListener("pointermove", follow);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
    addEventListener("keydown", escape, true);
  });
}
