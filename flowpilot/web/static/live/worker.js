// One stream for all tabs of a browser, as a shared worker. Each tab says what it wants; the stream follows all of it, and
// every tab hears everything. A worker belongs to one signed-in person: stream.js names it after them.

import { Connection } from "./connection.js";

const SILENT_MS = 5 * 60 * 1000;

const tabs = new Map();
// The newest of what has a present state, for a tab that comes later.
const states = new Map();
const connection = new Connection((name, detail) => {
  if (name === "opened") states.clear();
  else if (!["event", "reset"].includes(name)) states.set(`${name} ${detail.session_id ?? detail.place ?? ""}`, { name, detail });
  for (const port of tabs.keys()) port.postMessage({ name, detail });
});

function follow() {
  const now = Date.now();
  // A tab that the browser has thrown away says no goodbye.
  for (const [port, { heardAt }] of tabs) if (now - heardAt > SILENT_MS) tabs.delete(port);
  const wanted = [...tabs.values()].map((tab) => tab.wanted).filter(Boolean);
  const watch = [...new Set(wanted.flatMap((one) => one.watch))];
  connection.follow(wanted.length ? { ...wanted[0], watch } : null);
}

addEventListener("connect", ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    const isNew = !tabs.has(port);
    if (data.isLeaving) tabs.delete(port);
    else tabs.set(port, { wanted: data.wanted, heardAt: Date.now() });
    follow();
    if (isNew || data.hurries) connection.hurry();
    if (isNew) for (const state of states.values()) port.postMessage(state);
  };
});
