// The page: which view the address asks for, and what the server says of itself.

import { get, listen, path } from "./api.js";
import { fill, make, say } from "./dom.js";
import { Log, Names, isRow, openRow, placeRow } from "./log.js";
import { showPki, showPkis } from "./tree.js";

const view = /** @type {HTMLElement} */ (document.getElementById("view"));
const state = /** @type {HTMLElement} */ (document.getElementById("state"));
const gone = /** @type {HTMLElement} */ (document.getElementById("gone"));
const names = new Names();
const log = new Log(names);
const detail = make("section", { class: "detail", "aria-label": "The row that is open", tabindex: -1 });
/** @type {import("./tree.js").View | null} */
let shown = null;

/** The parts of the address behind `#`. */
const place = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map((part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
});

/** Show what the address asks for. @param {boolean} [moved] by somebody who is to be there now */
async function show(moved = false) {
  const parts = place();
  const row = isRow(parts);
  const inLog = row || !parts.length;
  const link = location.hash;
  document.title = parts.length ? `${[names.known.get(parts[0]) ?? parts[0], ...parts.slice(1)].join(" ")} - mockpki` : "mockpki";
  for (const [id, here] of /** @type {[string, boolean][]} */ ([["to-log", inLog], ["to-pkis", !inLog]])) {
    const own = /** @type {HTMLElement} */ (document.getElementById(id));
    if (here) own.setAttribute("aria-current", "page");
    else own.removeAttribute("aria-current");
  }
  shown = inLog ? null : parts[0] === "pkis" ? showPkis() : showPki(parts[0]);
  const before = log.opened;
  log.mark(row ? link : "");
  if (shown) fill(view, shown.node);
  else if (log.node.parentElement?.parentElement !== view) fill(view, make("div", { class: "split" }, log.node, detail));
  view.classList.toggle("opened", row);
  // Back to where one was.
  if (inLog && !row && before) log.focus(before);
  else if (moved && !row) view.focus({ preventScroll: true });
  try {
    if (row) {
      detail.scrollTop = 0;
      // On a narrow screen it stands in the place of the rows.
      if (!log.node.checkVisibility()) scrollTo(0, 0);
      const inside = await openRow(parts, names);
      if (location.hash === link) fill(detail, make("p", { class: "bar" }, make("a", { href: "#/", class: "back" }, "Close this row")), ...inside);
      // It is not shown, and cannot have the focus, while there is nothing in it.
      if (location.hash === link && moved) detail.focus({ preventScroll: true });
    } else fill(detail);
    await shown?.refresh();
  } catch (error) {
    if (location.hash !== link) return;
    const sentence = make("p", { class: "empty wrong" }, String(error instanceof Error ? error.message : error));
    fill(row ? detail : view, sentence, make("p", {}, make("a", { href: row ? "#/" : "#/pkis" }, row ? "Back to the log" : "All PKIs")));
  }
}

let timer = 0;

/** Whether it is this PKI that is shown. @param {string} pki */
function isHere(pki) {
  const [here] = place();
  return here === pki || names.known.get(pki) === here;
}

/** Look again, once for all that happens at about the same time. @param {string} pki */
function refreshSoon(pki) {
  if (!shown || (place()[0] !== "pkis" && pki && !isHere(pki))) return;
  timer ||= setTimeout(() => {
    timer = 0;
    Promise.resolve(shown?.refresh()).catch(() => {});
  }, 150);
}

/** @param {string} kind @param {any} data */
function hear(kind, data) {
  const { pki = "", ca, service, server, document: what } = data;
  if (kind === "request") log.add(placeRow(pki, ca === "ca" || service === "crlite" ? [service] : ["cas", ca, service], what));
  else if (kind === "handshake") log.add(placeRow(pki, ["tls_servers", server], what));
  else if (kind === "certificate") names.learnCertificate(pki, what);
  else if (kind === "tls_server") names.learnServer(pki, what);
  else if (kind === "pki" && what?.cas) names.learnPki(what);
  else if (kind === "lost") askForPast();
  if (kind === "request" || kind === "handshake") {
    if (isHere(pki) && service !== "crlite") shown?.hear?.(ca, service, server);
  } else refreshSoon(pki);
}

/** What happened before anybody listened, of the newest PKIs: their newest requests and handshakes. */
async function askForPast() {
  const { pkis } = await get("/v1/pkis");
  const lists = pkis.slice(-20).flatMap((/** @type {import("./api.js").Pki} */ pki) => {
    names.learnPki(pki);
    return [
      ...pki.cas.flatMap(({ id }) => ["ocsp", "crl", "ca_issuers"].map((name) => ({ pki, below: id === "ca" ? [name] : ["cas", id, name], list: "requests" }))),
      ...(pki.crlite_url ? [{ pki, below: ["crlite"], list: "requests" }] : []),
      ...pki.tls_servers.map((id) => ({ pki, below: ["tls_servers", id], list: "handshakes" })),
    ];
  });
  const found = await Promise.all(lists.map(async (/** @type {{pki: {id: string}, below: string[], list: string}} */ { pki, below, list }) => {
    const answer = await get(`${path("v1", "pkis", pki.id, ...below, list)}?after=-100`).catch(() => ({}));
    return (answer[list] ?? []).map((/** @type {any} */ what) => placeRow(pki.id, below, what));
  }));
  log.addPast(found.flat());
}

let begun = false;
listen(hear, async (now, anew) => {
  state.className = now;
  fill(state, now === "live" ? "live" : now === "hidden" ? "asleep" : "gone");
  gone.hidden = now !== "gone";
  if (now === "live" && anew) {
    log.clear();
    await askForPast().catch(() => {});
    if (begun) await (shown ? shown.refresh() : show());
    begun = true;
  } else if (now === "live") shown?.refresh();
  if (now !== "gone") return;
  fill(gone, "The server does not answer: it has ended, or is on its way up again. This page goes on by itself when it is back.");
  await get("/v1/pkis").catch((error) => {
    if (error.status === 401) fill(gone, "The server wants its token: open the address with ?token= that it printed when it started.");
    else if (error.status) fill(gone, `The server refuses to tell what happens: ${error.message}`);
  });
});
addEventListener("hashchange", () => show(true));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.target instanceof HTMLSelectElement) return;
  if (!(/** @type {HTMLElement} */ (document.getElementById("said")).hidden)) say("");
  else if (isRow(place()) && !(event.target instanceof HTMLInputElement && event.target.value)) location.hash = "#/";
});
show();
