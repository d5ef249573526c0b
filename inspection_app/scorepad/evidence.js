/** Photos and files of a place, such as an item: taken or chosen, captioned, removed and brought back; what waits is shown as waiting. */

import { h, put, say, time, unique } from "dom";
import { LIMITS, shrink } from "shrink";
import { age } from "states";

const MOST_CAPTION = 30;

/** Where a photo or its thumbnail can be seen: what this tablet has first, so that it is there without the hub. */
function address(pad, one, small) {
  const { seen } = pad.evidence;
  const here = small ? one.thumbnail : one.blob;
  if (!here) return one.evidence ? pad.source.evidence(one.evidence, small) : "";
  const key = `${one.key}/${small}`;
  if (!seen.has(key)) seen.set(key, URL.createObjectURL(here));
  return seen.get(key);
}

function enlarge(pad, one) {
  const close = h("button", { type: "button", text: pad.word("Close"), onclick: () => dialog.close() });
  const picture = h("img", { src: address(pad, one, false) || address(pad, one, true), alt: one.caption || pad.word("Photo") });
  picture.addEventListener("error", () => {
    picture.replaceWith(h("p", { class: "fault", text: pad.word("Only the hub has this photo, and it cannot be reached.") }));
  });
  const dialog = h("dialog", { class: "pad enlarged", "aria-label": one.caption || pad.word("Photo"), onclose: () => dialog.remove() },
    h("div", { class: "overview-head" }, h("p", { text: one.caption }), close),
    picture);
  pad.root.append(dialog);
  dialog.showModal();
}

function card(pad, no, one) {
  const isPhoto = one.media !== "application/pdf";
  let now = one;
  const picture = isPhoto ? h("img", { alt: one.name || "" }) : null;
  const shown = isPhoto
    ? h("button", { type: "button", class: "thumbnail", onclick: () => enlarge(pad, now) }, picture)
    : h("a", { class: "thumbnail paper", target: "_self", text: one.name || "PDF" });
  const id = unique("caption");
  const caption = h("input", { id, type: "text", maxlength: String(MOST_CAPTION), placeholder: pad.word("What is on it"), autocomplete: "off", enterkeyhint: "done" });
  caption.addEventListener("blur", () => caption.value.trim() !== now.caption && pad.evidence.change(no, one.key, { caption: caption.value.trim() }));
  caption.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) caption.blur(); });
  const state = h("span", { class: "badge quiet" });
  const remove = h("button", { type: "button", text: pad.word("Remove"), onclick: () => {
    pad.evidence.change(no, one.key, { withdrawn: !now.withdrawn });
    pad.announce(now.withdrawn ? pad.word("Removed.") : pad.word("Brought back."));
  } });
  const again = h("button", { type: "button", text: pad.word("Try again"), onclick: () => pad.evidence.retry(one.key) });
  const fault = h("p", { class: "fault refused", role: "alert" });
  const figure = h("figure", { class: "photo", "data-key": one.key }, shown,
    h("figcaption", {}, h("label", { class: "unseen", for: id, text: pad.word("Caption (at most 30 characters)") }), caption, fault,
      h("div", { class: "photo-foot" }, state, again, remove)));
  figure.refresh = (latest) => {
    now = latest;
    if (document.activeElement !== caption && caption.value !== now.caption) caption.value = now.caption;
    put(caption, { disabled: !pad.editable || Boolean(now.withdrawn) });
    put(remove, { hidden: !pad.editable });
    say(remove, now.withdrawn ? pad.word("Undo") : pad.word("Remove"));
    put(figure, { className: now.withdrawn ? "photo withdrawn" : "photo" });
    put(again, { hidden: !now.refused || !now.blob || Boolean(now.withdrawn) || !pad.editable });
    say(fault, now.refused && !now.withdrawn ? `✗ ${now.refused.message || pad.word("The hub lost this photo when it was put back to an earlier state, and only its thumbnail is here. Take it again.")}` : "");
    const [kind, text] = standing(pad, now);
    put(state, { className: `badge ${kind}` });
    say(state, text);
    if (isPhoto && !picture.hasAttribute("src")) { // what only the hub can decode is seen as soon as the hub has it
      const source = address(pad, now, true);
      if (source) picture.src = source;
    }
    if (isPhoto) shown.setAttribute("aria-label", now.caption || pad.word("Photo"));
    else if (now.evidence) shown.href = pad.source.evidence(now.evidence, false);
  };
  return figure;
}

function standing(pad, one) {
  if (one.withdrawn) return ["quiet", pad.word("Removed.")];
  if (one.refused) return ["refused", `✗ ${pad.word("not saved")}`];
  if (one.progress !== null && one.progress !== undefined) return ["waiting", `… ${pad.word("sending: {share} %", { share: Math.round(one.progress * 100) })}`];
  if (one.waiting) return ["waiting", `… ${pad.word("waiting to be sent for {age}", { age: age(pad, one.at) })}`];
  return ["saved", `✓ ${pad.word("saved {time}", { time: time(one.saved, true) })}`];
}

/** What opens the camera or the gallery, or the files: large, and reached by keys as well. */
function chooser(text, accept, multiple, take) {
  const input = h("input", { type: "file", class: "unseen", accept, multiple });
  input.onchange = async () => {
    await take([...input.files]);
    input.value = ""; // the same one may be chosen again
  };
  return h("label", { class: "chooser" }, input, h("span", { text }));
}

/**
 * Show the photos and files of the place `pad.no`.
 *
 * @param pad  {no, evidence, source, root, editable, bits, now(), word(), announce()}: a view of a score sheet, or less
 */
export function evidence(pad) {
  if (!pad.evidence) return null;
  const { no } = pad;
  const cards = h("div", { class: "photos" });
  const told = h("p", { class: "fault", role: "status" });
  const take = async (files) => {
    const faults = [];
    for (const [place, file] of files.entries()) {
      say(told, pad.word("Getting photo {number} of {count} ready …", { number: place + 1, count: files.length }));
      const ready = await shrink(file).catch(() => null);
      if (!ready) faults.push(pad.word("“{name}” could not be read. Take the photo again.", { name: file.name }));
      else if (ready.blob.size > LIMITS.file) faults.push(pad.word("“{name}” has more than 8 MB. Take the photo again at a lower resolution.", { name: file.name }));
      else await pad.evidence.add(no, ready);
    }
    say(told, faults.join(" "));
  };
  const ways = h("div", { class: "ways-to" },
    chooser(`＋ ${pad.word("Photo")}`, "image/*", true, take), chooser(`＋ ${pad.word("PDF file")}`, "application/pdf", true, take));
  const made = new Map();
  pad.bits.push(() => {
    put(ways, { hidden: !pad.editable });
    const found = pad.evidence.shows(no);
    const keys = new Set(found.map((one) => one.key));
    for (const [key, old] of made) if (!keys.has(key)) { old.remove(); made.delete(key); }
    for (const one of found) {
      if (!made.has(one.key)) made.set(one.key, card(pad, no, one));
      const figure = made.get(one.key);
      if (figure.parentNode !== cards) cards.append(figure);
      figure.refresh(one);
    }
    put(cards, { hidden: !found.length });
  });
  return h("section", { class: "criterion evidence", "aria-label": pad.word("Photos and files") },
    h("div", { class: "evidence-head" }, h("h3", { text: pad.word("Photos and files") }), ways), told, cards);
}
