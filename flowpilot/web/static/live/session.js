// The page of a session gets its new state when somebody else has changed it: a step, the status, the holder, a question.
// What the page shows is in #session-state; the stream says how far the session is. Only what differs is changed, so the
// focus and open parts stay. A form that somebody writes in stays as it is until they have sent or emptied it.

import { hasWords, isWrittenIn } from "./written.js";

const MORPH = new URL("../vendor/idiomorph.esm.js", import.meta.url);
const SETTLE_MS = 150;
const AGAIN_MS = 5000;
// Long enough to see that the question is another before a click or a key answers it.
const FRESH_MS = 1500;

const versions = new Map();
const events = new Map();
const openedByHand = new WeakSet();
let held = [];
let pending = 0;
let sending = 0;

const shown = () => document.getElementById("session-state");

function isBehind({ session, version, event }) {
  return (versions.get(session) ?? 0) > Number(version) || (events.get(session) ?? 0) > Number(event);
}

// A form that was left as it was is due once nobody writes in it any more.
const isOwed = () => held.some((one) => one.isConnected && !isWrittenIn(one));

function renewSoon(pause = SETTLE_MS) {
  clearTimeout(pending);
  pending = setTimeout(renew, pause);
}

async function renew() {
  const place = shown();
  held = held.filter((one) => one.isConnected);
  if (!place || document.hidden || !(isBehind(place.dataset) || isOwed())) {
    if (held.length) renewSoon(AGAIN_MS);
    return;
  }
  // What this page sends comes back as its own answer.
  if (sending > 0) { renewSoon(); return; }
  const { session, steps, version, node, event } = place.dataset;
  const heard = [versions.get(session), events.get(session)];
  const fresh = await read(`/sessions/${session}/changes?${new URLSearchParams({ steps, version, node, event })}`);
  if (!place.isConnected || sending > 0) { renewSoon(); return; }
  if (!fresh) { renewSoon(AGAIN_MS); return; }
  await show(fresh, node !== fresh.getElementById("session-state").dataset.node);
  // Whatever was announced, there is nothing newer than what was read after it.
  if (versions.get(session) === heard[0]) versions.delete(session);
  if (events.get(session) === heard[1]) events.delete(session);
  renewSoon(held.length ? AGAIN_MS : SETTLE_MS);
}

async function read(path) {
  try {
    const answer = await fetch(path);
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    return page?.getElementById("session-state") ? page : null;
  } catch {
    return null;
  }
}

async function show(fresh, isElsewhere) {
  const { Idiomorph } = await import(MORPH);
  const main = document.getElementById("main");
  const focus = main.contains(document.activeElement) ? document.activeElement : null;
  const wasChoosing = isElsewhere && focus?.matches(".choice");
  held = [];
  Idiomorph.morph(main, fresh.getElementById("main").innerHTML, {
    morphStyle: "innerHTML",
    callbacks: { beforeNodeMorphed: mayChange, beforeNodeRemoved: mayRemove, beforeAttributeUpdated: mayOpenOrClose },
  });
  if (isElsewhere) {
    main.classList.add("fresh");
    setTimeout(() => main.classList.remove("fresh"), FRESH_MS);
  }
  // An answer belongs to its question, not to a step.
  if (isElsewhere && held.some((one) => !one.closest(".questions") && hasWords(one))) sayHeld();
  // Forms that now lead elsewhere, and what is new, are made known to htmx and to the other scripts.
  htmx.process(main);
  htmx.trigger(main, "htmx:load");
  if (focus && (wasChoosing || !focus.isConnected)) focusOn(document.getElementById("now"));
}

function focusOn(heading) {
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function mayChange(old, now) {
  if (old.nodeType !== Node.ELEMENT_NODE) return true;
  if (old.matches("[data-present]") || isLoaded(old, now) || (old.id === "changes" && !now.textContent)) return false;
  // A form at another question is another form: it stays with its question.
  const isAnother = "holds" in old.dataset && old.dataset.holds !== now.dataset?.holds;
  return !((isAnother || old.matches("form")) && hold(old));
}

function mayRemove(old) {
  return old.nodeType !== Node.ELEMENT_NODE || !(old.id === "refusal" || hold(old));
}

function hold(part) {
  const isHeld = isWrittenIn(part);
  if (isHeld) held.push(part);
  return isHeld;
}

// What a part has fetched since the page was shown is not in the page.
function isLoaded(old, now) {
  return old.getAttribute("hx-trigger") === "load" && old.getAttribute("hx-get") === now.getAttribute?.("hx-get");
}

function mayOpenOrClose(name, element, change) {
  return name !== "open" || (change === "update" && !openedByHand.has(element));
}

function sayHeld() {
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = "Leave it and show what is new";
  document.getElementById("changes").append(" What you are writing belongs to the step before. ", link);
}

document.addEventListener("click", ({ target }) => {
  const details = target.closest?.("summary")?.parentElement;
  if (details) openedByHand.add(details);
});
document.addEventListener("live-step", ({ detail }) => { versions.set(detail.session_id, detail.version); renewSoon(); });
document.addEventListener("live-event", ({ detail }) => { events.set(detail.session_id, detail.number); renewSoon(); });
document.addEventListener("htmx:beforeSend", ({ detail }) => { if (detail.requestConfig.verb !== "get") sending += 1; });
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.requestConfig.verb !== "get") sending = Math.max(0, sending - 1); });
// A page that was requested before a change and arrived after it is already out of date.
document.addEventListener("htmx:load", () => renewSoon());
document.addEventListener("visibilitychange", () => renewSoon());
