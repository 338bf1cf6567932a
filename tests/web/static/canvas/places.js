// Reads trees as JSON from standard input, and writes where the canvas places their nodes: number and depth by id.

import { readFileSync } from "node:fs";

import { read } from "../../../../flowpilot/web/static/canvas/model/layout.js";

const trees = JSON.parse(readFileSync(0, "utf8"));
const placed = trees.map((/** @type {any} */ tree) => [...read(tree)].map(([id, { number, depth }]) => [id, number, depth]));
process.stdout.write(JSON.stringify(placed));
