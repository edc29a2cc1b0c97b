// The certificates of a PKI: found, revoked and so on, downloaded; and new ones.

import { path } from "./api.js";
import { makeVerbs, nameCa, showStatus } from "./cas.js";
import { button, date, facts, fill, fold, form, input, keyed, label, listed, make, select, typedIn } from "./dom.js";
import { pickFaults } from "./faults.js";

/**
 * @typedef {import("./api.js").Ca} Ca
 * @typedef {import("./api.js").Certificate} Certificate
 * @typedef {import("./cas.js").Does} Does
 */

export const KEYS = ["P-256", "P-384", "P-521", "Ed25519", "Ed448", "RSA-2048", "RSA-3072", "RSA-4096"];
/** So many are shown unless one asks for more. */
const FIRST = 20;

/** @param {Certificate} one */
export const nameCertificate = (one) => one.name ?? (one.identities.join(", ") || one.serial_number);

/**
 * @param {string} base the PKI's path
 * @param {Does} does
 * @param {() => unknown} changed which are shown
 */
export function showCertificates(base, does, changed) {
  const list = make("ul", { class: "cards" });
  const filter = input({ type: "search", placeholder: "name, serial, status, CA", oninput: show });
  const told = make("span", { class: "dim", role: "status" });
  const all = button("Show all", () => {
    most = Infinity;
    show();
    // The button is gone now.
    filter.focus();
  });
  const find = make("div", { class: "bar" }, label("find", filter), told, all);
  let most = FIRST;
  /** @type {Certificate[]} */
  let certificates = [];
  /** @type {Certificate[]} */
  let shown = [];
  /** @type {Map<string, string>} */
  const names = new Map();
  const update = keyed(list, (/** @type {Certificate} */ one) => one.id, (first) => {
    const at = path("certificates", first.id);
    const name = nameCertificate(first);
    const status = make("span", { class: "outcome" });
    const verbs = makeVerbs(name, (verb, body) => does("POST", `${at}/${verb}`, body));
    const hasKey = first.key_file !== null;
    return {
      node: make("li", {}, make("div", { class: "bar" }, make("b", {}, name), status),
        facts([["names", first.identities.join(", ") !== name && first.identities.join(", ")], ["by", names.get(first.ca) ?? first.ca], ["serial", first.serial_number], ["ends", date(first.not_after)]]),
        make("div", { class: "form" }, ...verbs.nodes,
          make("span", { class: "bar" }, ...["certificate.pem", "chain.pem", ...(hasKey ? ["key.pem", "keystore.p12"] : [])].map((file) =>
            make("a", { href: `${base}${at}/${file}`, download: file, "aria-label": `${file} of ${name}` }, file))))),
      update: ({ status: now }) => {
        fill(status, ...showStatus(now));
        verbs.update(now);
      },
    };
  }, () => make("li", { class: "empty" }, certificates.length ? "None fits." : "No certificate yet: issue one below."));

  function show() {
    const wanted = filter.value.toLowerCase().split(/\s+/);
    const found = certificates.filter((one) => {
      const text = [one.name, ...one.identities, one.serial_number, one.status.status.replace("_", " "), one.status.reason, names.get(one.ca)].join(" ").toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    shown = found.slice(0, most);
    find.hidden = certificates.length <= FIRST / 4;
    all.hidden = shown.length === found.length;
    fill(told, shown.length < certificates.length && `${shown.length} of ${certificates.length}`);
    update(shown);
    changed();
  }

  const identities = input({ name: "identities", placeholder: "localhost, 127.0.0.1" });
  const called = input({ name: "name" });
  const mustStaple = input({ type: "checkbox", name: "must_staple" });
  const key = select([["", "as the PKI"], ...KEYS.map((one) => /** @type {[string, string]} */ ([one, one]))], { name: "key_type" });
  const by = select([], { name: "ca" });
  const status = select(["good", "revoked", "on_hold", "unknown"], { name: "status" });
  const bent = pickFaults("certificate");
  const issue = form("Issue", async () => {
    await does("POST", "/certificates", { identities: listed(identities.value), name: typedIn(called), must_staple: mustStaple.checked, key_type: typedIn(key),
      ca: by.value === "ca" ? undefined : by.value, status: status.value, faults: bent.list() });
    identities.value = called.value = "";
    bent.set([]);
  }, label("for", identities), label("called", called), label("issued by", by), label("key", key), label("status", status), label("must-staple", mustStaple, "check"), fold("Faults of the certificate", bent.node));

  return {
    node: make("div", {}, find, list, make("section", {}, make("h3", {}, "Issue a certificate"), issue)),
    shown: () => shown,
    /** @param {Certificate[]} now @param {Ca[]} cas */
    update(now, cas) {
      certificates = now;
      for (const ca of cas) names.set(ca.id, nameCa(ca));
      const chosen = by.value || "ca";
      fill(by, ...cas.map((ca) => make("option", { value: ca.id }, nameCa(ca))));
      by.value = chosen;
      show();
    },
  };
}
