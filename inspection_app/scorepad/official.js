/** The head of an item: the official words, and what is known of it from the documents. */

import { fold, h } from "dom";

export function official(pad) {
  const item = pad.item(pad.no);
  const aspect = pad.sheet.rubric.aspects.find((one) => one.items.includes(pad.no));
  const hints = pad.sheet.hints[pad.no] || {};
  const told = [];
  if (hints.self_check) told.push(pad.word("self-check {points}", { points: hints.self_check }));
  if (hints.page) told.push(pad.word("documents p. {page}", { page: hints.page }));
  for (const mark of hints.desk || []) told.push(pad.word("desk mark {points} ({name})", mark));
  const errata = item.errata || [];
  return [
    h("div", { class: "where-in" }, h("span", { text: aspect.title }),
      h("span", { class: "place", text: `${pad.order.indexOf(pad.no) + 1} / ${pad.order.length}` })),
    h("div", { class: "item-head" },
      h("h2", { class: "title", id: "pad-title", tabindex: "-1", text: `${pad.no}　${item.content}` }),
      h("span", { class: "full", text: pad.word("out of {points}", { points: item.ceiling }) })),
    h("div", { class: "meta" },
      h("span", { text: [...item.verification, ...(item.responsible || [])].join(" · ") }),
      told.map((one) => h("span", { class: "badge quiet", text: one }))),
    h("div", { class: "meta", text: pad.word("Scoring rule (official text)") }),
    h("div", { class: "official", text: item.rule_text }),
    item.prompts.length
      ? fold(pad.word("What to look at (official text, without points)"), true,
        h("ul", { class: "checks" }, item.prompts.map((one) => h("li", { text: one }))))
      : null,
    errata.length
      ? fold(`⚑ ${pad.word("Errata of the official text")}`, false,
        errata.map((one) => h("div", { class: "official" }, one.says, h("br"), `→ ${one.does}`)))
      : null,
  ].filter(Boolean);
}
