/**
 * Everything that is seen of the score sheet, and what fingers and keys do to it.
 *
 * An item's controls are made once, when it is opened; after that only their state is refreshed. A field that somebody
 * is in is never written to and never made anew: an input method would lose the word it is composing. Where the sheet
 * comes from and goes to is not known here (`source`, `outbox`), and no rule is (`points`).
 */

const WHOLE_ITEM = "item";
const NA = "na";
const SIGNS = { scored: "✓", unmarked: "□", not_applicable: "–", recused: "⊘", not_assigned: "·", by_group: "⊕" };
const UNDO_STEPS = 50;

/** Make an element: attributes by name, `on…` as listeners, `text`, children. */
function h(tag, given = {}, ...children) {
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

/** Change a text only where it differs, so that nothing is painted or read out twice. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const clone = (value) => JSON.parse(JSON.stringify(value));
const time = (iso) => String(iso || "").slice(11, 19);
let serial = 0;
const unique = (stem) => `pad-${stem}-${(serial += 1)}`;

export class View {
  /**
   * @param root    an element of the page
   * @param place   {get(), set(no)}: which item is open, kept by whoever starts the pad
   */
  constructor({ root, sheet, outbox, points, source, place, now = () => Date.now() }) {
    Object.assign(this, { root, outbox, points, source, place, now });
    this.undoable = [];
    this.bits = [];
    this.scores = new Map();
    this.locked = false;
    this.filter = "all";
    this._take(sheet);
    this._build();
    const asked = place.get();
    this.open(this.order.includes(asked) ? asked : this.order.find((no) => this._missing(no)) || this.order[0], false);
    this.ticking = setInterval(() => this._refreshFoot(), 1000);
  }

  stop() {
    clearInterval(this.ticking);
    this.overview.remove();
  }

  /** Translate a message and fill it in. */
  word(id, values = {}) {
    const text = this.words[id] || id;
    return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
  }

  // The sheet

  _take(sheet) {
    this.sheet = sheet;
    this.words = sheet.words;
    this.order = sheet.rubric.aspects.flatMap((aspect) => aspect.items);
    this.scores.clear();
  }

  /** Another version of the sheet came from the hub; what is being written stays as it is. */
  renew(sheet) {
    const before = JSON.stringify([this.sheet.figures, this.sheet.writable, this.sheet.declared, this.sheet.hints,
      this.sheet.sheet[this.no]?.duty]);
    this._take(sheet);
    const after = JSON.stringify([sheet.figures, sheet.writable, sheet.declared, sheet.hints, sheet.sheet[this.no]?.duty]);
    const busy = this.article.contains(document.activeElement) && /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (before !== after && !busy) this.open(this.no, false);
    else {
      this.late = before !== after; // made anew as soon as the field is left
      this.refresh();
    }
  }

  _item(no) {
    return this.sheet.rubric.items[no];
  }

  _duty(no) {
    return this.sheet.sheet[no]?.duty || "not_assigned";
  }

  get editable() {
    return this.sheet.writable && !this.locked && this._duty(this.no) === "own";
  }

  /** Return an item's score as it is on this tablet. */
  _score(no) {
    if (!this.scores.has(no)) {
      const duty = this._duty(no);
      if (duty !== "own") this.scores.set(no, { state: duty, points: null, partial: "0", flags: [], lines: [], open: {} });
      else {
        const { answers, open } = this.points.sendable(this._item(no), this.outbox.shows(no).answers, this.sheet.figures);
        const found = this.points.score(this._item(no), answers, this.sheet.figures);
        this.scores.set(no, found.refusal
          ? { state: "unmarked", points: null, partial: "0", flags: [], lines: [], open: { ...open, [found.criterion]: found.refusal } }
          : { ...found, open });
      }
    }
    return this.scores.get(no);
  }

  _missing(no) {
    return this._score(no).state === "unmarked";
  }

  /** Something changed in the outbox, here or in another tab. */
  changed(no) {
    if (no) this.scores.delete(no);
    if (this.article) this.refresh();
  }

  // Changing

  /** Change what stands on the screen for this item, by a person. */
  _change(field, mutate, { typing = false, hold = false } = {}) {
    const no = this.no;
    const before = clone(this.outbox.shows(no));
    const form = clone(before);
    mutate(form.answers, form);
    if (JSON.stringify(form) === JSON.stringify(before) && hold === this.held) return;
    this.held = hold;
    const last = this.undoable.at(-1);
    if (!(typing && last && last.no === no && last.field === field && last.typing)) {
      this.undoable.push({ no, field, typing, before });
      this.undoable.splice(0, this.undoable.length - UNDO_STEPS);
    }
    this._put(no, form, { field, typing, hold });
  }

  _put(no, form, how = {}) {
    const { answers, open } = this.points.sendable(this._item(no), form.answers, this.sheet.figures);
    this.outbox.put(no, form, answers, { ...how, open });
  }

  undo() {
    const step = this.undoable.pop();
    if (!step) return;
    if (step.no !== this.no) this.open(step.no);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    this._put(step.no, step.before, { field: step.field });
    this.announce(this.word("The last change is undone."));
  }

  /** Take up again what a page before had not finished. */
  resume() {
    for (const no of this.outbox.unfinished()) {
      if (this.order.includes(no) && this.sheet.writable && this._duty(no) === "own") this._put(no, this.outbox.shows(no));
    }
  }

  // The frame

  _build() {
    const { root } = this;
    root.replaceChildren();
    root.classList.add("pad");
    this.notice = h("div", { class: "notice", hidden: true });
    this.article = h("article", { class: "item", "aria-labelledby": "pad-title" });
    this.live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.badge = h("span", { class: "badge quiet" });
    this.points_ = h("b", { class: "number" });
    this.flags = h("span", { class: "flags" });
    this.ceiling = h("span", { class: "ceiling" });
    this.undoButton = h("button", { type: "button", class: "undo", onclick: () => this.undo() },
      h("span", { "aria-hidden": "true", text: "↶" }), h("span", { class: "label", text: this.word("Undo") }));
    this.undoButton.setAttribute("aria-label", this.word("Undo the last change"));
    this.previous = h("button", { type: "button", onclick: () => this.step(-1) });
    this.next = h("button", { type: "button", class: "primary", onclick: () => this.step(1) });
    say(this.previous, `‹ ${this.word("Previous")}`);
    say(this.next, `${this.word("Next")} ›`);
    this.middle = h("button", { type: "button", class: "to-overview", "aria-haspopup": "dialog", onclick: () => this.showOverview() });
    this.foot = h("footer", { class: "foot" },
      h("div", { class: "standing" }, this.badge, this.flags,
        h("div", { class: "score" }, h("span", { class: "unseen", text: this.word("Points") }), this.points_, " ", this.ceiling)),
      h("nav", { class: "ways", "aria-label": this.word("Items") }, this.undoButton, this.previous, this.middle, this.next));
    this._buildOverview();
    root.append(this.live, this.notice, this.article, this.foot, this.overview);
  }

  announce(text) {
    say(this.live, text);
  }

  step(by) {
    const to = this.order[this.order.indexOf(this.no) + by];
    if (to) this.open(to);
  }

  /** Open an item. */
  open(no, moved = true) {
    this.no = no;
    this.late = false;
    this.held = false;
    this.bits = [];
    this.place.set(no);
    this.article.replaceChildren(...this._head(), ...this._body());
    this.refresh();
    if (moved) {
      this.root.scrollIntoView({ block: "start" });
      this.article.querySelector(".title").focus({ preventScroll: true });
    }
  }

  /** Bring everything on the screen to how things stand now. */
  refresh() {
    this.scores.delete(this.no);
    if (this.late && !this.article.contains(document.activeElement)) {
      this.open(this.no, false);
      return;
    }
    const form = this.outbox.shows(this.no);
    const found = this._score(this.no);
    const standing = this.outbox.standing(this.no);
    for (const bit of this.bits) bit(form, found, standing);
    this._refreshNotice(standing);
    this._refreshFoot();
    if (this.overview.open) this._refreshOverview();
  }

  // The item

  _head() {
    const item = this._item(this.no);
    const aspect = this.sheet.rubric.aspects.find((one) => one.items.includes(this.no));
    const hints = this.sheet.hints[this.no] || {};
    const told = [];
    if (hints.self_check) told.push(this.word("self-check {points}", { points: hints.self_check }));
    if (hints.page) told.push(this.word("documents p. {page}", { page: hints.page }));
    for (const mark of hints.desk || []) told.push(this.word("desk mark {points} ({name})", mark));
    const errata = item.errata || [];
    return [
      h("div", { class: "where-in" }, h("span", { text: aspect.title }),
        h("span", { class: "place", text: `${this.order.indexOf(this.no) + 1} / ${this.order.length}` })),
      h("div", { class: "item-head" },
        h("h2", { class: "title", id: "pad-title", tabindex: "-1", text: `${this.no}　${item.content}` }),
        h("span", { class: "full", text: this.word("out of {points}", { points: item.ceiling }) })),
      h("div", { class: "meta" },
        h("span", { text: [...item.verification, ...(item.responsible || [])].join(" · ") }),
        told.map((one) => h("span", { class: "badge quiet", text: one }))),
      h("div", { class: "meta", text: this.word("Scoring rule (official text)") }),
      h("div", { class: "official", text: item.rule_text }),
      item.prompts.length
        ? this._fold(this.word("What to look at (official text, without points)"), true,
          h("ul", { class: "checks" }, item.prompts.map((one) => h("li", { text: one }))))
        : null,
      errata.length
        ? this._fold(`⚑ ${this.word("Errata of the official text")}`, false,
          errata.map((one) => h("div", { class: "official" }, one.says, h("br"), `→ ${one.does}`)))
        : null,
    ].filter(Boolean);
  }

  _fold(title, open, ...children) {
    return h("details", { open }, h("summary", { text: title }), h("div", { class: "folded" }, ...children));
  }

  _body() {
    const duty = this._duty(this.no);
    const empty = (title, text) => [h("div", { class: "empty" }, h("b", { text: title }), h("p", { text }))];
    if (duty === "recused") {
      return empty(this.word("You are recused from this item"), this.word("Others score it; it leaves the mean visibly."));
    }
    if (duty === "by_group") {
      return empty(this.word("Scored by your group"),
        this.word("The agreed mark of “{group}” is on its leader's sheet.", { group: this.sheet.sheet[this.no].group }));
    }
    if (duty !== "own") {
      return empty(this.word("Not assigned to you"), this.word("Somebody else on the panel scores this item."));
    }
    const item = this._item(this.no);
    return [
      this._versions(),
      ...item.criteria.map((criterion, place) => this._criterion(item, criterion, item.table.criteria[place], place + 1)),
      this._note(),
      this._adjust(item),
    ];
  }

  _criterion(item, criterion, rule, number) {
    const bare = (text) => text.replace(/。$/, "");
    // where the tiers are the whole rule, the rule stands above already
    const clause = bare(criterion.text) === bare(item.rule_text) ? this.word("Choose the tier that holds") : criterion.text;
    const id = unique("clause");
    const clear = h("button", {
      type: "button", class: "clear", "aria-label": this.word("Clear the answer"), title: this.word("Clear the answer"), text: "×",
      onclick: () => {
        this._change(criterion.id, (answers) => { delete answers[criterion.id]; });
        this.announce(this.word("Cleared."));
      },
    });
    const controls = h("div", { class: "controls" });
    const parts = [
      h("div", { class: "clause" }, h("span", { id, text: `${number}. ${clause}` }),
        h("span", { class: "worth", text: this.word("{points} pt", { points: criterion.points }) }), clear),
      this._checks(criterion),
    ];
    if (criterion.na) parts.push(this._naBox(criterion.id, criterion.na));
    if (rule.parts) this._ticked(controls, criterion, rule, id, item);
    else if (rule.by_answer) this._chosen(controls, criterion, id);
    else if (rule.reading) this._measured(controls, criterion, rule);
    else this._entered(controls, criterion, rule, id);
    parts.push(controls, this._fault(criterion.id));
    const section = h("section", { class: "criterion", "aria-labelledby": id, "data-criterion": criterion.id }, ...parts);
    this.bits.push((form) => {
      const answer = form.answers[criterion.id];
      controls.hidden = answer === NA;
      clear.disabled = !this.editable;
      clear.style.visibility = answer === undefined || answer === NA ? "hidden" : "visible";
    });
    return section;
  }

  _checks(criterion) {
    if (!criterion.checks || !criterion.checks.length) return null;
    return h("ul", { class: "checks" }, criterion.checks.map((check) => {
      const figure = check.figure && this.sheet.figures[check.figure];
      const contradicts = figure && this.points.meets(check.holds, figure) === false;
      return h("li", {}, check.text, figure
        ? h("span", { class: `badge ${contradicts ? "waiting" : "quiet"}`, text: `${contradicts ? "⚑ " : ""}${figure.value} ${figure.unit}` })
        : null);
    }));
  }

  /** Large targets of which one is chosen; arrows move, space and enter choose, delete clears. */
  _radios({ labelledby, label, options, chosen, choose, clear, column = false }) {
    const group = h("div", { class: column ? "radios column" : "radios", role: "radiogroup", "aria-labelledby": labelledby, "aria-label": label });
    const buttons = options.map(({ value, text, detail }) =>
      h("button", { type: "button", role: "radio", "data-value": String(value), onclick: () => choose(value) },
        h("span", { class: "mark", "aria-hidden": "true" }), h("span", { class: "text", text }),
        detail ? h("span", { class: "detail", text: detail }) : null));
    group.append(...buttons);
    group.addEventListener("keydown", (event) => {
      const at = buttons.indexOf(document.activeElement);
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (by) {
        event.preventDefault();
        buttons[(at + by + buttons.length) % buttons.length].focus();
      } else if (clear && (event.key === "Delete" || event.key === "Backspace") && this.editable) {
        event.preventDefault();
        clear();
      }
    });
    this.bits.push((form, found) => {
      const at = options.findIndex((option) => option.value === chosen(form, found));
      buttons.forEach((button, place) => {
        const checked = String(place === at);
        if (button.getAttribute("aria-checked") !== checked) button.setAttribute("aria-checked", checked);
        button.tabIndex = place === Math.max(at, 0) ? 0 : -1;
        button.disabled = !this.editable;
      });
    });
    return group;
  }

  /** A field whose words are kept with every stroke and never written over while somebody is in it. */
  _field({ key, label, labelledby, hiddenLabel = false, get, set, placeholder = "", decimal = false, rows = 0, describedby, unit }) {
    const id = unique("field");
    const input = rows ? h("textarea", { rows: String(rows) }) : h("input", { type: "text" });
    const given = {
      id, placeholder, autocomplete: "off", autocapitalize: "off", "aria-describedby": describedby,
      inputmode: decimal ? "decimal" : undefined, enterkeyhint: rows ? undefined : "done", "aria-label": hiddenLabel ? label : undefined,
    };
    for (const [name, value] of Object.entries(given)) if (value !== undefined) input.setAttribute(name, value);
    let composing = false;
    const keep = () => this._change(key, (answers, form) => set(answers, form, input.value), { typing: true, hold: composing });
    input.addEventListener("compositionstart", () => { composing = true; });
    input.addEventListener("compositionend", () => { composing = false; keep(); });
    input.addEventListener("input", keep);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !rows && !event.isComposing) input.blur();
    });
    input.addEventListener("blur", () => {
      if (composing) { composing = false; keep(); }
      this.outbox.hasten(this.no);
      setTimeout(() => this.refresh());
    });
    this.bits.push((form) => {
      input.readOnly = !this.editable;
      input.classList.toggle("locked", !this.editable);
      if (document.activeElement === input || composing) return;
      const value = get(form.answers, form) ?? "";
      if (input.value !== value) input.value = value;
    });
    const shown = hiddenLabel ? null : h("label", { for: id, text: label });
    return h("div", { class: decimal ? "field decimal" : "field" }, shown,
      unit ? h("div", { class: "with-unit" }, input, h("span", { class: "unit", text: unit })) : input);
  }

  /** A box for "not applicable": of a clause, or of the whole item. */
  _naBox(key, condition) {
    const button = h("button", {
      type: "button", class: "na", role: "checkbox",
      onclick: () => this._change(key, (answers) => { if (answers[key] === NA) delete answers[key]; else answers[key] = NA; }),
    }, h("span", { class: "mark", "aria-hidden": "true" }), h("span", { class: "text", text: this.word("Not applicable: {condition}", { condition }) }));
    this.bits.push((form) => {
      button.setAttribute("aria-checked", String(form.answers[key] === NA));
      button.disabled = !this.editable;
    });
    return button;
  }

  _ticked(controls, criterion, rule, id, item) {
    const parts = criterion.parts || [];
    const isPart = (answer) => typeof answer === "object" && answer !== null;
    const several = parts.length > 1;
    const options = [
      { value: "yes", text: this.word("Reached") },
      ...[...parts].reverse().map((part) => ({ value: part, text: this.word("In part"), detail: several ? part : "" })),
      { value: "no", text: this.word("Not reached") },
    ];
    controls.append(this._radios({
      labelledby: id, options,
      chosen: ({ answers }) => {
        const answer = answers[criterion.id];
        return isPart(answer) ? answer.points : { true: "yes", false: "no" }[answer];
      },
      choose: (value) => this._change(criterion.id, (answers) => {
        const before = answers[criterion.id];
        if (value === "yes" || value === "no") answers[criterion.id] = value === "yes";
        else answers[criterion.id] = { points: value, reason: isPart(before) ? before.reason : "" };
      }),
      clear: () => this._change(criterion.id, (answers) => { delete answers[criterion.id]; }),
    }));
    if (!parts.length) return;
    const reason = this._field({
      key: criterion.id, label: this.word("Why only in part?"), placeholder: this.word("In a few words"),
      get: (answers) => (isPart(answers[criterion.id]) ? answers[criterion.id].reason : ""),
      set: (answers, form, value) => { if (isPart(answers[criterion.id])) answers[criterion.id].reason = value; },
    });
    controls.append(reason);
    this.bits.push(({ answers }) => { reason.hidden = !isPart(answers[criterion.id]); });
  }

  _chosen(controls, criterion, id) {
    const options = criterion.tiers.map((tier, place) => ({
      value: place + 1, text: tier.text, detail: tier.text.includes(tier.points) || tier.points === "0" ? "" : tier.points,
    }));
    options.push({ value: 0, text: this.word("None of them fits") });
    controls.append(this._radios({
      labelledby: id, options, column: true,
      chosen: ({ answers }) => {
        const answer = answers[criterion.id];
        return answer === undefined ? undefined : Number(answer);
      },
      choose: (value) => this._change(criterion.id, (answers) => { answers[criterion.id] = value; }),
      clear: () => this._change(criterion.id, (answers) => { delete answers[criterion.id]; }),
    }));
    const advice = h("div", { class: "meta", text: this.word("No points follow until you replace them below, with a reason.") });
    controls.append(advice);
    this.bits.push(({ answers }) => { advice.hidden = Number(answers[criterion.id] ?? 1) !== 0; });
  }

  _measured(controls, criterion, rule) {
    const { figure } = criterion;
    const known = this.points.agreed(criterion, this.sheet.figures);
    const key = criterion.id;
    const isPair = (answer) => typeof answer === "object" && answer !== null;
    const own = h("div", { class: "pair" });
    own.append(this._field({
      key, label: `${figure.title}（${figure.unit}）`, decimal: true, unit: figure.unit,
      get: (answers) => (isPair(answers[key]) ? answers[key].value : answers[key] === NA ? "" : answers[key]),
      set: (answers, form, value) => {
        if (isPair(answers[key])) answers[key].value = value;
        else if (value) answers[key] = value;
        else delete answers[key];
      },
    }));
    if (figure.against) {
      own.append(this._field({
        key, label: figure.against === "target" ? this.word("To compare with") : this.word("Last year"), decimal: true, unit: figure.unit,
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
      const doubt = h("span", { class: "badge waiting", text: `⚐ ${this.word("disputed")}`, hidden: !known.disputed });
      const drop = h("button", {
        type: "button", text: this.word("Use the agreed figure"),
        onclick: () => this._change(key, (answers) => { delete answers[key]; }),
      });
      controls.prepend(h("div", { class: "agreed" },
        h("span", { class: "badge saved", text: this.word("agreed figure") }), doubt,
        h("b", { text: `${figure.title}：${known.value} ${figure.unit}${compared}` }),
        h("span", { class: "meta", text: known.source || "" })), this._dispute(figure.key, doubt));
      controls.append(drop);
      this.bits.push(({ answers }) => {
        const overruled = answers[key] !== undefined && answers[key] !== NA;
        own.hidden = drop.hidden = !overruled; // entered before the figure was agreed
        drop.disabled = !this.editable;
      });
    }
    const earned = h("div", { class: "earned meta" });
    controls.append(earned);
    this.bits.push((form, found) => {
      const line = found.lines.find((one) => one.criterion === key);
      const text = !line || !line.reading ? "" : line.points
        ? `= ${this.points.written(line.points)}　${this.points.written(line.reading, 4)} (${this._range(line.range)})`
        : this.word("{number}: the text has no tier for this", { number: this.points.written(line.reading, 4) });
      say(earned, text);
    });
  }

  _range({ low, low_in, high, high_in }) {
    if (low !== null && low === high) return `= ${low}`;
    return [low === null ? "" : `${low_in ? "≥" : ">"} ${low}`, high === null ? "" : `${high_in ? "≤" : "<"} ${high}`]
      .filter(Boolean).join(", ");
  }

  /** One tap opens it, a sentence and another tap sends it. */
  _dispute(key, doubt) {
    const id = unique("dispute");
    const text = h("textarea", { id, rows: "2" });
    const told = h("div", { class: "fault", role: "status" });
    const send = h("button", { type: "button", class: "primary", text: this.word("Send the dispute") });
    const form = h("div", { class: "dispute", hidden: true },
      h("label", { for: id, text: this.word("What is wrong, and where you saw it") }), text, send, told);
    const open = h("button", {
      type: "button", class: "quiet-button", "aria-expanded": "false", text: `⚐ ${this.word("Dispute")}`,
      onclick: () => {
        form.hidden = !form.hidden;
        open.setAttribute("aria-expanded", String(!form.hidden));
        if (!form.hidden) text.focus();
      },
    });
    send.addEventListener("click", async () => {
      send.disabled = true;
      const outcome = await this._ask(() => this.source.dispute(this.sheet.member, key, text.value));
      send.disabled = false;
      say(told, outcome);
      if (outcome) return;
      text.value = "";
      form.hidden = true;
      doubt.hidden = false;
      this.sheet.figures[key].disputed = true;
      this.announce(this.word("Recorded. Scoring goes on with the figure as it stands until the office answers."));
    });
    this.bits.push(() => { open.disabled = send.disabled = !this.sheet.writable || this.locked; });
    return h("div", {}, open, form);
  }

  /** Ask the hub for something that is not an answer; return what went wrong, or nothing. */
  async _ask(attempt) {
    try {
      const { status, body } = await attempt();
      return status === 200 ? "" : (body && body.message) || `HTTP ${status}`;
    } catch {
      return this.word("The hub cannot be reached. Nothing was sent; try again.");
    }
  }

  _entered(controls, criterion, rule, id) {
    const key = criterion.id;
    const isPair = (answer) => typeof answer === "object" && answer !== null;
    const points = (answers) => (isPair(answers[key]) ? answers[key].points : answers[key]);
    const enter = (answers, value) => {
      const reason = isPair(answers[key]) ? answers[key].reason : "";
      if (reason) answers[key] = { points: value, reason };
      else if (value) answers[key] = value;
      else delete answers[key];
    };
    if (criterion.external) controls.append(h("div", { class: "meta", text: this.word("These points come from a department.") }));
    if (criterion.allowed.length) {
      controls.append(this._radios({
        labelledby: id, options: criterion.allowed.map((value) => ({ value, text: value })),
        chosen: ({ answers }) => {
          const given = this.points.parseNumber(points(answers) ?? "");
          return given ? this.points.written(given) : undefined;
        },
        choose: (value) => this._change(key, (answers) => enter(answers, value)),
        clear: () => this._change(key, (answers) => enter(answers, "")),
      }));
    } else {
      controls.append(this._field({
        key, label: this.word("Points, 0 to {points}", { points: criterion.points }), decimal: true, unit: this.word("pt"),
        get: points, set: (answers, form, value) => enter(answers, value),
      }));
    }
    controls.append(this._field({
      key, label: this.word("Reason"),
      placeholder: {
        "": this.word("Reason, if you like"), less: this.word("Reason, for less than full points"),
        points: this.word("Reason, where points come off"),
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

  /** What is wrong with an answer, beside it: what the tablet sees itself, and what the hub answered. */
  _fault(key) {
    const line = h("div", { class: "fault", role: "alert" });
    const again = h("button", { type: "button", text: this.word("Try again"), onclick: () => this.outbox.retry(this.no) });
    this.bits.push((form, found, standing) => {
      const refused = standing.refused && standing.refused.field === key ? standing.refused.message : "";
      const text = refused || this._why(found.open[key], key);
      line.classList.toggle("refused", Boolean(refused));
      say(line, text ? `${refused ? "✗" : "⚠"} ${text}` : "");
      again.hidden = !refused;
    });
    return h("div", { class: "fault-row" }, line, again);
  }

  _why(code, key) {
    if (!code) return "";
    const item = this._item(this.no);
    const criterion = item.criteria.find((one) => one.id === key);
    const { allowed } = criterion || item.criteria[0];
    switch (code) {
      case "no-reason": return this.word("Not saved yet: say in a few words why.");
      case "not-a-number": return this.word("Not saved: enter digits with a point, such as 0.45.");
      case "out-of-range": return this.word("Not saved: enter points from 0 to {points}.", { points: criterion ? criterion.points : item.ceiling });
      case "not-allowed": return this.word("Not saved: only these points are possible: {allowed}.", { allowed: allowed.join(", ") });
      case "no-growth": return this.word("Not saved: there is no growth from 0. Where it really is 0, replace the points with a reason.");
      case "reason-too-long": return this.word("Not saved: the reason is too long. Shorten it, or use the note.");
      case "wrong-form": case "no-comparison": return this.word("Not saved yet: a number is missing.");
      default: return this.word("Not saved: this answer cannot be taken. Clear it and answer again.");
    }
  }

  _note() {
    const insert = (input, phrase) => {
      const at = input.selectionEnd ?? input.value.length;
      const before = input.value.slice(0, at);
      const joint = before && !/[\s，。；、]$/.test(before) ? "；" : "";
      input.value = before + joint + phrase + input.value.slice(at);
      input.dispatchEvent(new Event("input"));
      input.focus();
      input.selectionStart = input.selectionEnd = (before + joint + phrase).length;
    };
    const field = this._field({
      key: "note", label: this.word("Note"), rows: 3, placeholder: this.word("What you saw, which document, what is missing"),
      get: (answers, form) => form.note, set: (answers, form, value) => { form.note = value; },
    });
    const input = field.querySelector("textarea");
    const chips = h("div", { class: "chips" });
    const fill = () => chips.replaceChildren(...[...this.sheet.phrases.own, ...this.sheet.phrases.shared].map((phrase) => {
      const chip = h("button", { type: "button", class: "chip", text: phrase, onclick: () => insert(input, phrase) });
      chip.disabled = !this.editable;
      return chip;
    }));
    const id = unique("phrases");
    const own = h("textarea", { id, rows: "4" });
    const told = h("div", { class: "fault", role: "status" });
    const save = h("button", { type: "button", class: "primary", text: this.word("Save my phrases") });
    save.addEventListener("click", async () => {
      const lines = own.value.split("\n").map((one) => one.trim()).filter(Boolean);
      save.disabled = true;
      const outcome = await this._ask(() => this.source.phrases(this.sheet.member, lines));
      save.disabled = false;
      say(told, outcome || this.word("Saved."));
      if (outcome) return;
      this.sheet.phrases.own = lines; // what was kept of them comes with the next sheet
      fill();
    });
    const edit = this._fold(this.word("Edit my phrases"), false, h("label", { for: id, text: this.word("One phrase a line") }), own, save, told);
    edit.addEventListener("toggle", () => { if (edit.open) own.value = this.sheet.phrases.own.join("\n"); });
    this.bits.push(() => { for (const chip of chips.children) chip.disabled = !this.editable; });
    fill();
    return h("section", { class: "criterion note" }, field,
      this._fold(this.word("Phrases"), this.sheet.phrases.own.length + this.sheet.phrases.shared.length > 0, chips, edit),
      this._fault("note"));
  }

  /** Points of one's own with a reason, and not applicable where the rubric allows it. */
  _adjust(item) {
    const whole = (answers) => (typeof answers[WHOLE_ITEM] === "object" && answers[WHOLE_ITEM] ? answers[WHOLE_ITEM] : {});
    const set = (part) => (answers, form, value) => {
      const one = { override: "", reason: "", ...whole(answers), [part]: value };
      if (one.override || one.reason) answers[WHOLE_ITEM] = one;
      else delete answers[WHOLE_ITEM];
    };
    const fold = this._fold(this.word("Replace the points, with a reason"), false,
      h("div", { class: "pair" },
        this._field({
          key: WHOLE_ITEM, label: this.word("Points"), decimal: true, unit: `/ ${item.ceiling}`,
          get: (answers) => whole(answers).override, set: set("override"),
        }),
        this._field({ key: WHOLE_ITEM, label: this.word("Reason (the chair sees it)"), get: (answers) => whole(answers).reason, set: set("reason") })));
    let seen = false;
    this.bits.push(({ answers }, found) => {
      const wanted = Boolean(whole(answers).override || whole(answers).reason || found.open[WHOLE_ITEM]);
      if (wanted && !seen) fold.open = true;
      seen = wanted;
    });
    return h("section", { class: "criterion adjust" }, fold,
      item.na ? this._naBox(WHOLE_ITEM, item.na) : null, this._fault(WHOLE_ITEM));
  }

  /** Two screens changed the item: both versions, and what was put aside earlier. */
  _versions() {
    const box = h("section", { class: "versions", "aria-live": "polite" });
    let shown = "";
    this.bits.push((form, found, standing) => {
      const key = JSON.stringify([standing.conflict, standing.kept, standing.conflict ? form : 0, this.editable]);
      if (key === shown) return;
      shown = key;
      box.replaceChildren();
      if (standing.conflict) {
        const { latest } = standing.conflict;
        box.append(h("div", { class: "line waiting" }, h("p", {
          text: `⚠ ${this.word("This item was changed on another screen in the meantime. Both versions are kept; choose one.")}`,
        })), h("div", { class: "two" },
          this._version(this.word("Other screen"), latest, time(latest.at), this.word("Keep the other one"), () => this._choose(false)),
          this._version(this.word("This screen"), form, "", this.word("Use this one"), () => this._choose(true))));
      }
      if (standing.kept.length) {
        box.append(this._fold(this.word("Versions put aside ({count})", { count: standing.kept.length }), false,
          standing.kept.map((one) => this._version(one.mine ? this.word("This screen") : this.word("Other screen"), one, "",
            this.word("Take this one again"), () => this._change("versions", (answers, whole) => {
              for (const old of Object.keys(answers)) delete answers[old];
              Object.assign(answers, clone(one.answers));
              whole.note = one.note;
            })))));
      }
    });
    return box;
  }

  _choose(mine) {
    this.undoable = this.undoable.filter((step) => step.no !== this.no);
    this.outbox.choose(this.no, mine);
  }

  _version(title, { answers, note }, at, label, act) {
    const item = this._item(this.no);
    const found = this.points.score(item, this.points.sendable(item, answers, this.sheet.figures).answers, this.sheet.figures);
    const button = h("button", { type: "button", text: label, onclick: act });
    button.disabled = !this.editable;
    return h("div", { class: "version" }, h("b", { text: `${title} ${at}` }),
      h("ul", { class: "checks" }, item.criteria.map((criterion, place) =>
        h("li", { text: `${place + 1}. ${this._told(criterion, answers[criterion.id])}` })),
      answers[WHOLE_ITEM] ? h("li", { text: this._told(null, answers[WHOLE_ITEM]) }) : null),
      h("p", { text: note || "—" }),
      h("p", { class: "score", text: found.points ?? found.partial ?? "" }), button);
  }

  /** Tell an answer in words. */
  _told(criterion, answer) {
    if (answer === undefined || answer === null) return "—";
    if (answer === NA) return this.word("not applicable");
    if (answer === true) return this.word("Reached");
    if (answer === false) return this.word("Not reached");
    if (typeof answer === "object") return Object.values(answer).filter(Boolean).join(" · ");
    if (criterion && criterion.tiers && criterion.tiers.length) {
      return Number(answer) ? criterion.tiers[Number(answer) - 1]?.text ?? String(answer) : this.word("None of them fits");
    }
    return String(answer);
  }

  // The notice at the top

  _refreshNotice(standing) {
    const { notice, sheet } = this;
    const lines = [];
    const all = this.outbox.state();
    if (all.full) {
      lines.push(["refused", `✗ ${this.word("This tablet's storage is full: {count} items are only in its memory. Do not close or reload this page until they are saved.", { count: all.full })}`]);
    }
    if (all.signedOut) lines.push(["refused", `✗ ${this.word("This tablet is not signed in any more. What you entered is kept here.")}`, "/sign-in", this.word("Sign in again")]);
    if (this.locked) lines.push(["waiting", `⊘ ${this.word("For showing only: nothing can be changed.")}`, () => this.lock(false), this.word("Continue scoring")]);
    if (!sheet.writable) lines.push(["waiting", `⊘ ${sheet.why || ""}`, sheet.declared ? "" : "/duties", this.word("Declare now")]);
    const key = JSON.stringify(lines.map((line) => [line[0], line[1]]));
    if (notice.dataset.key === key) return;
    notice.dataset.key = key;
    notice.hidden = !lines.length;
    notice.replaceChildren(...lines.map(([kind, text, act, label]) => h("div", { class: `line ${kind}`, role: "alert" }, h("p", { text }),
      typeof act === "string" && act ? h("a", { href: act, target: "_self", text: label }) : null,
      typeof act === "function" ? h("button", { type: "button", text: label, onclick: act }) : null)));
  }

  /** Let the tablet be shown to somebody: everything can be read, nothing changed. */
  lock(locked) {
    this.locked = locked;
    if (locked && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    this.refresh();
  }

  // The foot

  _age(since) {
    const seconds = Math.max(0, Math.round((this.now() - since) / 1000));
    if (seconds < 60) return this.word("{number} s", { number: seconds });
    return seconds < 3600 ? this.word("{number} min", { number: Math.floor(seconds / 60) }) : this.word("{number} h", { number: Math.floor(seconds / 3600) });
  }

  /** What the badge says, the most pressing first. */
  _badge() {
    if (this.sheet.trial) return ["quiet", this.word("for trying out: nothing is saved"), "trial"];
    const all = this.outbox.state();
    const standing = this.outbox.standing(this.no);
    const waiting = all.waiting ? this.word("waiting: {count} (oldest {age})", { count: all.waiting, age: this._age(all.oldest) }) : "";
    if (all.full) return ["refused", `✗ ${this.word("storage full")}　${waiting}`, "full"];
    if (all.since !== null) {
      const since = new Date(all.since).toTimeString().slice(0, 8);
      return ["waiting", `⚠ ${this.word("hub unreachable since {time}", { time: since })}${waiting ? `　${waiting}` : ""}`, "unreachable"];
    }
    if (all.signedOut) return ["refused", `✗ ${this.word("signed out")}${waiting ? `　${waiting}` : ""}`, "out"];
    if (standing.conflict) return ["waiting", `⚠ ${this.word("two versions: choose one")}`, "conflict"];
    if (standing.refused) return ["refused", `✗ ${this.word("not saved: the hub refused it")}`, "refused"];
    if (waiting) return ["waiting", `… ${waiting}${all.trouble ? `　${all.trouble}` : ""}`, "waiting"];
    if (all.conflicts.length) return ["waiting", `⚠ ${this.word("two versions in item {items}", { items: all.conflicts.join(", ") })}`, "conflicts"];
    if (all.refused.length) return ["refused", `✗ ${this.word("not saved: item {items}", { items: all.refused.join(", ") })}`, "others"];
    if (Object.keys(standing.open).length) return ["waiting", `⚠ ${this.word("not saved yet: something is missing")}`, "open"];
    if (!standing.confirmed) return ["waiting", this.word("typed in for you, not confirmed"), "unconfirmed"];
    if (standing.saved) return ["saved", `✓ ${this.word("saved {time}", { time: time(standing.saved) })}`, "saved"];
    return ["quiet", this.word("nothing entered yet"), "empty"];
  }

  _refreshFoot() {
    const found = this._score(this.no);
    const [kind, text, state] = this._badge();
    this.badge.className = `badge ${kind}`;
    say(this.badge, text);
    if (this.told !== `${this.no} ${state}`) {
      if (this.told && this.told.startsWith(`${this.no} `)) this.announce(text);
      this.told = `${this.no} ${state}`;
    }
    const scored = found.state === "scored";
    const number = scored ? found.points : found.partial && found.partial !== "0" ? found.partial : "—";
    say(this.points_, number);
    say(this.ceiling, `/ ${this._item(this.no).ceiling}`);
    if (this.counted !== `${this.no} ${number}`) {
      if (this.counted && this.counted.startsWith(`${this.no} `)) this.announce(this.word("{points} of {ceiling} points", { points: number, ceiling: this._item(this.no).ceiling }));
      this.counted = `${this.no} ${number}`;
    }
    const told = [...found.flags.map((flag) => `⚑ ${this._flag(flag)}`), ...(scored ? [] : [this._state(found.state)])].join("　");
    say(this.flags, told);
    const place = this.order.indexOf(this.no);
    this.previous.disabled = place === 0;
    this.next.disabled = place === this.order.length - 1;
    this.undoButton.disabled = !this.undoable.length || this.locked || !this.sheet.writable;
    say(this.middle, this.word("Overview ({count} missing)", { count: this.order.filter((no) => this._missing(no)).length }));
  }

  _flag(flag) {
    return {
      override: this.word("points replaced by the expert"),
      no_tier: this.word("the text has no tier for this"),
      figure_contradicts: this.word("a figure says otherwise"),
      capped: this.word("the clauses earn more than the item is worth"),
      no_points: this.word("the text prints no points for this"),
    }[flag];
  }

  _state(state) {
    return {
      scored: this.word("scored"), unmarked: this.word("unmarked"), not_applicable: this.word("not applicable"),
      recused: this.word("recused"), not_assigned: this.word("not assigned"), by_group: this.word("scored by the group"),
    }[state];
  }

  // The overview

  _buildOverview() {
    const title = unique("overview");
    this.search = h("input", {
      type: "search", "aria-label": this.word("Search"), placeholder: this.word("Number or words"), autocomplete: "off",
      oninput: () => this._refreshOverview(),
    });
    this.list = h("div", { class: "list" });
    this.count = h("div", { class: "meta", role: "status" });
    const words = { all: this.word("All"), missing: this.word("Missing"), flagged: this.word("Flagged"), note: this.word("With note"), unsaved: this.word("Not saved") };
    this.filters = h("div", { class: "filters", role: "group", "aria-label": this.word("Show") },
      Object.entries(words).map(([value, text]) => h("button", {
        type: "button", "data-value": value, text,
        onclick: () => { this.filter = value; this._refreshOverview(); },
      })));
    const lock = h("button", { type: "button", onclick: () => { this.overview.close(); this.lock(!this.locked); } });
    this.lockButton = lock;
    this.overview = h("dialog", { class: "pad overview", "aria-labelledby": title },
      h("div", { class: "overview-head" }, h("h2", { id: title, text: this.word("Overview") }),
        h("button", { type: "button", text: this.word("Close"), onclick: () => this.overview.close() })),
      this.filters, this.search, this.count, this.list, h("div", { class: "overview-foot" }, lock));
    this.overview.addEventListener("click", (event) => { if (event.target === this.overview) this.overview.close(); });
  }

  showOverview() {
    this.search.value = "";
    this._refreshOverview();
    if (!this.overview.open) this.overview.showModal();
    this.list.querySelector("[aria-current]")?.focus();
  }

  _kept(no, wanted) {
    const found = this._score(no);
    const standing = this.outbox.standing(no);
    const form = this.outbox.shows(no);
    const by = {
      all: true,
      missing: found.state === "unmarked",
      flagged: found.flags.length > 0,
      note: Boolean(form.note),
      unsaved: standing.waiting || Boolean(standing.conflict || standing.refused || Object.keys(standing.open).length),
    };
    if (!by[this.filter]) return false;
    if (!wanted) return true;
    const item = this._item(no);
    const text = [no, item.content, item.rule_text, form.note, ...item.criteria.map((one) => one.text)].join("\n").toLowerCase();
    return no === wanted || text.includes(wanted);
  }

  _refreshOverview() {
    const wanted = this.search.value.trim().toLowerCase();
    const focused = document.activeElement?.dataset?.no;
    let count = 0;
    for (const button of this.filters.children) button.setAttribute("aria-pressed", String(button.dataset.value === this.filter));
    this.list.replaceChildren(...this.sheet.rubric.aspects.map((aspect) => {
      const mine = aspect.items.filter((no) => this._duty(no) === "own");
      const done = mine.filter((no) => !this._missing(no)).length;
      const shown = aspect.items.filter((no) => this._kept(no, wanted));
      count += shown.length;
      if (!shown.length) return "";
      const bar = h("progress", { max: String(Math.max(mine.length, 1)), value: String(mine.length ? done : 1), "aria-label": aspect.title });
      return h("section", { class: "aspect" },
        h("h3", {}, h("span", { text: aspect.title }), h("span", { class: "done" }, bar, ` ${done} / ${mine.length}`)),
        h("div", { class: "items" }, shown.map((no) => this._entry(no))));
    }));
    if (!count) this.list.replaceChildren(h("div", { class: "empty", text: this.word("Nothing here.") }));
    say(this.count, this.word("{count} items", { count }));
    say(this.lockButton, this.locked ? this.word("Continue scoring") : this.word("Show only (nothing can be changed)"));
    if (focused) this.list.querySelector(`[data-no="${CSS.escape(focused)}"]`)?.focus();
  }

  _entry(no) {
    const found = this._score(no);
    const standing = this.outbox.standing(no);
    const note = Boolean(this.outbox.shows(no).note);
    const troubled = standing.waiting ? this.word("waiting to be sent") : standing.conflict || standing.refused || Object.keys(standing.open).length ? this.word("Not saved") : "";
    const item = this._item(no);
    const marks = [found.flags.length ? "⚑" : "", note ? "✎" : "", troubled ? "…" : ""].filter(Boolean).join(" ");
    const spoken = [this._state(found.state), ...found.flags.map((flag) => this._flag(flag)), note ? this.word("With note") : "", troubled].filter(Boolean).join(", ");
    return h("button", {
      type: "button", class: `entry ${found.state}`, "data-no": no, "aria-current": no === this.no ? "true" : undefined,
      onclick: () => { this.overview.close(); this.open(no); },
    }, h("span", { class: "sign", "aria-hidden": "true", text: SIGNS[found.state] }), h("span", { class: "no", text: no }),
    h("span", { class: "what", text: item.content || item.rule_text }),
    h("span", { class: "unseen", text: spoken }), h("span", { class: "marks", "aria-hidden": "true", text: marks }),
    h("span", { class: "worth", text: found.state === "scored" ? `${found.points} / ${item.ceiling}` : this._state(found.state) }));
  }
}
