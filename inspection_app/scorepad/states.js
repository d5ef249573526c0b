/** What states and flags are called, and what the badge says of how things stand with the hub. */

import { time } from "dom";

/** Say how long ago something was. */
export function age(pad, since) {
  const seconds = Math.max(0, Math.round((pad.now() - since) / 1000));
  if (seconds < 60) return pad.word("{number} s", { number: seconds });
  return seconds < 3600 ? pad.word("{number} min", { number: Math.floor(seconds / 60) }) : pad.word("{number} h", { number: Math.floor(seconds / 3600) });
}

/** What the badge says, the most pressing first; `all` is the outbox's state. */
export function badge(pad, all) {
  if (pad.sheet.trial) return ["quiet", pad.word("for trying out: nothing is saved"), "trial"];
  const standing = pad.outbox.standing(pad.no);
  const waiting = all.waiting ? pad.word("waiting: {count} (oldest {age})", { count: all.waiting, age: age(pad, all.oldest) }) : "";
  if (all.full) return ["refused", `✗ ${pad.word("storage full")}　${waiting}`, "full"];
  if (all.since !== null) {
    const since = new Date(all.since).toTimeString().slice(0, 8);
    return ["waiting", `⚠ ${pad.word("hub unreachable since {time}", { time: since })}${waiting ? `　${waiting}` : ""}`, "unreachable"];
  }
  if (all.signedOut) return ["refused", `✗ ${pad.word("signed out")}${waiting ? `　${waiting}` : ""}`, "out"];
  if (standing.conflict) return ["waiting", `⚠ ${pad.word("two versions: choose one")}`, "conflict"];
  if (standing.refused) return ["refused", `✗ ${pad.word("not saved: the hub refused it")}`, "refused"];
  if (waiting) return ["waiting", `… ${waiting}${all.trouble ? `　${all.trouble}` : ""}`, "waiting"];
  if (all.conflicts.length) return ["waiting", `⚠ ${pad.word("two versions in item {items}", { items: all.conflicts.join(", ") })}`, "conflicts"];
  if (all.refused.length) return ["refused", `✗ ${pad.word("not saved: item {items}", { items: all.refused.join(", ") })}`, "others"];
  if (Object.keys(standing.open).length) return ["waiting", `⚠ ${pad.word("not saved yet: something is missing")}`, "open"];
  if (!standing.confirmed) return ["waiting", pad.word("typed in for you, not confirmed"), "unconfirmed"];
  if (standing.saved) return ["saved", `✓ ${pad.word("saved {time}", { time: time(standing.saved) })}`, "saved"];
  return ["quiet", pad.word("nothing entered yet"), "empty"];
}

export function flagWord(pad, flag) {
  return {
    override: pad.word("points replaced by the expert"),
    no_tier: pad.word("the text has no tier for this"),
    figure_contradicts: pad.word("a figure says otherwise"),
    capped: pad.word("the clauses earn more than the item is worth"),
    no_points: pad.word("the text prints no points for this"),
  }[flag];
}

export function stateWord(pad, state) {
  return {
    scored: pad.word("scored"), unmarked: pad.word("unmarked"), not_applicable: pad.word("not applicable"),
    recused: pad.word("recused"), not_assigned: pad.word("not assigned"), by_group: pad.word("scored by the group"),
  }[state];
}
