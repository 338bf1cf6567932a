import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { Connection } from "../../../../flowpilot/web/static/live/connection.js";

// Every stream that was opened, in order. None of them says anything.
let opened = [];
globalThis.EventSource = class {
  constructor(url) {
    this.watch = new URL(url, "https://here.example").searchParams.getAll("watch");
    this.isOpen = true;
    opened.push(this);
  }
  addEventListener() {}
  close() { this.isOpen = false; }
};

beforeEach(() => { opened = []; });

function follow(connection, ...watch) { connection.follow({ caller: "kim", kinds: [], watch }); }

test("what is watched already needs no other stream, though less is wanted meanwhile", () => {
  const connection = new Connection(() => {});
  follow(connection, "a");
  follow(connection, "a", "b");
  follow(connection, "b");
  follow(connection, "a");
  follow(connection);
  assert.deepEqual(opened.map((one) => one.watch), [["a"], ["a", "b"]]);
  assert.deepEqual(opened.map((one) => one.isOpen), [false, true]);
});

test("what was watched lately is watched by the next stream too, the newest twelve of it", () => {
  const connection = new Connection(() => {});
  for (let number = 0; number < 20; number += 1) follow(connection, `s${number}`);
  assert.equal(opened.length, 20);
  assert.deepEqual(opened.at(-1).watch, Array.from({ length: 13 }, (_, back) => `s${19 - back}`));
});

test("no stream watches more than the server takes", () => {
  const connection = new Connection(() => {});
  const many = Array.from({ length: 150 }, (_, number) => `s${number}`);
  follow(connection, ...many);
  follow(connection, ...many);
  assert.deepEqual(opened.map((one) => one.watch.length), [100]);
});

test("somebody else's stream watches nothing of what was watched before", () => {
  const connection = new Connection(() => {});
  follow(connection, "a");
  connection.follow({ caller: "sam", kinds: [], watch: ["b"] });
  assert.deepEqual(opened.map((one) => one.watch), [["a"], ["b"]]);
});
