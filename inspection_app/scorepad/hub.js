/** The hub behind the pad, and its routes. What is sent when, and what an answer means, is not known here. */

/** @param way  {ask, fetchSheet}: what asks for JSON, and for the sheet: they are there before any module is */
export function hub(slug, { ask, fetchSheet }) {
  const post = (path, content, signal) => ask(path, {
    method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content),
  });
  const query = (values) => new URLSearchParams({ visit: slug, ...values });
  const briefly = () => AbortSignal.timeout(8000);
  return {
    sheet: fetchSheet,
    send: (change, signal) => post("/pad/answers", change, signal),
    pulse: (state, signal) => ask(`/pad/pulse?${query(state)}`, { signal }),
    phrases: (member, own) => post("/pad/phrases", { visit: slug, member, own }, briefly()),
    dispute: (member, figure, note) => post("/pad/disputes", { visit: slug, member, figure, note }, briefly()),
    handIn: (member) => post("/pad/hand-in", { visit: slug, member }, briefly()),
    takeBack: (member) => post("/pad/take-back", { visit: slug, member }, briefly()),
    lookedAgain: (member, item) => post("/pad/looked-again", { visit: slug, member, item }, briefly()),
    attach: (blob, told, signal, progress) => sentWithProgress(`/pad/evidence?${new URLSearchParams(told)}`, blob, signal, progress),
    ownEvidence: (member, signal) => ask(`/pad/evidence?${query({ member })}`, { signal }),
    changeEvidence: (told, signal) => post("/pad/evidence/change", told, signal),
    evidence: (id, small) => `/pad/evidence/${id}?${query(small ? { size: "thumbnail" } : {})}`,
  };
}

/** Send a file and say how much of it has left: only the older way of asking tells that. */
function sentWithProgress(path, blob, signal, progress) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.upload.onprogress = (event) => event.total && progress(event.loaded / event.total);
    request.onload = () => {
      let body = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // no JSON: as unreachable
      }
      done({ status: request.status, body });
    };
    request.onerror = request.onabort = () => fail(new Error("unreachable"));
    signal.addEventListener("abort", () => request.abort());
    request.send(blob);
  });
}

/** Nobody, for a sheet to try a rubric on: nothing leaves the page. */
export function nobody() {
  const nothing = async () => ({ status: 503, body: null });
  return {
    send: nothing, pulse: nothing, phrases: nothing, dispute: nothing, handIn: nothing, takeBack: nothing, lookedAgain: nothing,
  };
}
