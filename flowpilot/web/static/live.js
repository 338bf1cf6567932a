// Parts of a page that renew themselves. Each says in data-live which of the account's events it knows of, and asks for
// itself again when the stream (stream.js) has come further. One that shows notifications, which are written a moment after
// their event, says in data-live-unread what it knows to be unread.

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
  // Several events often come together: one look takes them all.
  clearTimeout(pending);
  pending = setTimeout(renew, pause);
}

function renew() {
  const behind = [...document.querySelectorAll("[data-live]")].filter(isBehind);
  if (behind.length === 0) return;
  // The news of one's own claim comes before its answer, which would find its form gone.
  if (sending > 0) { renewSoon(); return; }
  for (const part of behind) if (!isWrittenIn(part)) htmx.trigger(part, "news");
  // One that somebody writes in, or that could not be had, is tried again.
  renewSoon(AGAIN_MS);
}

function isBehind(part) {
  const { live, liveUnread } = part.dataset;
  return Number(live) < newest || (liveUnread !== undefined && unread !== null && liveUnread !== unread);
}

function isWrittenIn(part) {
  const fields = [...part.querySelectorAll("input, textarea, select")];
  return fields.some((field) => field === document.activeElement || (!field.matches("select") && field.value !== field.defaultValue));
}

document.addEventListener("live-state", (event) => {
  if (state === "live") liveUntil = new Date();
  state = event.detail;
  show();
});
document.addEventListener("live-number", (event) => {
  // Less than before: a backup was restored, and what the page shows may never have happened.
  if (event.detail < newest) { location.reload(); return; }
  newest = event.detail;
  renewSoon();
});
document.addEventListener("live-counts", ({ detail }) => {
  unread = `${detail.unread_count} ${detail.newest_unread_at ?? ""}`;
  renewSoon();
});
document.addEventListener("htmx:beforeSend", (event) => { if (event.detail.requestConfig.verb !== "get") sending += 1; });
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.requestConfig.verb !== "get") sending = Math.max(0, sending - 1); });
// A page that was asked for before an event, and came after it, is behind already.
document.addEventListener("htmx:load", () => { show(); renewSoon(); });
