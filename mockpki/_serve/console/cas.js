// The CAs of a PKI, each below its issuer, with their services and what became of them.

import { get, path } from "./api.js";
import { button, chip, count, facts, fill, keyed, label, make, select } from "./dom.js";
import { setService } from "./faults.js";

/**
 * @typedef {import("./api.js").Ca} Ca
 * @typedef {import("./api.js").Service} Service
 * @typedef {import("./api.js").Status} Status
 * @typedef {(method: string, below: string, body?: unknown) => Promise<any>} Does something a person does, after which all is looked at again
 * @typedef {{ca: Ca, depth: number, names: string | null}} Placed *names*: the CA whose name it has, too
 */

const REASONS = ["unspecified", "key_compromise", "ca_compromise", "affiliation_changed", "superseded", "cessation_of_operation", "privilege_withdrawn", "aa_compromise"];
const TONES = /** @type {Record<string, string>} */ ({ good: "right", revoked: "wrong", on_hold: "late" });
const SERVICES = /** @type {[string, string, string, "ocsp_url" | "crl_url" | "ca_issuers_url"][]} */ ([
  ["ocsp", "OCSP responder", "OCSP", "ocsp_url"], ["crl", "CRL publisher", "CRL", "crl_url"], ["ca_issuers", "caIssuers", "caIssuers", "ca_issuers_url"]]);
/** Of so many CAs all are unfolded. */
const FEW = 4;

/** @param {Ca} ca */
export const nameCa = (ca) => ca.name ?? ca.common_name;

/** What became of a certificate. @param {Status} now */
export const showStatus = (now) => [chip(now.status.replace("_", " "), TONES[now.status]),
  now.status === "revoked" && make("span", { class: "dim" }, `${now.reason}, ${now.at?.slice(0, 16).replace("T", " ")} UTC`)];

/**
 * The buttons that change what its issuer says of a certificate; those that would be refused cannot be pressed.
 * @param {string} name
 * @param {(verb: string, body?: {reason: string}) => unknown} does
 */
export function makeVerbs(name, does) {
  const reason = select(REASONS, { name: "reason", "aria-label": `reason to revoke ${name}` });
  const named = (/** @type {string} */ text) => ({ "aria-label": `${text} ${name}` });
  const buttons = {
    revoke: button("Revoke", () => does("revoke", { reason: reason.value }), named("Revoke")),
    hold: button("Hold", () => does("revoke", { reason: "certificate_hold" }), named("Hold")),
    release: button("Release", () => does("release"), named("Release")),
    forget: button("Forget", () => does("forget"), named("Forget")),
  };
  return {
    nodes: [label("reason", reason), ...Object.values(buttons)],
    /** @param {Status} now */
    update: (now) => {
      buttons.revoke.disabled = now.status === "revoked";
      buttons.hold.disabled = now.status !== "good";
      buttons.release.disabled = now.status !== "on_hold";
      buttons.forget.disabled = now.status === "unknown";
    },
  };
}

/** Each CA behind its issuer, and how deep. @param {Ca[]} cas @returns {Placed[]} */
export function placeCas(cas) {
  /** @type {Placed[]} */
  const placed = [];
  const ids = new Set(cas.map(({ id }) => id));
  /** @param {string | null} issuer @param {number} depth */
  const place = (issuer, depth) => {
    for (const ca of cas.filter((one) => (one.issuer !== null && ids.has(one.issuer) ? one.issuer : null) === issuer)) {
      const first = cas.find((one) => one.common_name === ca.common_name);
      placed.push({ ca, depth, names: first && first !== ca ? nameCa(first) : null });
      place(ca.id, depth + 1);
    }
  };
  place(null, 0);
  return placed;
}

/**
 * @param {string} base the PKI's path
 * @param {Does} does
 * @param {() => [string, string][]} certificates id and words of each
 * @param {() => unknown} refresh
 * @param {() => unknown} turned which are unfolded
 */
export function showCas(base, does, certificates, refresh, turned) {
  const list = make("ul", { class: "cards cas" });
  /** @type {Map<string, Service>} by the path below that of the PKI */
  const services = new Map();
  /** @type {Map<string, HTMLDetailsElement>} */
  const folds = new Map();
  let many = false;
  const update = keyed(list, (/** @type {Placed} */ { ca }) => ca.id, ({ ca, depth, names }) => {
    const name = nameCa(ca);
    const status = make("span", { class: "outcome" });
    const odd = make("span", { class: "outcome" });
    const own = SERVICES.map(([service, words, target, url]) => {
      const at = path("cas", ca.id, service);
      const state = make("span", { class: "outcome" });
      const node = make("details", { class: "service" }, make("summary", {}, make("span", {}, words), state),
        make("p", { class: "dim" }, ...(ca[url] ? ["at ", make("code", {}, ca[url])] : ["at several places: each certificate names its own"])),
        setService(base + at, target, certificates, refresh));
      return { at, node, state, words };
    });
    const verbs = ca.issuer === null ? null : makeVerbs(name, (verb, body) =>
      does("POST", path("cas", ca.issuer ?? "", verb), { certificates: [ca.id], ...body }));
    const fold = make("details", { class: "ca", open: !many, ontoggle: turned },
      make("summary", {}, make("b", {}, name), status, names !== null && make("span", { class: "dim" }, `has the name of ${names}, too`), odd),
      facts([["id", ca.id], ["serial", ca.serial_number !== ca.id && ca.serial_number], ["publishes", ca.publishes]]),
      ...own.map((one) => one.node), verbs && make("div", { class: "form" }, ...verbs.nodes));
    folds.set(ca.id, fold);
    const node = make("li", { "aria-level": depth + 1 }, fold);
    node.style.setProperty("--depth", String(depth));
    return {
      node,
      update: ({ ca: now }) => {
        if (now.status) {
          fill(status, ...showStatus(now.status));
          verbs?.update(now.status);
        }
        for (const { at, state } of own) fill(state, ...showSetting(services.get(at)));
        const bent = own.filter(({ at }) => isSet(services.get(at)));
        const asked = own.reduce((all, { at }) => all + (services.get(at)?.asked ?? 0), 0);
        fill(odd, ...bent.map(({ words }) => chip(`${words}: not honest`, "wrong")), make("span", { class: "dim" }, `asked ${count(asked, "time")}`));
      },
    };
  });
  /** @type {Ca[]} */
  let cas = [];

  return {
    node: list,
    services,
    /** Whether one sees what is in it. @param {string} id */
    isOpen: (id) => Boolean(folds.get(id)?.open),
    /** @param {Ca[]} now */
    async update(now) {
      cas = now;
      await Promise.all(cas.flatMap(({ id }) => SERVICES.map(([name]) => look(path("cas", id, name)))));
      many = cas.length > FEW;
      update(placeCas(cas));
    },
    /** One of them was asked. @param {string} ca @param {string} service */
    async hear(ca, service) {
      await look(path("cas", ca, service));
      update(placeCas(cas));
    },
  };

  /** @param {string} at */
  async function look(at) {
    services.set(at, await get(base + at));
  }
}

/** @param {Service | undefined} service */
const isSet = (service) => service !== undefined && (service.faults.length > 0 || Object.keys(service.to).length > 0 || service.script_left > 0 || service.sequence !== null);

/** @param {Service | undefined} service @returns {Node[]} */
function showSetting(service) {
  if (!service) return [];
  const marks = service.faults.map((fault) => chip(fault.text, "wrong"));
  for (const [serial, list] of Object.entries(service.to))
    marks.push(chip(`for ${serial.slice(0, 8)}: ${list.map((one) => one.text).join(", ") || "honest"}`, list.length ? "wrong" : "right"));
  if (service.sequence) marks.push(chip(service.sequence, "late"));
  if (service.script_left) marks.push(chip(`script: ${service.script_left} left`, "late"));
  return [...(marks.length ? marks : [chip("honest", "right")]), make("span", { class: "dim" }, `asked ${count(service.asked, "time")}`)];
}
