/** Two screens changed one item: both versions beside each other, and those that were put aside earlier. */

import { clone, fold, h, time } from "dom";
import { NA, WHOLE_ITEM } from "fields";

/** Two screens changed the item: both versions, and what was put aside earlier. */
export function versions(pad) {
  const box = h("section", { class: "versions", "aria-live": "polite" });
  let shown = "";
  pad.bits.push((form, found, standing) => {
    const key = JSON.stringify([standing.conflict, standing.kept, standing.conflict ? form : 0, pad.editable]);
    if (key === shown) return;
    shown = key;
    box.replaceChildren();
    if (standing.conflict) {
      const { latest } = standing.conflict;
      box.append(h("div", { class: "line waiting" }, h("p", {
        text: `⚠ ${pad.word("This item was changed on another screen in the meantime. Both versions are kept; choose one.")}`,
      })), h("div", { class: "two" },
        version(pad, pad.word("Other screen"), latest, time(latest.at), pad.word("Keep the other one"), () => choose(pad, false)),
        version(pad, pad.word("This screen"), form, "", pad.word("Use this one"), () => choose(pad, true))));
    }
    if (standing.kept.length) {
      box.append(fold(pad.word("Versions put aside ({count})", { count: standing.kept.length }), false,
        standing.kept.map((one) => version(pad, one.mine ? pad.word("This screen") : pad.word("Other screen"), one, "",
          pad.word("Take this one again"), () => pad.change("versions", (answers, whole) => {
            for (const old of Object.keys(answers)) delete answers[old];
            Object.assign(answers, clone(one.answers));
            whole.note = one.note;
          })))));
    }
  });
  return box;
}

function choose(pad, mine) {
  pad.undoable = pad.undoable.filter((step) => step.no !== pad.no);
  pad.outbox.choose(pad.no, mine);
}

function version(pad, title, { answers, note }, at, label, act) {
  const item = pad.item(pad.no);
  const found = pad.points.score(item, pad.points.sendable(item, answers, pad.sheet.figures).answers, pad.sheet.figures);
  const button = h("button", { type: "button", text: label, onclick: act });
  button.hidden = !pad.editable;
  return h("div", { class: "version" }, h("b", { text: `${title} ${at}` }),
    h("ul", { class: "checks" }, item.criteria.map((criterion, place) =>
      h("li", { text: `${place + 1}. ${told(pad, criterion, answers[criterion.id])}` })),
    answers[WHOLE_ITEM] ? h("li", { text: told(pad, null, answers[WHOLE_ITEM]) }) : null),
    h("p", { text: note || "—" }),
    h("p", { class: "score", text: found.points ?? found.partial ?? "" }), button);
}

/** Tell an answer in words. */
function told(pad, criterion, answer) {
  if (answer === undefined || answer === null) return "—";
  if (answer === NA) return pad.word("not applicable");
  if (answer === true) return pad.word("Reached");
  if (answer === false) return pad.word("Not reached");
  if (typeof answer === "object") return Object.values(answer).filter(Boolean).join(" · ");
  if (criterion && criterion.tiers && criterion.tiers.length) {
    return Number(answer) ? criterion.tiers[Number(answer) - 1]?.text ?? String(answer) : pad.word("None of them fits");
  }
  return String(answer);
}
