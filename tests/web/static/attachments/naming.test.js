import assert from "node:assert/strict";
import { test } from "node:test";

import { renamed } from "../../../../flowpilot/web/static/attachments/naming.js";

test("a file that gets another ending says so", () => {
  assert.match(renamed("x.svg", "x.svg.txt"), /^x\.svg is kept under this name/);
  assert.match(renamed("shot.jpg", "shot.png"), /^shot\.jpg/);
  assert.match(renamed("hosts", "hosts.txt"), /^hosts/);
});

test("one that keeps its ending says nothing", () => {
  assert.equal(renamed("a.LOG", "a.LOG"), "");
  assert.equal(renamed("a very long name.log", "a very….log"), "");
  assert.equal(renamed("A.PNG", "A.png"), "");
});
