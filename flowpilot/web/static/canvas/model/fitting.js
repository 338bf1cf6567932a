// How large the diagram is. Pure.

// With less, cards are not told apart, so that a large flow opens at its beginning, where it can be read.
const RECOGNISABLE = 0.4, LEGIBLE = 0.8;

/** @typedef {{width: number, height: number}} Size */

/** The scale at which all of the diagram is seen; a small one is not enlarged. @param {Size} whole @param {Size} room */
export function fitting(whole, room) {
  return Math.min(1, room.width / whole.width, room.height / whole.height);
}

/** The scale to open with. @param {Size} whole @param {Size} room */
export function opening(whole, room) {
  const all = fitting(whole, room);
  return all < RECOGNISABLE ? LEGIBLE : all;
}
