import assert from "node:assert/strict";
import test from "node:test";

import { fitting, opening } from "../../../../flowpilot/web/static/canvas/model/fitting.js";

const DESK = { width: 734, height: 658 }, PHONE = { width: 360, height: 380 };
const EIGHT_NODES = { width: 1468, height: 645 };

test("the canvas opens with all of a flow", () => {
  assert.equal(opening(EIGHT_NODES, DESK), 0.5);
  assert.equal(opening({ width: 700, height: 1316 }, DESK), 0.5);
});

test("a small flow is not enlarged", () => assert.equal(opening({ width: 300, height: 200 }, DESK), 1));

test("a flow of which one would recognise nothing opens where it can be read", () => {
  assert.equal(opening({ width: 1968, height: 2943 }, DESK), 0.8);
  assert.equal(opening(EIGHT_NODES, PHONE), 0.8);
});

test("who asks for all of it gets all of it", () => assert.equal(fitting({ width: 2936, height: 645 }, DESK), 0.25));
