// How real sessions went through the flow, in words and as the width of lines.

/**
 * @typedef {{node: string, n: number, resolved: number, escalated: number, abandoned: number, open: number, too_few_cases: boolean}} NodeTraffic
 * @typedef {{sessions: number, is_newest_only: boolean, nodes: NodeTraffic[], edges: {node: string, label: string, next: string, n: number}[]}} Traffic
 */

/** @param {Traffic | null} traffic @param {string} id */
export const nodeTraffic = (traffic, id) => traffic?.nodes.find(({ node }) => node === id) ?? null;

/** @param {Traffic | null} traffic @param {string} id @param {string} label */
function along(traffic, id, label) {
  return (traffic?.edges ?? []).filter((edge) => edge.node === id && edge.label === label).reduce((sum, { n }) => sum + n, 0);
}

/** @param {number} n @param {NodeTraffic} node */
const share = (n, node) => `${n} of ${node.n}` + (node.too_few_cases ? "" : ` (${Math.round((100 * n) / node.n)}\u00a0%)`);

/** How many of the node's sessions went on by a label; few have no percentage. @param {Traffic | null} traffic @param {string} id @param {string} label */
export function words(traffic, id, label) {
  const node = nodeTraffic(traffic, id);
  return node ? share(along(traffic, id, label), node) : "";
}

/** What is said below a node, and how the sessions ended there. @param {NodeTraffic | null} node @param {boolean} isEnd */
export function endedHere(node, isEnd) {
  if (!node) return { text: "", how: "" };
  const ended = node.resolved + node.escalated + node.abandoned;
  const text = isEnd ? `${node.n} ${node.n === 1 ? "session" : "sessions"}` : ended ? `${share(ended, node)} ended here` : "";
  const counts = [[node.resolved, "resolved"], [node.escalated, "escalated"], [node.abandoned, "abandoned"], [node.open, "here now"]];
  return { text, how: counts.filter(([n]) => n).map(([n, word]) => `${n} ${word}`).join(", ") };
}

/** The width of a line: wider, the more of all sessions went along it. @param {Traffic | null} traffic @param {string} id @param {string} label */
export function weight(traffic, id, label) {
  return traffic?.sessions ? 1.5 + 4 * (along(traffic, id, label) / traffic.sessions) : 1.5;
}
