// The live log: what clients asked and were told, row by row; and a row, opened.

import { get, path } from "./api.js";
import { button, chip, clock, copyable, difference, facts, fill, fold, label, late, make, moment } from "./dom.js";

/**
 * @typedef {import("./api.js").Request} Request
 * @typedef {import("./api.js").Handshake} Handshake
 * @typedef {{pki: string, base: string, link: string, kind: string, at: string, what: Request | Handshake}} Row *at*: which CA's or server's
 * @typedef {{row: Row, node: HTMLElement, link: HTMLAnchorElement, text: string}} Shown
 */

const MOST = 1000;
/** Milliseconds: nobody reads faster, and typing stays quick. */
const SOON = 100;
const TITLES = /** @type {Record<string, string>} */ ({ ocsp: "OCSP", crl: "CRL", ca_issuers: "caIssuers", crlite: "CRLite", tls_servers: "TLS" });

/** @param {Row} row @returns {row is Row & {what: Handshake}} */
const isHandshake = (row) => row.kind === "tls_servers";

/**
 * Where a row is: in the API, and in the page.
 * @param {string} pki
 * @param {string[]} below such as `["ocsp"]`, `["cas", "root", "crl"]`, `["tls_servers", "2"]`
 * @param {Request | Handshake} what
 * @returns {Row}
 */
export function placeRow(pki, below, what) {
  const kind = below[0] === "cas" ? below[2] : below[0];
  const at = below[0] === "cas" || below[0] === "tls_servers" ? below[1] : "ca";
  return { pki, kind, at, what, base: path("v1", "pkis", pki, ...below), link: `#${path(pki, ...below, what.number)}` };
}

/** @param {string[]} place the parts of a link to a row */
export const isRow = (place) => ["ocsp", "crl", "ca_issuers", "crlite", "tls_servers", "cas"].includes(place[1]) && /^\d+$/.test(place.at(-1) ?? "");

/** The names of PKIs and certificates, as far as they are known. */
export class Names {
  constructor() {
    /** @type {Map<string, string>} */
    this.known = new Map();
    /** @type {Set<string>} */
    this.asked = new Set();
    /** @type {(pki: string) => void} */
    this.heard = () => {};
  }

  /** @param {string} pki */
  async learn(pki) {
    const base = path("v1", "pkis", pki);
    const [own, { certificates }, { tls_servers: servers }] = await Promise.all([get(base), get(`${base}/certificates`), get(`${base}/tls_servers`)]);
    for (const one of certificates) this.learnCertificate(pki, one);
    for (const one of servers) this.learnServer(pki, one);
    this.learnPki(own);
  }

  /** @param {import("./api.js").Pki} pki */
  learnPki(pki) {
    this.known.set(pki.id, pki.name ?? pki.id);
    for (const ca of pki.cas) for (const key of [ca.serial_number, ca.id]) this.known.set(`${pki.id} ${key}`, ca.name ?? (key === ca.id && key.length < 9 ? key : ca.common_name));
    this.heard(pki.id);
  }

  /** @param {string} pki @param {import("./api.js").Certificate} one */
  learnCertificate(pki, one) {
    this.known.set(`${pki} ${one.serial_number}`, one.name ?? (one.identities[0] || one.serial_number.slice(0, 12)));
  }

  /** @param {string} pki @param {import("./api.js").TlsServer} one */
  learnServer(pki, one) {
    this.known.set(`${pki} server ${one.id}`, one.name ?? `server ${one.id}`);
  }

  /** Where a row is: its PKI, and which of its CAs or servers. @param {Row} row */
  place(row) {
    const at = row.kind === "tls_servers" ? this.of(row.pki, `server ${row.at}`) : row.at === "ca" ? "" : this.of(row.pki, row.at);
    return at ? `${this.of(row.pki)} / ${at}` : this.of(row.pki);
  }

  /** What a person calls it; learned meanwhile where that is not known. @param {string} pki @param {string} [serial] */
  of(pki, serial) {
    const key = serial === undefined ? pki : `${pki} ${serial}`;
    const found = this.known.get(key);
    if (found === undefined && !this.asked.has(key)) {
      // Once for each thing that is not known, and once for all of them that are not known just now.
      if (!this.asked.has(`learning ${pki}`)) {
        this.asked.add(`learning ${pki}`);
        this.learn(pki).catch(() => {}).finally(() => this.asked.delete(`learning ${pki}`));
      }
      this.asked.add(key);
    }
    return found ?? (serial === undefined ? pki : serial.slice(0, 12));
  }
}

/** What came back, in words and marks. @param {Row} row @returns {Node[]} */
function showOutcome(row) {
  const { what } = row;
  if (!isHandshake(row)) {
    const { answer, error } = /** @type {Request} */ (what);
    const odd = answer.steps.filter((step) => !["Send", "Finish"].includes(step));
    return [
      make("span", { class: answer.status === 200 ? "" : "wrong" }, answer.status ? `HTTP ${answer.status}` : "no answer"),
      ...(error ? [chip(error, "late")] : []),
      ...(answer.honest ? [chip("honest", "right")] : answer.faults.map((fault) => chip(fault.text, "wrong"))),
      ...odd.map((step) => chip(step.toLowerCase(), "late")),
    ];
  }
  const shake = row.what;
  const staple = shake.staple ? (/^bent by /.test(shake.staple_reason ?? "") ? chip("staple bent", "wrong") : chip("staple given", "right")) : chip(shake.staple_requested ? "no staple" : "staple not asked", shake.staple_requested ? "late" : "");
  const end = shake.completed ? make("span", { class: "right" }, shake.closed ? "completed" : "open")
    : make("span", { class: shake.closed ? "wrong" : "" }, shake.closed ? "failed" : "opened");
  const alerts = [shake.alert && `alert: ${shake.alert}`, shake.alert_sent && `alert sent: ${shake.alert_sent}`, !shake.alert && !shake.completed && shake.error];
  return [end, ...(shake.version ? [staple] : []), ...alerts.map((text) => (text ? make("b", { class: "wrong" }, text) : null)).filter((one) => one !== null)];
}

/** @param {Row} row @param {Names} names */
function showAsked(row, names) {
  if (isHandshake(row)) return row.what.server_name ?? "no SNI";
  const { certificates, path: target } = /** @type {Request} */ (row.what);
  return certificates.length ? certificates.map((serial) => names.of(row.pki, serial)).join(", ") : target;
}

/**
 * @param {Row} row
 * @param {Names} names
 */
const showRow = (row, names) => [
  make("time", { datetime: row.what.time }, clock(row.what.time)),
  make("span", { class: `kind ${row.kind}` }, TITLES[row.kind]),
  make("span", { class: "of" }, names.place(row)),
  make("span", { class: "asked" }, showAsked(row, names)),
  make("span", { class: "outcome" }, ...showOutcome(row)),
];

/** The log itself: it is kept while another view is shown. */
export class Log {
  /** @param {Names} names */
  constructor(names) {
    this.names = names;
    /** @type {Map<string, Shown>} */
    this.rows = new Map();
    /** @type {Map<string, Row>} those that came and are not shown yet: for a moment, or until the log goes on */
    this.waiting = new Map();
    this.shown = 0;
    this.timer = 0;
    this.paused = false;
    this.full = false;
    this.opened = "";
    this.filter = make("input", { type: "search", placeholder: "SNI, name, fault, status", size: 26, oninput: () => this.apply(), autocomplete: "off", spellcheck: "false" });
    this.pause = button("Pause", () => this.turn(!this.paused), { "aria-pressed": "false" });
    this.count = make("span", { class: "dim", role: "status" });
    this.list = make("ol", { class: "log", "aria-label": "requests and handshakes, the newest first", onkeydown: (/** @type {KeyboardEvent} */ event) => this.step(event) });
    this.empty = make("div", { class: "empty" });
    this.node = make("section", { class: "rows", "aria-label": "Live log" },
      make("div", { class: "bar" }, label("filter", this.filter), this.pause, button("Clear", () => this.clear()), this.count), this.empty, this.list);
    names.heard = (pki) => {
      for (const one of this.rows.values()) if (one.row.pki === pki) this.show(one);
      this.tell();
    };
    this.tell();
  }

  /** Rows of before, below those that are there: the newest first. @param {Row[]} rows */
  addPast(rows) {
    rows.sort((one, other) => other.what.time.localeCompare(one.what.time) || other.what.number - one.what.number);
    for (const row of rows.slice(0, MOST - this.rows.size)) if (!this.rows.has(row.link)) this.put(row, true);
    this.full ||= rows.length > MOST;
    this.tell();
  }

  /** A row that comes, or is another now: shown with all that come at about the same time. @param {Row} row */
  add(row) {
    this.waiting.set(row.link, row);
    if (this.paused) this.pause.textContent = `Resume (${this.waiting.size} waiting)`;
    else this.timer ||= setTimeout(() => this.flush(), SOON);
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.full ||= this.waiting.size > MOST;
    for (const row of [...this.waiting.values()].slice(-MOST)) this.put(row, false);
    this.waiting.clear();
    this.tell();
  }

  /** @param {Row} row @param {boolean} past */
  put(row, past) {
    const known = this.rows.get(row.link);
    if (known) {
      known.row = row;
      this.show(known);
      return;
    }
    const link = make("a", { href: row.link, class: "row" });
    const one = { row, link, node: make("li", { hidden: true }, link), text: "" };
    this.rows.set(row.link, one);
    this.show(one);
    if (past) this.list.append(one.node);
    else this.list.prepend(one.node);
    if (this.rows.size <= MOST) return;
    const oldest = /** @type {HTMLElement} */ (this.list.lastElementChild);
    if (!oldest.hidden) this.shown--;
    this.rows.delete(oldest.querySelector("a")?.getAttribute("href") ?? "");
    oldest.remove();
    this.full = true;
  }

  /** @param {Shown} one */
  show(one) {
    fill(one.link, ...showRow(one.row, this.names));
    this.markOne(one);
    one.text = `${one.link.textContent} ${one.row.what.text} ${one.row.what.client}`.toLowerCase();
    this.fit(one, this.wanted());
  }

  wanted() {
    return this.filter.value.toLowerCase().split(/\s+/);
  }

  /** Whether the filter lets it through. @param {Shown} one @param {string[]} wanted */
  fit(one, wanted) {
    const hidden = !wanted.every((word) => one.text.includes(word));
    if (hidden === one.node.hidden) return;
    one.node.hidden = hidden;
    this.shown += hidden ? -1 : 1;
  }

  /** Show those that the filter lets through. */
  apply() {
    const wanted = this.wanted();
    for (const one of this.rows.values()) this.fit(one, wanted);
    this.tell();
  }

  /** How many there are, where that is not all; and what to do where there is nothing. */
  tell() {
    const { size } = this.rows;
    const words = size > this.shown ? `${this.shown} of ${size}` : this.full ? `the newest ${size}` : "";
    if (this.count.textContent !== words) fill(this.count, words);
    const state = this.shown ? "" : size ? "Nothing fits the filter." : "nothing";
    if (state === this.empty.dataset.state) return;
    this.empty.dataset.state = state;
    fill(this.empty, state === "nothing" ? showBeginning() : state);
  }

  /** From row to row. @param {KeyboardEvent} event */
  step(event) {
    const by = event.key === "ArrowDown" ? "nextElementSibling" : event.key === "ArrowUp" ? "previousElementSibling" : null;
    let to = /** @type {HTMLElement} */ (event.target).closest("li");
    if (!by || !to) return;
    event.preventDefault();
    do to = /** @type {HTMLLIElement | null} */ (to[by]); while (to?.hidden);
    to?.querySelector("a")?.focus();
  }

  /** @param {boolean} paused */
  turn(paused) {
    this.paused = paused;
    this.pause.textContent = paused ? "Resume" : "Pause";
    this.pause.setAttribute("aria-pressed", String(paused));
    if (!paused) this.flush();
  }

  clear() {
    this.rows.clear();
    this.waiting.clear();
    this.shown = 0;
    this.full = false;
    this.list.replaceChildren();
    if (this.paused) this.turn(true);
    this.tell();
  }

  /** Mark the row of this link as the one that is open. @param {string} link */
  mark(link) {
    this.opened = link;
    for (const one of this.rows.values()) this.markOne(one);
  }

  /** Have the row of this link in view, and ready for the next key. @param {string} link */
  focus(link) {
    this.rows.get(link)?.link.focus();
  }

  /** @param {Shown} one */
  markOne({ row, link }) {
    if (row.link === this.opened) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** What to do first. */
export const showBeginning = () => make("div", {}, make("p", {}, "Nothing has been asked yet. Make a PKI here under ",
  make("a", { href: "#/pkis" }, "PKIs"), ", or by a call, and send a client to it:"),
copyable(`curl -sS ${location.origin}/v1/pkis --json '{"name": "first", "certificates": [{"name": "web", "identities": ["localhost"]}], "tls_servers": [{"certificates": ["web"]}]}'`));

/**
 * A row, opened.
 * @param {string[]} place the parts of its link
 * @param {Names} names
 */
export async function openRow(place, names) {
  const [pki, ...rest] = place;
  const below = rest.slice(0, -1);
  const number = rest[rest.length - 1];
  const list = path("v1", "pkis", pki, ...below, below[0] === "tls_servers" ? "handshakes" : "requests", number);
  const what = await get(list);
  const row = placeRow(pki, below, what);
  const head = make("h2", {}, `${TITLES[row.kind]} ${number}: `, showAsked(row, names));
  const outcome = make("p", { class: "outcome" }, ...showOutcome(row));
  return [head, outcome, ...(await (isHandshake(row) ? showHandshake(row, list, names) : showRequest(row, list, names)))];
}

/**
 * Decoded text in its parts: a line without a margin begins one.
 * @param {string} text
 * @returns {{title: string, inside: string[]}[]}
 */
function split(text) {
  /** @type {{title: string, inside: string[]}[]} */
  const parts = [];
  for (const line of text.trimEnd().split("\n"))
    if (line.startsWith("  ")) parts.at(-1)?.inside.push(line.slice(2));
    else parts.push({ title: line, inside: [] });
  return parts.filter(({ inside }) => inside.length);
}

/** What was decoded, the difference first. @param {string} at */
async function showDecoded(at) {
  const parts = split(new TextDecoder().decode(await get(`${at}/decoded`)));
  const isDifference = (/** @type {{title: string}} */ { title }) => title.startsWith("where");
  const shown = parts.filter(isDifference).map(({ title, inside }) =>
    fold(title, difference(inside.map((line) => ({ mark: line[0], text: line.slice(2) }))), true));
  return [...shown, ...parts.filter((part) => !isDifference(part)).map(({ title, inside }, number) =>
    fold(title, make("pre", { tabindex: 0 }, inside.join("\n")), !shown.length || number === 0))];
}

/** Its PKI. @param {Row} row @param {Names} names */
const showPlace = (row, names) => make("a", { href: `#${path(row.pki)}` }, names.place(row));

/** @param {Row} row @param {string} at @param {Names} names */
async function showRequest(row, at, names) {
  const { time, client, method, path: target, hash_algorithm, nonce, signed, error, answer, certificates } = /** @type {Request} */ (row.what);
  const hasQuestion = certificates.length > 0 || error !== null;
  return [
    facts([["time", moment(time)], ["at", showPlace(row, names)], ["client", client], ["request", `${method} ${target}`], ["asked about", certificates.join(", ")],
      ["hash", hash_algorithm], ["nonce", nonce], ["signed", signed && "yes"], ["error", error && make("span", { class: "wrong" }, error)],
      ["answer", `${answer.size} octets: ${answer.steps.join(", ")}`], ["to the honest one", answer.honest && make("span", { class: "right" }, "no difference")]]),
    ...(await showDecoded(at)),
    hasQuestion && late("Request in hex", () => dump(`${at}/request.der`)),
    late("Answer in hex", () => dump(`${at}/answer.bin`)),
    make("p", { class: "bar" }, hasQuestion && download(`${at}/request.der`, "request.der"), download(`${at}/answer.bin`, "answer.bin"), download(at, "request.json")),
  ];
}

/** @param {Row & {what: Handshake}} row @param {string} at @param {Names} names */
async function showHandshake(row, at, names) {
  const shake = row.what;
  const red = (/** @type {string | null} */ text) => text && make("b", { class: "wrong" }, text);
  return [
    facts([["time", moment(shake.time)], ["at", showPlace(row, names)], ["client", shake.client], ["SNI", shake.server_name], ["version", shake.version], ["ALPN", shake.alpn],
      ["staple", `${shake.staple_requested ? "asked for" : "not asked for"}, ${shake.staple ? "given" : "none given"}${shake.staple_reason ? `: ${shake.staple_reason.replaceAll("datetime.", "")}` : ""}`],
      ["handshake", shake.completed ? `completed${shake.resumed ? ", resumed" : ""}` : "not completed"],
      ["alert", red(shake.alert)], ["alert sent", red(shake.alert_sent)], ["error", red(shake.error)],
      ["HTTP requests", shake.requests], ["connection", shake.closed ? "closed" : "open"]]),
    ...(await showDecoded(at)),
    shake.staple && late("Staple in hex", () => dump(`${at}/staple.der`)),
    shake.certificate && late("Chain, PEM", async () => make("pre", { tabindex: 0 }, new TextDecoder().decode(await get(`${at}/chain.pem`)))),
    shake.client_certificate && fold("The client's certificate", make("pre", { tabindex: 0 }, shake.client_certificate)),
    make("p", { class: "bar" }, shake.staple && download(`${at}/staple.der`, "staple.der"),
      shake.certificate && download(`${at}/chain.pem`, "chain.pem"), download(at, "handshake.json")),
  ];
}

/** @param {string} to @param {string} name */
const download = (to, name) => make("a", { href: to, download: name }, `Download ${name}`);

/** @param {string} to */
const dump = async (to) => hex(await get(to));

/** Sixteen octets a line, with their offset and what is ASCII. @param {Uint8Array} bytes */
function hex(bytes) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    const digits = part.map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((octet) => (octet > 31 && octet < 127 ? String.fromCharCode(octet) : ".")).join("");
    rows.push(`${at.toString(16).padStart(4, "0")}  ${digits.padEnd(47)}  ${text}`);
  }
  return make("pre", { class: "hex", tabindex: 0 }, rows.join("\n") || "no octets");
}
