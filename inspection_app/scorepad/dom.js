/** Elements of a page, made and changed in as few words as possible. It knows nothing of score sheets. */

/** Make an element: attributes by name, `on…` as listeners, `text`, children. */
export function h(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Change a text only where it differs, so that nothing is painted or read out twice; its node stays, which is cheaper. */
export function say(element, text) {
  const node = element.firstChild;
  if (node?.nodeType !== Node.TEXT_NODE || node.nextSibling) element.textContent = text;
  else if (node.data !== text) node.data = text;
}

/** Set properties only where they differ: a browser that is told the same again looks at all its styles again. */
export function put(element, given) {
  for (const [name, value] of Object.entries(given)) if (element[name] !== value) element[name] = value;
}

export function fold(title, open, ...children) {
  return h("details", { open }, h("summary", { text: title }), h("div", { class: "folded" }, ...children));
}

let serial = 0;

/** Return an id that no other element has. */
export const unique = (stem) => `pad-${stem}-${(serial += 1)}`;

/** Fill the values into a text that names them in braces. */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));

export const clone = (value) => JSON.parse(JSON.stringify(value));

/** Return the time of day of an ISO time: hours, minutes and, unless `short`, seconds. */
export const time = (iso, short = false) => String(iso || "").slice(11, short ? 16 : 19);
