// Zoom and pan: buttons, Ctrl and the wheel, two fingers, and dragging the background. The view scrolls as any page does.

import { fitting, opening } from "../model/fitting.js";

const LEAST = 0.2, MOST = 2, STEP = 1.2;

/**
 * @param {HTMLElement} port what scrolls
 * @param {HTMLElement} sizer as large as the zoomed diagram
 * @param {HTMLElement} board the diagram
 * @param {() => {width: number, height: number}} size of the diagram, without zoom
 */
export function zoom(port, sizer, board, size) {
  let scale = 1;

  function apply() {
    board.style.transform = `scale(${scale})`;
    sizer.style.width = `${size().width * scale}px`;
    sizer.style.height = `${size().height * scale}px`;
  }

  /** Zoom, so that the point of the screen stays where it is. @param {number} wanted @param {{x: number, y: number}} [at] */
  function to(wanted, at = middle()) {
    const before = scale, { left, top } = port.getBoundingClientRect();
    scale = Math.min(MOST, Math.max(LEAST, wanted));
    const x = at.x - left + port.scrollLeft, y = at.y - top + port.scrollTop;
    apply();
    port.scrollLeft += x * (scale / before - 1);
    port.scrollTop += y * (scale / before - 1);
  }

  function middle() {
    const { left, top, width, height } = port.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }

  /** Show the diagram from its beginning. @param {number} wanted the scale */
  function show(wanted) {
    scale = wanted;
    apply();
    port.scrollTo(0, 0);
  }

  const room = () => ({ width: port.clientWidth, height: port.clientHeight });
  const fit = () => show(Math.max(LEAST, fitting(size(), room())));
  const start = () => show(opening(size(), room()));

  /** Bring a part of the diagram into view. @param {{x: number, y: number, width: number, height: number}} part */
  function reveal({ x, y, width, height }) {
    const edge = 24;
    const near = (/** @type {number} */ from, /** @type {number} */ length, /** @type {number} */ at, /** @type {number} */ room) =>
      from * scale - edge < at ? from * scale - edge : Math.max(at, Math.min((from + length) * scale + edge - room, from * scale - edge));
    port.scrollTo(near(x, width, port.scrollLeft, port.clientWidth), near(y, height, port.scrollTop, port.clientHeight));
  }

  /** The point of the diagram at a point of the screen. @param {{clientX: number, clientY: number}} event */
  function pointAt({ clientX, clientY }) {
    const { left, top } = board.getBoundingClientRect();
    return { x: (clientX - left) / scale, y: (clientY - top) / scale };
  }

  port.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    to(scale * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY });
  }, { passive: false });
  pinch(port, (by, at) => to(scale * by, at));
  pan(port);

  return { apply, fit, reveal, pointAt, start, closer: () => to(scale * STEP), farther: () => to(scale / STEP), get scale() { return scale; } };
}

/** @param {HTMLElement} port @param {(by: number, at: {x: number, y: number}) => void} zoomBy */
function pinch(port, zoomBy) {
  let apart = 0;
  port.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [one, other] = event.touches;
    const now = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    if (apart) zoomBy(now / apart, { x: (one.clientX + other.clientX) / 2, y: (one.clientY + other.clientY) / 2 });
    apart = now;
  }, { passive: false });
  port.addEventListener("touchend", () => { apart = 0; });
}

/** A mouse drags the background; a finger scrolls by itself. @param {HTMLElement} port */
function pan(port) {
  port.addEventListener("pointerdown", (down) => {
    if (down.pointerType === "touch" || down.button !== 0 || /** @type {Element} */ (down.target).closest(".canvas-node")) return;
    const { scrollLeft, scrollTop } = port;
    /** @param {PointerEvent} move */
    const follow = (move) => port.scrollTo(scrollLeft - move.clientX + down.clientX, scrollTop - move.clientY + down.clientY);
    port.setPointerCapture(down.pointerId);
    port.addEventListener("pointermove", follow);
    port.addEventListener("lostpointercapture", () => port.removeEventListener("pointermove", follow), { once: true });
  });
}
