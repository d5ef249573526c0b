/* Takes an answer file from the offline sheet that opened this page, shows what it would change, and sends it after a tap. */

"use strict";

const given = JSON.parse(document.getElementById("given").textContent);
const told = document.getElementById("told");
const UNTAPPED = 600; // milliseconds in which a tap was not yet meant for what has just appeared
let answers = null;

function element(name, text, style) {
  const made = document.createElement(name);
  made.textContent = text;
  if (style) made.className = style;
  return made;
}

async function ask(path) {
  const body = JSON.stringify({ visit: given.visit, member: given.member, answers });
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const content = await answer.json();
    return answer.ok ? content : { refused: content.message };
  } catch {
    return { refused: given.words.failed };
  }
}

function show(...parts) {
  told.replaceChildren(...parts);
}

async function look() {
  const found = await ask("/pad/bring/look");
  if (found.refused) return show(element("p", found.refused, "fault"));
  const list = element("ul", "", "kinds");
  for (const row of found.rows) {
    const line = element("li", "");
    line.append(element("b", row.kind, row.colour), element("span", row.text));
    list.append(line);
  }
  const parts = [element("h2", found.title), ...found.faults.map((fault) => element("p", fault, "fault")), list];
  if (found.note) parts.push(element("p", found.note));
  if (found.button) {
    const button = element("button", found.button, "primary");
    const line = element("div", "", "primary-row");
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, UNTAPPED);
    button.addEventListener("click", () => bring(button));
    line.append(button);
    parts.push(line);
  }
  return show(...parts);
}

async function bring(button) {
  button.disabled = true;
  const done = await ask("/pad/bring");
  if (done.refused) {
    button.disabled = false;
    button.parentElement.before(element("p", done.refused, "fault"));
    return;
  }
  show(element("p", `✓ ${done.told}`, "done"));
  if (done.whole) opener?.postMessage({ taken: true }, "*");
}

/* The offline sheet is a file of this device, which browsers name by no address of the web. Whatever has one is not
   listened to, and of several texts the first counts: what is sent is what was looked at. A website can take its name
   off (a sandboxed frame), so nothing is ever sent without the tap. */
window.addEventListener("message", (event) => {
  const stranger = event.source !== opener || /^https?:/.test(event.origin);
  const text = event.data && event.data.answers;
  if (stranger || answers !== null || typeof text !== "string" || text.length > given.most) return;
  answers = text;
  look();
});

if (opener) opener.postMessage({ ready: true }, "*");
else show(element("p", given.words.nobody));
