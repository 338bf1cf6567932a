// A file is kept under an ending that says what is in it.

const ending = (name) => /\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? "";

/** What is said if a file is kept under another ending than it had; empty if it kept its own. */
export function renamed(chosen, kept) {
  return ending(chosen) === ending(kept) ? "" : `${chosen} is kept under this name, whose ending says what is in it.`;
}
