// The pictures and other files that a node shows. Pure: each edit returns a new tree.

import { changeNode } from "./tree.js";

/**
 * @typedef {import("./tree.js").Tree} Tree
 * @typedef {import("./tree.js").NodeFile} NodeFile
 */

export const MOST_FILES = 10;

/** @param {Tree} tree @param {string} id @returns {NodeFile[]} */
export const filesOf = (tree, id) => tree.nodes[id]?.files ?? [];

/** What the tree says of an uploaded file: how to reach it is not part of a flow. @param {any} made @returns {NodeFile} */
export function asNodeFile({ id, name, type, bytes, width, height }) {
  return { id, name, type, bytes, ...(width && { width, height }) };
}

/** Add a file to a node, which may have been removed while the file was sent. @param {Tree} tree @param {string} id @param {NodeFile} file */
export function addFile(tree, id, file) {
  const files = filesOf(tree, id);
  return id in tree.nodes && files.length < MOST_FILES ? changeNode(tree, id, { files: [...files, file] }) : tree;
}

/** @param {Tree} tree @param {string} id @param {number} index */
export function removeFile(tree, id, index) {
  return changeNode(tree, id, { files: filesOf(tree, id).toSpliced(index, 1) });
}
