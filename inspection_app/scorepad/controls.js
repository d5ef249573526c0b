/** The controls of an item's clauses, by the shape of their table, and those that replace its points. No rule is here. */

import { fold, h, put, say, unique } from "dom";
import { NA, WHOLE_ITEM, fault, field, naBox, radios } from "fields";

export function clause(pad, item, criterion, rule, number) {
  const bare = (text) => text.replace(/。$/, "");
  // where the tiers are the whole rule, the rule stands above already
  const clause = bare(criterion.text) === bare(item.rule_text) ? pad.word("Choose the tier that holds") : criterion.text;
  const id = unique("clause");
  const clear = h("button", {
    type: "button", class: "clear", "aria-label": pad.word("Clear the answer"), title: pad.word("Clear the answer"), text: "×",
    onclick: () => {
      pad.change(criterion.id, (answers) => { delete answers[criterion.id]; });
      pad.announce(pad.word("Cleared."));
    },
  });
  const controls = h("div", { class: "controls" });
  const parts = [
    h("div", { class: "clause" }, h("span", { id, text: `${number}. ${clause}` }),
      h("span", { class: "worth", text: pad.word("{points} pt", { points: criterion.points }) }), clear),
    checks(pad, criterion),
  ];
  if (criterion.na) parts.push(naBox(pad, criterion.id, criterion.na));
  if (rule.parts) ticked(pad, controls, criterion, rule, id, item);
  else if (rule.by_answer) chosen(pad, controls, criterion, id);
  else if (rule.reading) measured(pad, controls, criterion, rule);
  else entered(pad, controls, criterion, rule, id);
  parts.push(controls, fault(pad, criterion.id));
  const section = h("section", { class: "criterion", "aria-labelledby": id, "data-criterion": criterion.id }, ...parts);
  pad.bits.push((form) => {
    const answer = form.answers[criterion.id];
    put(controls, { hidden: answer === NA });
    put(clear, { hidden: !pad.editable });
    clear.style.visibility = answer === undefined || answer === NA ? "hidden" : "visible";
  });
  return section;
}

function checks(pad, criterion) {
  if (!criterion.checks || !criterion.checks.length) return null;
  return h("ul", { class: "checks" }, criterion.checks.map((check) => {
    const figure = check.figure && pad.sheet.figures[check.figure];
    const contradicts = figure && pad.points.meets(check.holds, figure) === false;
    return h("li", {}, check.text, figure
      ? h("span", { class: `badge ${contradicts ? "waiting" : "quiet"}`, text: `${contradicts ? "⚑ " : ""}${figure.value} ${figure.unit}` })
      : null);
  }));
}

function ticked(pad, controls, criterion, rule, id, item) {
  const parts = criterion.parts || [];
  const isPart = (answer) => typeof answer === "object" && answer !== null;
  const several = parts.length > 1;
  const options = [
    { value: "yes", text: pad.word("Reached") },
    ...[...parts].reverse().map((part) => ({ value: part, text: pad.word("In part"), detail: several ? part : "" })),
    { value: "no", text: pad.word("Not reached") },
  ];
  controls.append(radios(pad, {
    labelledby: id, options,
    chosen: ({ answers }) => {
      const answer = answers[criterion.id];
      return isPart(answer) ? answer.points : { true: "yes", false: "no" }[answer];
    },
    choose: (value) => pad.change(criterion.id, (answers) => {
      const before = answers[criterion.id];
      if (value === "yes" || value === "no") answers[criterion.id] = value === "yes";
      else answers[criterion.id] = { points: value, reason: isPart(before) ? before.reason : "" };
    }),
    clear: () => pad.change(criterion.id, (answers) => { delete answers[criterion.id]; }),
  }));
  if (!parts.length) return;
  const reason = field(pad, {
    key: criterion.id, label: pad.word("Why only in part?"), placeholder: pad.word("In a few words"),
    get: (answers) => (isPart(answers[criterion.id]) ? answers[criterion.id].reason : ""),
    set: (answers, form, value) => { if (isPart(answers[criterion.id])) answers[criterion.id].reason = value; },
  });
  controls.append(reason);
  pad.bits.push(({ answers }) => put(reason, { hidden: !isPart(answers[criterion.id]) }));
}

function chosen(pad, controls, criterion, id) {
  const options = criterion.tiers.map((tier, place) => ({
    value: place + 1, text: tier.text, detail: tier.text.includes(tier.points) || tier.points === "0" ? "" : tier.points,
  }));
  options.push({ value: 0, text: pad.word("None of them fits") });
  controls.append(radios(pad, {
    labelledby: id, options, column: true,
    chosen: ({ answers }) => {
      const answer = answers[criterion.id];
      return answer === undefined ? undefined : Number(answer);
    },
    choose: (value) => pad.change(criterion.id, (answers) => { answers[criterion.id] = value; }),
    clear: () => pad.change(criterion.id, (answers) => { delete answers[criterion.id]; }),
  }));
  const advice = h("div", { class: "meta", text: pad.word("No points follow until you replace them below, with a reason.") });
  controls.append(advice);
  pad.bits.push(({ answers }) => put(advice, { hidden: Number(answers[criterion.id] ?? 1) !== 0 }));
}

function measured(pad, controls, criterion, rule) {
  const { figure } = criterion;
  const known = pad.points.agreed(criterion, pad.sheet.figures);
  const key = criterion.id;
  const isPair = (answer) => typeof answer === "object" && answer !== null;
  const own = h("div", { class: "pair" });
  own.append(field(pad, {
    key, label: `${figure.title}（${figure.unit}）`, decimal: true, unit: figure.unit,
    get: (answers) => (isPair(answers[key]) ? answers[key].value : answers[key] === NA ? "" : answers[key]),
    set: (answers, form, value) => {
      if (isPair(answers[key])) answers[key].value = value;
      else if (value) answers[key] = value;
      else delete answers[key];
    },
  }));
  if (figure.against) {
    own.append(field(pad, {
      key, label: figure.against === "target" ? pad.word("To compare with") : pad.word("Last year"), decimal: true, unit: figure.unit,
      get: (answers) => (isPair(answers[key]) ? answers[key][figure.against] : ""),
      set: (answers, form, value) => {
        const before = answers[key];
        answers[key] = { value: isPair(before) ? before.value : before ?? "", [figure.against]: value };
      },
    }));
  }
  controls.append(own);
  if (known) {
    const compared = figure.against && known[figure.against] ? ` / ${known[figure.against]} ${figure.unit}` : "";
    const doubt = h("span", { class: "badge waiting", text: `⚐ ${pad.word("disputed")}`, hidden: !known.disputed });
    const drop = h("button", {
      type: "button", text: pad.word("Use the agreed figure"),
      onclick: () => pad.change(key, (answers) => { delete answers[key]; }),
    });
    controls.prepend(h("div", { class: "agreed" },
      h("span", { class: "badge saved", text: pad.word("agreed figure") }), doubt,
      h("b", { text: pad.word("{label}: {told}", { label: figure.title, told: `${known.value} ${figure.unit}${compared}` }) }),
      h("span", { class: "meta", text: known.source || "" })), dispute(pad, figure.key, doubt));
    controls.append(drop);
    pad.bits.push(({ answers }) => {
      const overruled = answers[key] !== undefined && answers[key] !== NA;
      put(own, { hidden: !overruled }); // entered before the figure was agreed
      put(drop, { hidden: !overruled || !pad.editable });
    });
  }
  const earned = h("div", { class: "earned meta" });
  controls.append(earned);
  pad.bits.push((form, found) => {
    const line = found.lines.find((one) => one.criterion === key);
    const text = !line || !line.reading ? "" : line.points
      ? `= ${pad.points.written(line.points)}　${pad.points.written(line.reading, 4)} (${between(line.range)})`
      : pad.word("{number}: the text has no tier for this", { number: pad.points.written(line.reading, 4) });
    say(earned, text);
  });
}

function between({ low, low_in, high, high_in }) {
  if (low !== null && low === high) return `= ${low}`;
  return [low === null ? "" : `${low_in ? "≥" : ">"} ${low}`, high === null ? "" : `${high_in ? "≤" : "<"} ${high}`]
    .filter(Boolean).join(", ");
}

function entered(pad, controls, criterion, rule, id) {
  const key = criterion.id;
  const isPair = (answer) => typeof answer === "object" && answer !== null;
  const points = (answers) => (isPair(answers[key]) ? answers[key].points : answers[key]);
  const enter = (answers, value) => {
    const reason = isPair(answers[key]) ? answers[key].reason : "";
    if (reason) answers[key] = { points: value, reason };
    else if (value) answers[key] = value;
    else delete answers[key];
  };
  if (criterion.external) controls.append(h("div", { class: "meta", text: pad.word("These points come from a department.") }));
  if (criterion.allowed.length) {
    controls.append(radios(pad, {
      labelledby: id, options: criterion.allowed.map((value) => ({ value, text: value })),
      chosen: ({ answers }) => {
        const given = pad.points.parseNumber(points(answers) ?? "");
        return given ? pad.points.written(given) : undefined;
      },
      choose: (value) => pad.change(key, (answers) => enter(answers, value)),
      clear: () => pad.change(key, (answers) => enter(answers, "")),
    }));
  } else {
    controls.append(field(pad, {
      key, label: pad.word("Points, 0 to {points}", { points: criterion.points }), decimal: true, unit: pad.word("pt"),
      get: points, set: (answers, form, value) => enter(answers, value),
    }));
  }
  controls.append(field(pad, {
    key, label: pad.word("Reason"),
    placeholder: {
      "": pad.word("Reason, if you like"), less: pad.word("Reason, for less than full points"),
      points: pad.word("Reason, where points come off"),
    }[rule.entered.reason],
    get: (answers) => (isPair(answers[key]) ? answers[key].reason : ""),
    set: (answers, form, value) => {
      const given = points(answers) ?? "";
      if (value) answers[key] = { points: given, reason: value };
      else if (given) answers[key] = given;
      else delete answers[key];
    },
  }));
}

/** One tap opens it, a sentence and another tap sends it. */
function dispute(pad, key, doubt) {
  const id = unique("dispute");
  const text = h("textarea", { id, rows: "2" });
  const told = h("div", { class: "fault", role: "status" });
  const send = h("button", { type: "button", class: "primary", text: pad.word("Send the dispute") });
  const form = h("div", { class: "dispute", hidden: true },
    h("label", { for: id, text: pad.word("What is wrong, and where you saw it") }), text, send, told);
  const open = h("button", {
    type: "button", class: "quiet-button", "aria-expanded": "false", text: `⚐ ${pad.word("Dispute")}`,
    onclick: () => {
      form.hidden = !form.hidden;
      open.setAttribute("aria-expanded", String(!form.hidden));
      if (!form.hidden) text.focus();
    },
  });
  send.addEventListener("click", async () => {
    send.disabled = true;
    const outcome = await pad.ask(() => pad.source.dispute(pad.sheet.member, key, text.value));
    send.disabled = false;
    say(told, outcome);
    if (outcome) return;
    text.value = "";
    form.hidden = true;
    doubt.hidden = false;
    pad.sheet.figures[key].disputed = true;
    pad.announce(pad.word("Recorded. Scoring goes on with the figure as it stands until the office answers."));
  });
  const whole = h("div", {}, open, form);
  pad.bits.push(() => put(whole, { hidden: !pad.sheet.writable || pad.locked }));
  return whole;
}

/** Points of one's own with a reason, and not applicable where the rubric allows it. */
export function adjust(pad, item) {
  const whole = (answers) => (typeof answers[WHOLE_ITEM] === "object" && answers[WHOLE_ITEM] ? answers[WHOLE_ITEM] : {});
  const set = (part) => (answers, form, value) => {
    const one = { override: "", reason: "", ...whole(answers), [part]: value };
    if (one.override || one.reason) answers[WHOLE_ITEM] = one;
    else delete answers[WHOLE_ITEM];
  };
  const folded = fold(pad.word("Replace the points, with a reason"), false,
    h("div", { class: "pair" },
      field(pad, {
        key: WHOLE_ITEM, label: pad.word("Points"), decimal: true, unit: `/ ${item.ceiling}`,
        get: (answers) => whole(answers).override, set: set("override"),
      }),
      field(pad, { key: WHOLE_ITEM, label: pad.word("Reason (the chair sees it)"), get: (answers) => whole(answers).reason, set: set("reason") })));
  let seen = false;
  pad.bits.push(({ answers }, found) => {
    const wanted = Boolean(whole(answers).override || whole(answers).reason || found.open[WHOLE_ITEM]);
    if (wanted && !seen) folded.open = true;
    seen = wanted;
    put(folded, { hidden: !pad.editable && !wanted });
  });
  return h("section", { class: "criterion adjust" }, folded,
    item.na ? naBox(pad, WHOLE_ITEM, item.na) : null, fault(pad, WHOLE_ITEM));
}
