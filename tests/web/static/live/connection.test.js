import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { Connection } from "../../../../flowpilot/web/static/live/connection.js";

// Every stream that was opened, in order. It says what a test has it say.
let opened = [];
globalThis.EventSource = class {
  constructor(url) {
    const query = new URL(url, "https://here.example").searchParams;
    this.watch = query.getAll("watch");
    this.from = query.get("last_event_id");
    this.isOpen = true;
    this.hearers = {};
    opened.push(this);
  }
  addEventListener(name, hear) { this.hearers[name] = hear; }
  say(name, data = {}, lastEventId = "") { this.hearers[name]({ data: JSON.stringify(data), lastEventId }); }
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

test("a stream that breaks before it has said what was missed is asked for it again", () => {
  const connection = new Connection(() => {});
  connection.follow({ caller: "kim", kinds: ["asked"], watch: ["a"] });
  opened[0].say("hello", { caller: "kim", number: 5 });
  follow(connection, "b");
  opened[1].say("hello", { caller: "kim", number: 9 });
  follow(connection, "c");
  assert.deepEqual(opened.map((one) => one.from), [null, "5", "5"]);
});

test("each event moves on where the next stream begins, and so does a database that begins again", () => {
  const connection = new Connection(() => {});
  connection.follow({ caller: "kim", kinds: ["asked"], watch: ["a"] });
  opened[0].say("hello", { caller: "kim", number: 5 });
  opened[0].say("asked", {}, "6");
  follow(connection, "b");
  opened[1].say("hello", { caller: "kim", number: 2, reset: true });
  follow(connection, "c");
  assert.deepEqual(opened.map((one) => one.from), [null, "6", "2"]);
});
