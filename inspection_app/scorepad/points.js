/**
 * What answers earn: applies the table that the hub made of an item's rule (core/table.py) and adds up.
 *
 * It holds no rule of its own: three shapes of tables (points by answer, by the range of a reading, entered within
 * bounds), caps and floors. Numbers are read exactly as core.scoring.parse_number reads them, and reckoned as exact
 * fractions of whole numbers: a float would put 0.3 beside a range that begins at 0.3. It knows no screen and no hub.
 */

const MOST_CHARACTERS = 2000;
const WHOLE_ITEM = "item";
const NA = "na";
const POINT = "分"; // the unit that may stand behind entered points
// What Python's str.strip() takes away; JavaScript's trim() differs by a few signs.
const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ENDS = new RegExp(`^${BLANK}|${BLANK}$`, "g");
const DECIMAL_COMMA = /^([+-]?0+|[+-]?\d+(?=,(?!\d{3}$))),(\d+)$/;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** An answer that cannot be taken; the codes are those of core.scoring. */
class Refusal extends Error {
  constructor(code, criterion = "") {
    super(code);
    this.code = code;
    this.criterion = criterion;
  }
}

// Exact numbers: {n, d} stands for n/d, with d > 0

const ZERO = { n: 0n, d: 1n };
const sum = (a, b) => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
const times = (a, b) => ({ n: a.n * b.n, d: a.d * b.d });
const over = (a, b) => (b.n < 0n ? { n: -a.n * b.d, d: -a.d * b.n } : { n: a.n * b.d, d: a.d * b.n });
const compare = (a, b) => { const gap = a.n * b.d - b.n * a.d; return gap < 0n ? -1 : gap > 0n ? 1 : 0; };
const least = (a, b) => (compare(a, b) <= 0 ? a : b);
const most = (a, b) => (compare(a, b) >= 0 ? a : b);
const whole = (n) => ({ n: BigInt(n), d: 1n });

/** Write a number without needless noughts; what does not end within `places` decimals is cut there and marked. */
export function written(number, places = 24) {
  const sign = number.n < 0n ? "-" : "";
  const size = number.n < 0n ? -number.n : number.n;
  let rest = size % number.d;
  let decimals = "";
  while (rest && decimals.length < places) {
    rest *= 10n;
    decimals += rest / number.d;
    rest %= number.d;
  }
  decimals = rest ? `${decimals}…` : decimals.replace(/0+$/, "");
  return `${sign}${size / number.d}${decimals ? `.${decimals}` : ""}`;
}

const strip = (text) => text.replace(ENDS, "");

/** Read a number the way people write it, or return null where the meaning is not certain. */
export function parseNumber(value, unit = "") {
  if (typeof value !== "string" && typeof value !== "number") return null;
  let text = strip(
    String(value)
      .replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
      .replace(/\u3000/g, " "),
  );
  for (const suffix of new Set([unit, unit.normalize("NFKC")])) {
    if (suffix && text.endsWith(suffix)) text = strip(text.slice(0, -suffix.length));
  }
  text = text.replace(DECIMAL_COMMA, "$1.$2");
  const found = NUMBER.exec(text);
  if (!found || text.length > 20 || !(found[2] || found[3])) return null;
  const [, sign, before, after = ""] = found;
  const digits = BigInt((before || "0") + after);
  return { n: sign === "-" ? -digits : digits, d: 10n ** BigInt(after.length) };
}

const isMapping = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isThere = (value) => value !== undefined && value !== null;
const only = (answer, ...keys) => Object.keys(answer).every((key) => keys.includes(key));

function number(value, criterion, unit = "") {
  const found = parseNumber(value, unit);
  if (!found) throw new Refusal("not-a-number", criterion);
  return found;
}

function within(points, ceiling, criterion) {
  if (points.n < 0n || compare(points, ceiling) > 0) throw new Refusal("out-of-range", criterion);
}

function reasoned(reason, criterion) {
  if (typeof reason !== "string" || !strip(reason)) throw new Refusal("no-reason", criterion);
  if ([...reason].length > MOST_CHARACTERS) throw new Refusal("reason-too-long", criterion);
}

function holds(range, reading) {
  const low = isThere(range.low) ? compare(reading, parseNumber(range.low)) : 1;
  const high = isThere(range.high) ? compare(reading, parseNumber(range.high)) : -1;
  return !(low < 0 || (low === 0 && !range.low_in) || high > 0 || (high === 0 && !range.high_in));
}

/** Say whether an agreed figure lies in a range; null while there is no figure. */
export function meets(range, figure) {
  if (!range || !figure || !isThere(figure.value) || figure.value === "") return null;
  return holds(range, number(figure.value, ""));
}

/** The agreed figure that a criterion reads; undefined while it lacks what it is compared with. */
export function agreed(criterion, figures) {
  const figure = criterion.figure && figures[criterion.figure.key];
  if (!figure) return undefined;
  const against = criterion.figure.against;
  return !against || (isThere(figure[against]) && figure[against] !== "") ? figure : undefined;
}

function byAnswer(item, criterion, rule, answer, figures) {
  const earns = (key) => over(whole(rule.by_answer[key]), whole(item.table.scale));
  if (rule.parts) {
    if (answer === false) return { points: earns("no") };
    if (answer === true) {
      const contradicted = (criterion.checks || []).some(
        (check) => check.figure && meets(check.holds, figures[check.figure]) === false,
      );
      return { points: earns("yes"), flags: contradicted ? ["figure_contradicts"] : [] };
    }
    if (!isMapping(answer) || !("points" in answer) || !only(answer, "points", "reason")) {
      throw new Refusal("wrong-form", rule.id);
    }
    const points = number(answer.points, rule.id);
    if (!rule.parts.length) throw new Refusal("wrong-form", rule.id);
    const offered = rule.parts.some((part) => compare(points, over(whole(part), whole(item.table.scale))) === 0);
    if (!offered) throw new Refusal("bad-part", rule.id);
    reasoned(answer.reason, rule.id);
    return { points };
  }
  const chosen = typeof answer === "string" && /^\d{1,3}$/.test(answer) ? Number(answer) : answer;
  if (typeof chosen !== "number" || !(chosen === 0 || String(chosen) in rule.by_answer)) {
    throw new Refusal("bad-tier", rule.id);
  }
  if (chosen === 0) return { points: null, flags: ["no_tier"] };
  return { points: earns(chosen), flags: rule.unofficial.includes(String(chosen)) ? ["no_tier"] : [] };
}

function readingOf(criterion, rule, answer) {
  const how = rule.reading;
  const unit = criterion.figure ? criterion.figure.unit : "";
  const of = (value, other = ZERO) => {
    const reading = sum(sum(times(value, whole(how.value)), times(other, whole(how.other))), parseNumber(how.constant));
    return how.share ? over(times(reading, whole(100)), other) : reading;
  };
  if (!isMapping(answer)) {
    const value = number(answer, rule.id, unit);
    return how.against ? value : of(value); // a bare number is what came of the comparison
  }
  if (!("value" in answer)) throw new Refusal("wrong-form", rule.id);
  const value = number(answer.value, rule.id, unit);
  if (!how.against) return of(value);
  if (!(how.against in answer)) throw new Refusal("no-comparison", rule.id);
  const other = number(answer[how.against], rule.id, unit);
  if (how.share && other.n <= 0n) throw new Refusal("no-growth", rule.id);
  return of(value, other);
}

function byRange(item, criterion, rule, answer) {
  const reading = readingOf(criterion, rule, answer);
  const range = rule.ranges.find((one) => holds(one, reading));
  if (!range) return { points: null, reading, flags: ["no_tier"] };
  const points = over(whole(range.points), whole(item.table.scale));
  return { points, reading, range, flags: range.official ? [] : ["no_tier"] };
}

function among(item, allowed, points, criterion) {
  if (allowed.length && !allowed.some((one) => compare(points, over(whole(one), whole(item.table.scale))) === 0)) {
    throw new Refusal("not-allowed", criterion);
  }
}

function entered(item, rule, answer) {
  let given = "";
  if (isMapping(answer)) {
    if (!("points" in answer) || !only(answer, "points", "reason")) throw new Refusal("wrong-form", rule.id);
    if (answer.reason) {
      reasoned(answer.reason, rule.id);
      given = strip(answer.reason);
    }
    answer = answer.points;
  }
  const { allowed, reason } = rule.entered;
  const ceiling = over(whole(rule.ceiling), whole(item.table.scale));
  const points = number(answer, rule.id, POINT);
  within(points, ceiling, rule.id);
  const asked = (reason === "points" && points.n > 0n) || (reason === "less" && compare(points, ceiling) < 0);
  if (!given && asked) throw new Refusal("no-reason", rule.id);
  among(item, allowed, points, rule.id);
  return { points };
}

function lineOf(item, rule, answer, figures) {
  const criterion = item.criteria.find((one) => one.id === rule.id);
  const blank = { criterion: rule.id, points: null, flags: [], applicable: true };
  if (answer === NA) {
    if (!rule.na) throw new Refusal("na-not-allowed", rule.id);
    return { ...blank, applicable: false };
  }
  if (rule.reading && !isThere(answer)) answer = agreed(criterion, figures);
  if (!isThere(answer)) return blank;
  const line = { ...blank };
  if (rule.by_answer) Object.assign(line, byAnswer(item, criterion, rule, answer, figures));
  else if (rule.reading) Object.assign(line, byRange(item, criterion, rule, answer));
  else Object.assign(line, entered(item, rule, answer));
  if (!rule.official && line.points && line.points.n !== 0n) line.flags = [...(line.flags || []), "no_points"];
  return line;
}

function overridden(item, answer, ceiling) {
  if (!isMapping(answer) || !("override" in answer) || !only(answer, "override", "reason")) {
    throw new Refusal("bad-override", WHOLE_ITEM);
  }
  const points = number(answer.override, WHOLE_ITEM);
  within(points, ceiling, WHOLE_ITEM);
  const [first, ...others] = item.table.criteria;
  if (first.entered && !others.length) among(item, first.entered.allowed, points, WHOLE_ITEM);
  reasoned(answer.reason, WHOLE_ITEM);
  return points;
}

function reckoned(item, answers, figures) {
  const { table } = item;
  const scaled = (n) => over(whole(n), whole(table.scale));
  const known = new Set(table.criteria.map((rule) => rule.id));
  for (const key of Object.keys(answers)) {
    if (key !== WHOLE_ITEM && !known.has(key)) throw new Refusal("unknown-criterion", key);
  }
  const ceiling = scaled(table.ceiling);
  const lines = table.criteria.map((rule) => lineOf(item, rule, answers[rule.id], figures));
  const found = (state, points, partial, applicable, flags = []) => ({
    state, flags, lines,
    points: points && written(points), partial: written(partial), ceiling: written(ceiling),
    applicable: written(applicable),
  });
  const given = answers[WHOLE_ITEM];
  if (given === NA) {
    if (!table.na) throw new Refusal("na-not-allowed", WHOLE_ITEM);
    return found("not_applicable", null, ZERO, ZERO);
  }
  const counted = lines.reduce((total, line) => (line.points ? sum(total, line.points) : total), ZERO);
  const earned = most(least(counted, ceiling), scaled(table.floor));
  const open = lines.some((line) => line.applicable && !line.points);
  const reachable = table.criteria.reduce(
    (total, rule, place) => (lines[place].applicable ? sum(total, scaled(rule.ceiling)) : total), ZERO,
  );
  const flags = [...new Set(lines.flatMap((line) => line.flags || []))];
  if (compare(counted, ceiling) > 0) flags.push("capped");
  const applicable = least(reachable, ceiling);
  if (isThere(given)) {
    const points = overridden(item, given, ceiling);
    return found("scored", points, points, most(applicable, points), [...flags, "override"]);
  }
  if (!lines.some((line) => line.applicable)) return found("not_applicable", null, ZERO, ZERO, flags);
  return open
    ? found("unmarked", null, earned, applicable, flags)
    : found("scored", earned, earned, applicable, flags);
}

/** Return what `attempt` returns, or the refusal that it met: {refusal, criterion}. */
function orRefusal(attempt) {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refusal: error.code, criterion: error.criterion };
  }
}

/**
 * Score one item as core.scoring.score_item does.
 *
 * Returns {state, points, partial, ceiling, applicable, flags, lines} with points as decimal strings (null where there
 * are none), or {refusal, criterion}.
 */
export const score = (item, answers, figures = {}) => orRefusal(() => reckoned(item, answers, figures));

/** Bring what stands in the fields of one criterion into the form that is sent; undefined where nothing stands there. */
function tidied(rule, value) {
  if (typeof value === "string") return strip(value) || undefined;
  if (!isMapping(value)) return isThere(value) ? value : undefined;
  const kept = Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key, typeof one === "string" ? strip(one) : one])
      .filter(([, one]) => isThere(one) && one !== ""),
  );
  const [first, ...others] = Object.keys(kept);
  if (first === undefined) return undefined;
  if (!rule || rule.parts || others.length) return kept;
  return first === "points" || first === "value" ? kept[first] : kept; // alone, without reason or comparison
}

/**
 * Part what is on the screen into what can be sent and what is not complete yet.
 *
 * Returns {answers, open}: `open` tells by criterion why its answer is held back, in the codes of core.scoring.
 */
export function sendable(item, form, figures = {}) {
  if (form[WHOLE_ITEM] === NA) return { answers: { [WHOLE_ITEM]: NA }, open: {} };
  const answers = {};
  const open = {};
  const take = (key, rule, check) => {
    const value = tidied(rule, form[key]);
    if (value === undefined) return;
    const outcome = orRefusal(() => check(value));
    if (outcome && outcome.refusal) open[key] = outcome.refusal;
    else answers[key] = value;
  };
  for (const rule of item.table.criteria) take(rule.id, rule, (value) => lineOf(item, rule, value, figures));
  const ceiling = over(whole(item.table.ceiling), whole(item.table.scale));
  take(WHOLE_ITEM, null, (value) => overridden(item, value, ceiling));
  if (open[WHOLE_ITEM] === "bad-override") open[WHOLE_ITEM] = "not-a-number"; // a reason, and no points yet
  return { answers, open };
}
