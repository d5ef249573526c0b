/**
 * What fingers and keys meet on a sheet: large targets, fields, boxes, and the line that says what is wrong.
 *
 * `pad` is the view: it says what may be edited, takes each change, and refreshes its `bits` with how things stand. A
 * field that somebody is in is never written to: an input method would lose the word it is composing.
 */

import { h, put, say, unique } from "dom";

export const WHOLE_ITEM = "item";
export const NA = "na";

/** Large targets of which one is chosen; arrows move, space and enter choose, delete clears. */
export function radios(pad, { labelledby, label, options, chosen, choose, clear, column = false }) {
  const group = h("div", { class: column ? "radios column" : "radios", role: "radiogroup", "aria-labelledby": labelledby, "aria-label": label });
  const buttons = options.map(({ value, text, detail }) =>
    h("button", { type: "button", role: "radio", tabindex: "-1", "data-value": String(value), onclick: () => choose(value) },
      h("span", { class: "mark", "aria-hidden": "true" }), h("span", { class: "text", text }),
      detail ? h("span", { class: "detail", text: detail }) : null));
  group.append(...buttons);
  group.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      buttons[(at + by + buttons.length) % buttons.length].focus();
    } else if (clear && (event.key === "Delete" || event.key === "Backspace") && pad.editable) {
      event.preventDefault();
      clear();
    }
  });
  pad.bits.push((form, found) => {
    const at = options.findIndex((option) => option.value === chosen(form, found));
    buttons.forEach((button, place) => {
      const checked = String(place === at);
      if (button.getAttribute("aria-checked") !== checked) button.setAttribute("aria-checked", checked);
      put(button, { tabIndex: place === Math.max(at, 0) ? 0 : -1, disabled: !pad.editable });
    });
  });
  return group;
}

/** A field whose words are kept with every stroke and never written over while somebody is in it. */
export function field(pad, { key, label, labelledby, hiddenLabel = false, get, set, placeholder = "", decimal = false, rows = 0, describedby, unit }) {
  const id = unique("field");
  const input = rows ? h("textarea", { rows: String(rows) }) : h("input", { type: "text" });
  const given = {
    id, placeholder, autocomplete: "off", autocapitalize: "off", "aria-describedby": describedby,
    inputmode: decimal ? "decimal" : undefined, enterkeyhint: rows ? undefined : "done", "aria-label": hiddenLabel ? label : undefined,
  };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) input.setAttribute(name, value);
  let composing = false;
  const keep = () => pad.change(key, (answers, form) => set(answers, form, input.value), { typing: true, hold: composing });
  input.addEventListener("compositionstart", () => { composing = true; });
  input.addEventListener("compositionend", () => { composing = false; keep(); });
  input.addEventListener("input", keep);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !rows && !event.isComposing) input.blur();
  });
  input.addEventListener("blur", () => {
    if (composing) { composing = false; keep(); }
    pad.outbox.hasten(pad.no);
    setTimeout(() => pad.refresh());
  });
  pad.bits.push((form) => {
    put(input, { readOnly: !pad.editable, className: pad.editable ? "" : "locked" });
    if (document.activeElement === input || composing) return;
    const value = get(form.answers, form) ?? "";
    if (input.value !== value) input.value = value;
  });
  const shown = hiddenLabel ? null : h("label", { for: id, text: label });
  return h("div", { class: decimal ? "field decimal" : "field" }, shown,
    unit ? h("div", { class: "with-unit" }, input, h("span", { class: "unit", text: unit })) : input);
}

/** A box for "not applicable": of a clause, or of the whole item. */
export function naBox(pad, key, condition) {
  const button = h("button", {
    type: "button", class: "na", role: "checkbox",
    onclick: () => pad.change(key, (answers) => { if (answers[key] === NA) delete answers[key]; else answers[key] = NA; }),
  }, h("span", { class: "mark", "aria-hidden": "true" }), h("span", { class: "text", text: pad.word("Not applicable: {condition}", { condition }) }));
  pad.bits.push((form) => {
    button.setAttribute("aria-checked", String(form.answers[key] === NA));
    put(button, { disabled: !pad.editable, hidden: !pad.editable && form.answers[key] !== NA });
  });
  return button;
}

/** What is wrong with an answer, beside it: what the tablet sees itself, and what the hub answered. */
export function fault(pad, key) {
  const line = h("div", { class: "fault", role: "alert" });
  const again = h("button", { type: "button", text: pad.word("Try again"), onclick: () => pad.outbox.retry(pad.no) });
  pad.bits.push((form, found, standing) => {
    const refused = standing.refused && standing.refused.field === key ? standing.refused.message : "";
    const text = refused || why(pad, found.open[key], key);
    put(line, { className: refused ? "fault refused" : "fault" });
    say(line, text ? `${refused ? "✗" : "⚠"} ${text}` : "");
    put(again, { hidden: !refused || !pad.editable });
  });
  return h("div", { class: "fault-row" }, line, again);
}

function why(pad, code, key) {
  if (!code) return "";
  const item = pad.item(pad.no);
  const criterion = item.criteria.find((one) => one.id === key);
  const { allowed } = criterion || item.criteria[0];
  switch (code) {
    case "no-reason": return pad.word("Not saved yet: say in a few words why.");
    case "not-a-number": return pad.word("Not saved: enter digits with a point, such as 0.45.");
    case "out-of-range": return pad.word("Not saved: enter points from 0 to {points}.", { points: criterion ? criterion.points : item.ceiling });
    case "not-allowed": return pad.word("Not saved: only these points are possible: {allowed}.", { allowed: allowed.join(", ") });
    case "no-growth": return pad.word("Not saved: there is no growth from 0. Where it really is 0, replace the points with a reason.");
    case "reason-too-long": return pad.word("Not saved: the reason is too long. Shorten it, or use the note.");
    case "wrong-form": case "no-comparison": return pad.word("Not saved yet: a number is missing.");
    default: return pad.word("Not saved: this answer cannot be taken. Clear it and answer again.");
  }
}
