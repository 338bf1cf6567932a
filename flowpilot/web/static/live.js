// Parts of a page that refresh themselves. Each has the number of the last event it shows in data-live, and reloads itself
// when the stream (stream.js) reports a later one. Notifications are written a moment after their event, so a part that
// shows them also has the unread ones in data-live-unread.

import "./live/focus.js";
import { isWrittenIn } from "./live/written.js";

const SETTLE_MS = 150;
const AGAIN_MS = 5000;
const WORDS = {
  live: () => "Live",
  reconnecting: (at) => `Reconnecting, last updated ${at}`,
  ended: (at) => `No longer live, last updated ${at}. Reload the page.`,
};

let state = null;
let liveUntil = new Date();
let newest = 0;
let unread = null;
let pending = 0;
let sending = 0;

function show() {
  if (state === null) return;
  const at = liveUntil.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  for (const place of document.querySelectorAll("[data-live-state]")) {
    place.dataset.liveState = state;
    place.textContent = WORDS[state](at);
  }
}

function renewSoon(pause = SETTLE_MS) {
  // Several events often come together: one refresh covers them all.
  clearTimeout(pending);
  pending = setTimeout(renew, pause);
}

function renew() {
  // A hidden page is renewed when somebody looks at it again.
  if (document.hidden) return;
  const behind = [...document.querySelectorAll("[data-live]")].filter(isBehind);
  if (behind.length === 0) return;
  // The event of a user's own claim arrives before the answer, which would no longer find its form.
  if (sending > 0) { renewSoon(); return; }
  for (const part of behind) if (!isWrittenIn(part)) htmx.trigger(part, "news");
  // A part that somebody is writing in, or that failed to load, is tried again.
  renewSoon(AGAIN_MS);
}

function isBehind(part) {
  const { live, liveUnread } = part.dataset;
  return Number(live) < newest || (liveUnread !== undefined && unread !== null && liveUnread !== unread);
}

// A part that asks for news by itself waits while somebody writes in what it renews, and while a form is being sent.
function mayRenew(part) {
  const others = part.getAttribute("hx-select-oob")?.split(",").map((one) => document.querySelector(one)) ?? [];
  const isBusy = sending > 0 || document.hidden || part.querySelector("details[open] form");
  return !isBusy && ![part, ...others].some((one) => one && isWrittenIn(one));
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-polls]") && !mayRenew(event.target)) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (elt.matches("[data-polls]") && !mayRenew(elt)) detail.shouldSwap = false;
});
document.addEventListener("live-state", (event) => {
  if (state === "live") liveUntil = new Date();
  state = event.detail;
  show();
});
// What was missed comes after the newest number was said, with lower ones.
document.addEventListener("live-number", (event) => { newest = Math.max(newest, event.detail); renewSoon(); });
// The database has not reached the number that was seen: a backup was restored, and what the page shows may never have
// happened.
document.addEventListener("live-reset", () => location.reload());
document.addEventListener("live-counts", ({ detail }) => {
  unread = `${detail.unread_count} ${detail.newest_unread_at ?? ""}`;
  renewSoon();
});
document.addEventListener("htmx:beforeSend", (event) => { if (event.detail.requestConfig.verb !== "get") sending += 1; });
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.requestConfig.verb !== "get") sending = Math.max(0, sending - 1); });
// A page that was requested before an event and arrived after it is already out of date.
document.addEventListener("htmx:load", () => { show(); renewSoon(); });
document.addEventListener("visibilitychange", () => renewSoon());
