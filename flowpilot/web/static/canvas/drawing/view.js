// Draws the nodes as cards, and the lines between them. It changes only what differs from what is drawn.

import { arrange, read, WIDTH } from "../model/layout.js";
import { isEnd, offered } from "../model/tree.js";
import { endedHere, nodeTraffic, weight, words } from "./traffic.js";

/**
 * @typedef {import("../model/tree.js").Tree} Tree
 * @typedef {import("../model/layout.js").Place} Place
 * @typedef {import("../model/layout.js").Point} Point
 * @typedef {import("./traffic.js").Traffic} Traffic
 * @typedef {{tree: Tree, selected: string | null, problems: Map<string, string[]>, traffic: Traffic | null, flows: Map<string, string>}} Shown
 */

const SVG = "http://www.w3.org/2000/svg";
const PORT = 22;

/** @param {string} tag @param {string} name @param {string} [text] */
export function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

/** @param {string} kind */
export const kindName = (kind) => (kind === "subflow" ? "Sub-flow" : kind.charAt(0).toUpperCase() + kind.slice(1));

/** @param {HTMLElement} board where the cards go @param {SVGElement} lines @param {HTMLElement} icons templates, by kind */
export function view(board, lines, icons) {
  /** @type {Map<string, {card: HTMLElement, made: string}>} */
  const cards = new Map();
  /** @type {Map<string, Place>} */
  let places = new Map();
  /** @type {Map<string, Point>} */
  let corners = new Map();
  let size = { width: 0, height: 0 };

  /** @param {Shown} shown */
  function draw(shown) {
    places = read(shown.tree);
    for (const [id, { card }] of cards) {
      if (id in shown.tree.nodes) continue;
      card.remove();
      cards.delete(id);
    }
    for (const [id, place] of places) drawCard(shown, id, place);
    const found = arrange(places, (id) => cardOf(id)?.offsetHeight ?? 0);
    corners = found.corners;
    size = { width: found.width, height: found.height };
    for (const [id, { x, y }] of corners) {
      const card = cardOf(id);
      if (!card) continue;
      card.style.left = `${x}px`;
      card.style.top = `${y}px`;
    }
    board.style.width = `${size.width}px`;
    board.style.height = `${size.height}px`;
    drawLines(shown);
    select(shown);
  }

  /** @param {Shown} shown @param {string} id @param {Place} place */
  function drawCard(shown, id, place) {
    const facts = describe(shown, id, place, places);
    const made = JSON.stringify(facts);
    const drawn = cards.get(id);
    if (drawn?.made === made) return;
    const card = drawn?.card ?? board.appendChild(document.createElement("div"));
    card.dataset.node = id;
    card.className = `canvas-node flow-${facts.kind}`;
    card.setAttribute("role", "button");
    card.replaceChildren(...contents(facts, icons));
    cards.set(id, { card, made });
  }

  /** @param {Shown} shown */
  function drawLines(shown) {
    lines.setAttribute("width", String(size.width));
    lines.setAttribute("height", String(size.height));
    /** @type {SVGElement[]} */
    const paths = [];
    for (const [id, { card }] of cards) {
      offered(shown.tree.nodes[id]).forEach(({ label, next }, index) => {
        const from = portOf(card, index), to = corners.get(next);
        if (!from) return;
        const isDown = places.get(next)?.parent === id && firstTo(shown.tree, id, next) === index;
        const isNear = shown.selected === id || shown.selected === next;
        if (to && (isDown || isNear)) paths.push(line(from, { x: to.x, y: to.y + PORT }, isDown, isNear, weight(shown.traffic, id, label)));
      });
    }
    lines.querySelectorAll("path.canvas-line").forEach((path) => path.remove());
    lines.append(...paths);
  }

  /** @param {Shown} shown */
  function select({ tree, selected }) {
    const reached = selected && cards.has(selected) ? selected : (places.keys().next().value ?? null);
    const after = new Set(selected && tree.nodes[selected] ? offered(tree.nodes[selected]).map(({ next }) => next) : []);
    for (const [id, { card }] of cards) {
      card.tabIndex = id === reached ? 0 : -1;
      card.setAttribute("aria-current", String(id === selected));
      card.classList.toggle("is-next", after.has(id));
    }
  }

  /** @param {string} id */
  const cardOf = (id) => cards.get(id)?.card;

  return {
    draw,
    cardOf,
    get places() { return places; },
    get corners() { return corners; },
    get size() { return size; },
    /** Where the line of a choice begins. @param {string} id @param {number} index */
    portAt: (id, index) => portOf(/** @type {HTMLElement} */ (cardOf(id)), index),
  };
}

/** The first choice that leads to a node, whose line is always drawn. @param {Tree} tree @param {string} id @param {string} next */
const firstTo = (tree, id, next) => offered(tree.nodes[id]).findIndex((choice) => choice.next === next);

/** @param {HTMLElement} card @param {number} index @returns {Point | null} */
function portOf(card, index) {
  const row = /** @type {HTMLElement | null} */ (card.querySelector(`[data-index="${index}"]`));
  return row && { x: card.offsetLeft + WIDTH, y: card.offsetTop + row.offsetTop + row.offsetHeight / 2 };
}

/** Everything that a card says. @param {Shown} shown @param {string} id @param {Place} place @param {Map<string, Place>} places */
function describe({ tree, problems, traffic, flows }, id, place, places) {
  const node = tree.nodes[id], found = problems.get(id) ?? [], reached = nodeTraffic(traffic, id);
  const rows = offered(node).map(({ label, next }, index) => {
    const number = places.get(next)?.number ?? null;
    const isDown = places.get(next)?.parent === id && firstTo(tree, id, next) === index;
    return { label: label || "No label", number, isDown, share: words(traffic, id, label) };
  });
  const foot = endedHere(reached, isEnd(node));
  const begins = id === tree.root ? "Begins here" : "";
  const faults = found.length ? `${found.length} ${found.length === 1 ? "problem" : "problems"}` : "";
  const notes = notesOf(node, flows);
  return { notes, kind: node.kind, number: place.number, text: node.text, begins, faults, isOpen: Boolean(node.open), rows, foot };
}

/** What a node has beside its text. @param {import("../model/tree.js").FlowNode} node @param {Map<string, string>} flows names by ids */
function notesOf({ kind, flow, sections = [], fields = [] }, flows) {
  const n = sections.reduce((sum, { items = [] }) => sum + items.length, 0);
  return [
    kind === "subflow" && (flow ? `Leads into “${flows.get(flow) ?? flow}”` : "Leads into no flow yet"),
    kind === "checklist" && `${n} ${n === 1 ? "item" : "items"} to tick`,
    fields.length && `Asks for ${fields.map(({ label }) => label).join(", ")}`,
  ].filter(Boolean).map(String);
}

/** @param {ReturnType<typeof describe>} facts @param {HTMLElement} icons */
function contents({ notes, kind, number, text, begins, faults, isOpen, rows, foot }, icons) {
  const head = element("div", "canvas-head");
  const icon = /** @type {HTMLTemplateElement | null} */ (icons.querySelector(`[data-kind="${kind}"]`));
  if (icon) head.append(icon.content.cloneNode(true));
  head.append(element("span", "", `${number} · ${kindName(kind)}`));
  if (begins) head.append(element("span", "badge tone-secondary", begins));
  if (isOpen) head.append(element("span", "badge tone-orange", "To be worded"));
  else if (faults) head.append(element("span", "badge tone-red", faults));
  const parts = [head, element("div", "canvas-text", text || "No text"), ...notes.map((note) => element("div", "canvas-note", note))];
  rows.forEach((row, index) => parts.push(choiceRow(row, index)));
  if (foot.text) {
    const last = element("div", "canvas-foot", foot.text);
    last.title = foot.how;
    parts.push(last);
  }
  return parts;
}

/** @param {{label: string, number: number | null, isDown: boolean, share: string}} row @param {number} index */
function choiceRow({ label, number, isDown, share }, index) {
  const row = element("div", "canvas-row");
  row.dataset.index = String(index);
  const said = element("span", "canvas-label", label);
  if (share) said.append(element("small", "canvas-share", share));
  row.append(said);
  if (number === null) row.append(element("span", "badge tone-red", "Nowhere"));
  else row.append(element("span", isDown ? "visually-hidden" : "badge tone-secondary", isDown ? `leads to ${number}` : `→ ${number}`));
  const port = element("span", "canvas-port");
  port.dataset.port = String(index);
  port.title = "Drag to another node to lead there";
  row.append(port);
  return row;
}

/** @param {Point} from @param {Point} to @param {boolean} isDown @param {boolean} isNear @param {number} width */
function line(from, to, isDown, isNear, width) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", `canvas-line${isDown ? "" : " is-jump"}${isNear ? " is-near" : ""}`);
  path.setAttribute("d", curve(from, to));
  path.setAttribute("stroke-width", String(width));
  path.setAttribute("marker-end", "url(#canvas-arrow)");
  return path;
}

/** A line that leaves to the right and arrives from the left. @param {Point} from @param {Point} to */
export function curve(from, to) {
  const reach = Math.max(36, Math.min(Math.abs(to.x - from.x) / 2, 160));
  return `M${from.x} ${from.y}C${from.x + reach} ${from.y} ${to.x - reach} ${to.y} ${to.x - 3} ${to.y}`;
}
