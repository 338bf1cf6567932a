export function node(name, said = {}, ...inside) {
  const made = Object.assign(document.createElement(name), said);
  made.append(...inside);
  return made;
}
