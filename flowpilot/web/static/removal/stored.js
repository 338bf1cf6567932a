// What this browser keeps of what somebody typed, without words that were removed for good.

const TYPED = "flowpilot-typed", DRAFT = "flowpilot-draft ";

const LETTERS = /^[\p{L}\p{M}\s]+$/u;
const QUOTES = [[/[\u2018-\u201b]/g, "'"], [/[\u201c-\u201f]/g, '"'], [/[\u2010-\u2014]/g, "-"]];

/** A text as texts are compared: ß as SS, in one sign or two, without what nobody sees. @param {string} text */
function folded(text) {
  const same = text.normalize("NFKD").toUpperCase().toLowerCase().replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return QUOTES.reduce((one, [from, to]) => one.replace(from, to), same).replace(/\s+/g, " ").trim();
}

/** Whether a folded text has the words; letters alone as whole words, as the server finds them. @param {string} words */
function finder(words) {
  if (!LETTERS.test(words)) return (/** @type {string} */ text) => text.includes(words);
  const whole = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}])${words}(?![\\p{L}\\p{M}\\p{N}])`, "u");
  return (/** @type {string} */ text) => whole.test(text);
}

/** Every text within a value that was stored. @param {any} value @returns {string[]} */
function textsIn(value) {
  if (typeof value === "string") return [value];
  return value && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];
}

/** @param {any} value @param {string[]} words */
function has(value, words) {
  const texts = textsIn(value).map(folded);
  return words.map(folded).some((one) => one && texts.some(finder(one)));
}

/** @param {Storage} storage @param {string} key */
function read(storage, key) {
  try { return JSON.parse(storage.getItem(key) ?? "null"); } catch { return null; }
}

/**
 * Forget unsent texts with the words, and edits of flows that the server does not have yet, if they have them.
 * @param {Storage} session @param {Storage} local @param {string[]} words
 */
export function forget(session, local, words) {
  const typed = Object.entries(read(session, TYPED) ?? {});
  const kept = typed.filter(([, value]) => !has(value, words));
  if (kept.length < typed.length) session.setItem(TYPED, JSON.stringify(Object.fromEntries(kept)));
  const drafts = Array.from({ length: local.length }, (_, at) => local.key(at) ?? "").filter((key) => key.startsWith(DRAFT));
  for (const key of drafts) if (has(read(local, key), words)) local.removeItem(key);
}
