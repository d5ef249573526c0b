/** The note to an item, and the quick phrases for it. */

import { fold, h, put, say, unique } from "dom";
import { fault, field } from "fields";

export function note(pad) {
  const insert = (input, phrase) => {
    const at = input.selectionEnd ?? input.value.length;
    const before = input.value.slice(0, at);
    const joint = before && !/[\s，。；、]$/.test(before) ? "；" : "";
    input.value = before + joint + phrase + input.value.slice(at);
    input.dispatchEvent(new Event("input"));
    input.focus();
    input.selectionStart = input.selectionEnd = (before + joint + phrase).length;
  };
  const words = field(pad, {
    key: "note", label: pad.word("Note"), rows: 3, placeholder: pad.word("What you saw, which document, what is missing"),
    get: (answers, form) => form.note, set: (answers, form, value) => { form.note = value; },
  });
  const input = words.querySelector("textarea");
  const chips = h("div", { class: "chips" });
  const fill = () => chips.replaceChildren(...[...pad.sheet.phrases.own, ...pad.sheet.phrases.shared].map((phrase) =>
    h("button", { type: "button", class: "chip", text: phrase, onclick: () => insert(input, phrase) })));
  const id = unique("phrases");
  const own = h("textarea", { id, rows: "4" });
  const told = h("div", { class: "fault", role: "status" });
  const save = h("button", { type: "button", class: "primary", text: pad.word("Save my phrases") });
  save.addEventListener("click", async () => {
    const lines = own.value.split("\n").map((one) => one.trim()).filter(Boolean);
    save.disabled = true;
    const outcome = await pad.ask(() => pad.source.phrases(pad.sheet.member, lines));
    save.disabled = false;
    say(told, outcome || pad.word("Saved."));
    if (outcome) return;
    pad.sheet.phrases.own = lines; // what was kept of them comes with the next sheet
    fill();
  });
  const edit = fold(pad.word("Edit my phrases"), false, h("label", { for: id, text: pad.word("One phrase a line") }), own, save, told);
  edit.addEventListener("toggle", () => { if (edit.open) own.value = pad.sheet.phrases.own.join("\n"); });
  pad.bits.push(() => put(chips, { hidden: !pad.editable }));
  fill();
  return h("section", { class: "criterion note" }, words,
    fold(pad.word("Phrases"), pad.sheet.phrases.own.length + pad.sheet.phrases.shared.length > 0, chips, edit),
    fault(pad, "note"));
}
