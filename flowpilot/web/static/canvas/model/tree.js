// A flow's tree and what can be done to it. Pure: each edit returns a new tree, and keeps what this page does not know.

/**
 * @typedef {{label: string, next: string}} Choice
 * @typedef {{id: string, text: string, help?: string, required?: boolean}} Item
 * @typedef {{title: string, items?: Item[]}} Section
 * @typedef {{name: string, label: string, kind?: string, required?: boolean, choices?: string[], help?: string}} Field
 * @typedef {{id?: string, name?: string, type?: string, bytes?: number, width?: number, height?: number}} NodeFile without a type, it is not there
 * @typedef {object} FlowNode
 * @property {string} kind
 * @property {string} text
 * @property {string} [help]
 * @property {boolean} [open]
 * @property {Choice[]} [choices]
 * @property {Choice[]} [outcomes]
 * @property {string} [flow] the id of the flow that a sub-flow leads into
 * @property {Section[]} [sections] of a checklist
 * @property {Field[]} [fields]
 * @property {NodeFile[]} [files] what the node shows
 * @typedef {{root: string, nodes: Record<string, FlowNode>}} Tree
 */

export const KINDS = ["question", "instruction", "checklist", "subflow", "resolution", "escalation"];
const ENDS = new Set(["resolution", "escalation"]);
const ID_CHARACTERS = 48;
const FIELD_NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** Whether a path ends at this kind of node. @param {FlowNode} node */
export const isEnd = (node) => ENDS.has(node.kind);

/** The part of a node that holds what it offers. @param {string} kind */
const listOf = (kind) => (kind === "question" || ENDS.has(kind) ? "choices" : "outcomes");

/** What people call what a kind of node offers. @param {string} kind */
export const offers = (kind) => (listOf(kind) === "choices" ? { one: "a choice", word: "choice", all: "Choices" } : { one: "an outcome", word: "outcome", all: "Outcomes" });

/** What a node leads to, in its order, even what its kind should not have. @param {FlowNode} node @returns {Choice[]} */
export const offered = (node) => [...(node.choices ?? []), ...(node.outcomes ?? [])];

/** @param {Tree} tree @param {string} id @param {Partial<FlowNode>} change @returns {Tree} */
export function changeNode(tree, id, change) {
  return { ...tree, nodes: { ...tree.nodes, [id]: { ...tree.nodes[id], ...change } } };
}

/** Give a node these choices, in the part that belongs to its kind. @param {Tree} tree @param {string} id @param {Choice[]} choices */
export function setChoices(tree, id, choices) {
  const { choices: _, outcomes: __, ...rest } = tree.nodes[id];
  return { ...tree, nodes: { ...tree.nodes, [id]: { ...rest, [listOf(rest.kind)]: choices } } };
}

/** Make a node another kind. What only its old kind can have is dropped. @param {Tree} tree @param {string} id @param {string} kind @returns {Tree} */
export function setKind(tree, id, kind) {
  const { sections, flow, ...rest } = tree.nodes[id];
  const kept = { ...rest, kind, ...(kind === "checklist" && sections && { sections }), ...(kind === "subflow" && flow && { flow }) };
  const changed = { ...tree, nodes: { ...tree.nodes, [id]: kept } };
  return offered(changed.nodes[id]).length ? setChoices(changed, id, offered(changed.nodes[id])) : changed;
}

/** @param {Tree} tree @param {string} id @param {number} index @param {Partial<Choice>} change */
export function changeChoice(tree, id, index, change) {
  return setChoices(tree, id, offered(tree.nodes[id]).map((choice, at) => (at === index ? { ...choice, ...change } : choice)));
}

/** @param {Tree} tree @param {string} id @param {number} index */
export function removeChoice(tree, id, index) {
  return setChoices(tree, id, offered(tree.nodes[id]).filter((_, at) => at !== index));
}

/** Move a choice by so many places. @param {Tree} tree @param {string} id @param {number} index @param {number} by */
export function moveChoice(tree, id, index, by) {
  return setChoices(tree, id, moved(offered(tree.nodes[id]), index, by));
}

/** A label that the node does not offer yet. @param {FlowNode} node */
export function freshLabel(node) {
  const taken = new Set(offered(node).map(({ label }) => label));
  const word = listOf(node.kind) === "choices" ? "Choice" : "Outcome";
  let number = offered(node).length + 1;
  while (taken.has(`${word} ${number}`)) number += 1;
  return `${word} ${number}`;
}

/** Add a choice that leads to a node. @param {Tree} tree @param {string} id @param {string} next */
export function addChoice(tree, id, next) {
  const node = tree.nodes[id];
  return setChoices(tree, id, [...offered(node), { label: freshLabel(node), next }]);
}

/** A text in small letters and digits, with this between its words; empty if it has none of them. @param {string} text @param {string} between @param {number} most characters */
export function slug(text, between, most) {
  const ascii = text.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase();
  const ends = new RegExp(`^${between}+|${between}+$`, "g");
  return ascii.replace(/[^a-z0-9]+/g, between).slice(0, most).replace(ends, "");
}

/** The name, or the first of its numbered ones that is not taken. @param {string} name @param {string} between @param {Set<string>} taken */
export function free(name, between, taken) {
  let found = name;
  for (let number = 2; taken.has(found); number += 1) found = `${name}${between}${number}`;
  return found;
}

/** A list with one of its things moved by so many places. @template T @param {T[]} things @param {number} index @param {number} by @returns {T[]} */
export function moved(things, index, by) {
  const others = things.toSpliced(index, 1);
  return others.toSpliced(index + by, 0, things[index]);
}

/** Add a node that leads nowhere yet; the second part is its id. @param {Tree} tree @param {string} kind @param {string} text @returns {[Tree, string]} */
export function addNode(tree, kind, text) {
  const stem = slug(text, "-", ID_CHARACTERS) || kind;
  // A choice may lead to a node that does not exist any more. A new node must not take that place by accident.
  const taken = new Set([...Object.keys(tree.nodes), ...Object.values(tree.nodes).flatMap(offered).map(({ next }) => next)]);
  const id = free(stem, "-", taken);
  const root = Object.keys(tree.nodes).length ? tree.root : id;
  return [{ root, nodes: { ...tree.nodes, [id]: { kind, text } } }, id];
}

/** Remove a node. Choices that led to it lead nowhere then. @param {Tree} tree @param {string} id */
export function removeNode(tree, id) {
  const { [id]: _, ...nodes } = tree.nodes;
  return { ...tree, nodes };
}

/** The tree as the server would store it: without what is empty, and with its keys in order. @param {unknown} value @returns {unknown} */
function canonical(value) {
  if (typeof value === "string") return value.replace(/\r\n?/g, "\n").trim();
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  /** @type {[string, unknown][]} */
  const parts = Object.entries(value).map(([key, part]) => [key, canonical(part)]);
  return Object.fromEntries(parts.filter(([key, part]) => !isEmpty(part) && !isUsual(key, part)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A field without a kind takes text. @param {unknown} key @param {unknown} value */
const isUsual = (key, value) => key === "kind" && value === "text";

/** @param {unknown} value */
const isEmpty = (value) => value === "" || value === false || value == null || (Array.isArray(value) && !value.length);

/** Whether two trees, or two nodes, say the same. @param {unknown} one @param {unknown} other */
export const isSame = (one, other) => JSON.stringify(canonical(one)) === JSON.stringify(canonical(other));

/** What the server could not store, and at which node; null if there is nothing. @param {Tree} tree */
export function unstorable(tree) {
  for (const [id, node] of Object.entries(tree.nodes)) {
    const why = faultOf(node);
    if (why) return { id, why };
  }
  return null;
}

/** @param {FlowNode} node */
function faultOf({ kind, text, sections = [], fields = [], ...rest }) {
  const isBlank = (/** @type {string} */ words) => !words.trim();
  if (isBlank(text)) return "has no text";
  if (offered({ kind, text, ...rest }).some(({ label }) => isBlank(label))) return `has ${offers(kind).one} without a label`;
  if (sections.some(({ title }) => isBlank(title))) return "has a section without a title";
  if (sections.some(({ items = [] }) => items.some((item) => isBlank(item.text)))) return "has an item without a text";
  if (fields.some(({ label }) => isBlank(label))) return "has a field without a label";
  const unnamed = fields.find(({ name }) => !FIELD_NAME.test(name));
  return unnamed ? `has a field that cannot be called “${unnamed.name}”: use small letters, digits and _, and begin with a letter` : "";
}
