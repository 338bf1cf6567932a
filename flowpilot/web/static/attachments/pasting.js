// Files that are pasted, and what a screenshot is called.

/** A screenshot has the same name every time, so it gets the time of its account's clocks. @param {Date} now @param {string} zone */
export function screenshotName(now, zone) {
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "medium", hourCycle: "h23" }).format(now);
  return `Screenshot ${time.replaceAll(":", ".")}.png`;
}

/** Cells of a table and parts of a document are pasted as text: the picture of them that comes along is not wanted. @param {DataTransfer | null} pasted @param {string} zone */
export function pastedFiles(pasted, zone) {
  return pasted?.types.includes("text/plain") ? [] : [...(pasted?.files ?? [])].map((file) => named(file, zone));
}

/** @param {File} file @param {string} zone */
function named(file, zone) {
  if (file.name && file.name !== "image.png") return file;
  return new File([file], screenshotName(new Date(), zone), { type: file.type });
}
