// What a node asks to be filled in, and what can be done to it. Pure: each edit returns a new tree.

import { changeNode, free, moved, slug } from "./tree.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {import("./tree.js").FlowNode} FlowNode
 * @typedef {import("./tree.js").Field} Field
 */

export const FIELD_KINDS = { text: "Text", number: "Number", choice: "Choice", date: "Date", serial: "Serial number" };
export const MOST_FIELDS = 30;
const NAME_CHARACTERS = 30;

/** @param {Tree} tree @param {string} id @returns {Field[]} */
export const fieldsOf = (tree, id) => tree.nodes[id].fields ?? [];

/** @param {Tree} tree @param {string} id */
export function addField(tree, id) {
  const label = `Field ${fieldsOf(tree, id).length + 1}`;
  const field = { name: nameFor(label, fieldsOf(tree, id)), label, kind: "text" };
  return changeNode(tree, id, { fields: [...fieldsOf(tree, id), field] });
}

/** Change a field. Its name follows its label until a text uses it, or a person has named it. @param {Tree} tree @param {string} id @param {number} index @param {Partial<Field>} change */
export function changeField(tree, id, index, change) {
  const field = fieldsOf(tree, id)[index], others = fieldsOf(tree, id).toSpliced(index, 1);
  const follows = field.name === nameFor(field.label, others) && !isUsed(tree, field.name);
  const name = change.label && follows ? nameFor(change.label, others) : field.name;
  return put(tree, id, index, { ...field, name, ...change });
}

/** Give a field another name, in the texts that use it, too, unless another node asks for it by the old one. @param {Tree} tree @param {string} id @param {number} index @param {string} name */
export function renameField(tree, id, index, name) {
  const before = fieldsOf(tree, id)[index].name, renamed = put(tree, id, index, { ...fieldsOf(tree, id)[index], name });
  const isAskedElsewhere = Object.values(renamed.nodes).some(({ fields = [] }) => fields.some((field) => field.name === before));
  return isAskedElsewhere ? renamed : withWords(renamed, (text) => text.replace(placeOf(before), `{{${name}}}`));
}

/** @param {Tree} tree @param {string} id @param {number} index */
export const removeField = (tree, id, index) => changeNode(tree, id, { fields: fieldsOf(tree, id).toSpliced(index, 1) });

/** @param {Tree} tree @param {string} id @param {number} index @param {number} by */
export const moveField = (tree, id, index, by) => changeNode(tree, id, { fields: moved(fieldsOf(tree, id), index, by) });

/** The choices that lines of a text stand for. @param {string} lines */
export const choicesIn = (lines) => lines.split("\n").map((line) => line.trim()).filter(Boolean);

/** Whether a text of the tree uses a field. @param {Tree} tree @param {string} name */
function isUsed(tree, name) {
  let found = false;
  withWords(tree, (text) => { found ||= placeOf(name).test(text); return text; });
  return found;
}

/** @param {string} name */
const placeOf = (name) => new RegExp(`\\{\\{\\s*${name.replace(/\W/g, "\\$&")}\\s*\\}\\}`, "g");

/** A name made from a label, which no other field of the node has. @param {string} label @param {Field[]} others */
function nameFor(label, others) {
  const words = slug(label, "_", NAME_CHARACTERS).replace(/^[0-9_]+/, "");
  return free(words || "field", "_", new Set(others.map(({ name }) => name)));
}

/** @param {Tree} tree @param {string} id @param {number} index @param {Field} field */
function put(tree, id, index, field) {
  return changeNode(tree, id, { fields: fieldsOf(tree, id).toSpliced(index, 1, field) });
}

/** The tree with each text that may use fields changed. @param {Tree} tree @param {(text: string) => string} change @returns {Tree} */
function withWords(tree, change) {
  return { ...tree, nodes: Object.fromEntries(Object.entries(tree.nodes).map(([id, node]) => [id, nodeWithWords(node, change)])) };
}

/** @param {FlowNode} node @param {(text: string) => string} change @returns {FlowNode} */
function nodeWithWords(node, change) {
  const help = (/** @type {{help?: string}} */ thing) => (thing.help ? { help: change(thing.help) } : {});
  return {
    ...node, text: change(node.text), ...help(node),
    ...(node.fields && { fields: node.fields.map((field) => ({ ...field, ...help(field) })) }),
    ...(node.sections && {
      sections: node.sections.map((section) => ({
        ...section, title: change(section.title),
        ...(section.items && { items: section.items.map((item) => ({ ...item, text: change(item.text), ...help(item) })) }),
      })),
    }),
  };
}
