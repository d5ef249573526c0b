// Shows what the hub says once a second. It holds no words, asks nobody else and keeps nothing.
"use strict";
const body = document.body, $ = id => document.getElementById(id);
const FROZEN = 5000;  // milliseconds without news
let shown = "", appeared = -1, heard = "", last = performance.now(), clock = null;

function part(kind, className, ...content) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  made.append(...content.filter(one => one !== "" && one !== undefined && one !== null));
  return made;
}

// Lines break where a reader would pause, not inside a word: Chinese has no spaces that tell a browser so.
function phrases(text) {
  const marked = text.replace(/[。，；：　]|[.,;:] /g, "$&\n");
  return marked.split("\n").filter(Boolean).map(phrase => part("span", "phrase", phrase));
}

function listed(one) {
  return part("section", "list", part("h2", "", one.title), one.mark && part("p", "mark", one.mark),
    one.code && part("p", "code", one.code), one.digest && part("p", "digest", one.digest), part("p", "note", ...phrases(one.note)));
}

// The newest number stands out for as long as it is the newest, and only that one fades in.
function drawn(rows, newest) {
  let at = 0;
  const places = rows.reduce((sum, row) => sum + row.places.length, 0), many = rows.length > 1 || places > 6;
  return part("section", "rows" + (many ? " many" : "") + (places > 24 ? " dense" : ""), ...rows.map(row => part("div", "row",
    row.title && part("h2", "", row.title),
    part("div", "places", ...row.places.map(place => {
      const there = place.number !== undefined;
      if (there) at += 1;
      return part("div", "place" + (there ? "" : " empty") + (there && at === newest ? " newest" : ""),
        part("b", "", there ? place.number : "·"), part("span", "name", place.name),
        part("small", "", place.ticket || " "));
    })))));
}

function show(told) {
  $("title").textContent = told.title;
  $("mark").textContent = told.mark || "";
  $("applicant").textContent = told.large === told.applicant ? "" : told.applicant;
  body.className = told.shows + (told.mark ? " rehearsal" : "") + (body.classList.contains("frozen") ? " frozen" : "");
  $("steps").hidden = !told.steps;
  $("steps").replaceChildren(...(told.steps || []).map(step => part("li", step.state, step.text)));
  const newest = told.count > appeared && appeared >= 0 ? told.count : 0;
  appeared = told.count === undefined ? 0 : told.count;
  const main = [told.sentence && part("p", "sentence", ...phrases(told.sentence))];
  if (told.large) main.push(part("p", "large" + (/^[\d ·]+$/.test(told.large) ? " digits" : ""), told.large));
  if (told.small) main.push(/^[0-9a-f]{64}$/.test(told.small) ? part("p", "digest", told.small) : part("p", "small", ...phrases(told.small)));
  if (told.tickets) main.push(drawn(told.tickets, newest));
  if (told.lists) main.push(part("div", "lists", ...told.lists.map(listed)));
  if (told.agenda) main.push(part("table", "agenda", ...told.agenda.map(one =>
    part("tr", one.now ? "now" : "", part("td", "when", ...one.when.map(when => part("span", "", when))), part("td", "", one.title), part("td", "where", one.place)))));
  if (told.witnesses && told.witnesses.length) main.push(part("p", "witnesses",
    ...told.witnesses.map(one => part("span", "", one.party + "　", part("b", "", one.name)))));
  for (const line of told.voided || []) main.push(part("p", "voided", line));
  $("main").replaceChildren(...main.filter(Boolean));
  $("foot").replaceChildren(...phrases((told.facts || []).join("　·　")));
}

// The hub says how much is left; between its answers the page counts by itself, and a frozen page stands still.
function tick() {
  const now = performance.now(), frozen = now - last > FROZEN;
  body.classList.toggle("frozen", frozen);
  const said = frozen ? body.dataset.frozen.replace("{time}", heard || "—") : "";
  if ($("frozen").textContent !== said) $("frozen").replaceChildren(...(said ? phrases(said) : []));
  $("left").hidden = !clock;
  if (!clock || frozen) return;
  const seconds = Math.round((clock.ends - now) / 1000), size = Math.abs(seconds);
  const time = Math.floor(size / 60) + ":" + String(size % 60).padStart(2, "0");
  $("left").className = seconds < 0 ? "over" : "";
  $("left").replaceChildren(part("span", "of", clock.of), part("span", "", seconds < 0 ? clock.over : clock.left),
    part("b", "", time), part("span", "", clock.until));
}

async function ask() {
  const abort = new AbortController(), late = setTimeout(() => abort.abort(), 4000);
  try {
    const answer = await fetch(body.dataset.now, {cache: "no-store", credentials: "same-origin", signal: abort.signal});
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.json(), text = JSON.stringify(told.picture);
    if (text !== shown) show(told.picture);
    shown = text; heard = told.clock; last = performance.now();
    clock = told.left && {...told.left, ends: last + told.left.seconds * 1000};
  } catch {
    // tick says so when it lasts
  } finally {
    clearTimeout(late);
    setTimeout(ask, 1000);
  }
}

setInterval(tick, 250);
ask();
// A browser goes to the full screen only on somebody's tap; on a page that stands alone there is nothing else to tap.
body.addEventListener("click", event => {
  if (event.target.id !== "leave" && !document.fullscreenElement && document.documentElement.requestFullscreen)
    document.documentElement.requestFullscreen().catch(() => {});
});
