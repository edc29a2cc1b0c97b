// The PKIs, and what is in one: CAs, certificates, services, TLS servers, the clock; and what was done by hand, as code.

import { act, deeds, forgetDeeds, get, path, wantsToken } from "./api.js";
import { showClock } from "./clock.js";
import { writeCurl, writePython } from "./code.js";
import { button, chip, copyable, date, facts, fill, fold, form, keyed, label, late, make, select } from "./dom.js";
import { pickFaults, pickStaple, setService } from "./faults.js";
import { showBeginning } from "./log.js";

/**
 * @typedef {import("./api.js").Pki} Pki
 * @typedef {import("./api.js").Ca} Ca
 * @typedef {import("./api.js").Certificate} Certificate
 * @typedef {import("./api.js").Service} Service
 * @typedef {import("./api.js").TlsServer} TlsServer
 * @typedef {{node: HTMLElement, refresh: () => unknown}} View
 */

const REASONS = ["unspecified", "key_compromise", "ca_compromise", "affiliation_changed", "superseded", "cessation_of_operation", "privilege_withdrawn", "aa_compromise"];
const KEYS = ["P-256", "P-384", "P-521", "Ed25519", "Ed448", "RSA-2048", "RSA-3072", "RSA-4096"];
const TONES = /** @type {Record<string, string>} */ ({ good: "right", revoked: "wrong", on_hold: "late" });
const SERVICES = /** @type {[string, string, string, "ocsp_url" | "crl_url" | "ca_issuers_url"][]} */ ([
  ["ocsp", "OCSP responder", "OCSP", "ocsp_url"], ["crl", "CRL publisher", "CRL", "crl_url"], ["ca_issuers", "caIssuers", "caIssuers", "ca_issuers_url"]]);

/** What was typed into a field; undefined for nothing. @param {HTMLInputElement | HTMLSelectElement} field */
const typedIn = (field) => field.value.trim() || undefined;

/** @param {string} text */
const listed = (text) => text.split(/[\s,]+/).filter(Boolean);

/** @param {Attributes} [more] @typedef {import("./dom.js").Attributes} Attributes */
const input = (more) => make("input", { autocomplete: "off", spellcheck: "false", ...more });

/** @param {string} title @param {...import("./dom.js").Child} inside */
const section = (title, ...inside) => make("section", {}, make("h3", {}, title), ...inside);

/** @param {Ca} ca */
const nameCa = (ca) => ca.name ?? ca.common_name;

/** @param {Certificate} one */
const nameCertificate = (one) => one.name ?? (one.identities.join(", ") || one.serial_number);

/** All PKIs that are open, and a new one. @returns {View} */
export function showPkis() {
  const list = make("ul", { class: "cards" });
  const update = keyed(list, (/** @type {Pki} */ pki) => pki.id, (pki) => {
    const about = make("span", { class: "dim" });
    return {
      node: make("li", {}, make("a", { href: `#${path(pki.id)}` }, pki.name ?? pki.id), about),
      update: (now) => fill(about, `${now.name ? `${now.id}, ` : ""}${now.cas.length} CAs, ${now.certificates.length} certificates, ${now.tls_servers.length} TLS servers`),
    };
  }, () => make("li", { class: "empty" }, showBeginning()));
  const refresh = async () => update((await get("/v1/pkis")).pkis);
  const name = input();
  const names = input({ value: "localhost" });
  const key = select(KEYS);
  const depth = input({ type: "number", min: 0, max: 100, value: 1, size: 3 });
  const delegated = input({ type: "checkbox" });
  const server = input({ type: "checkbox", checked: true });
  const make_ = form("Make a PKI", async () => {
    const identities = listed(names.value);
    const first = identities.length ? { certificates: [{ name: "web", identities }], ...(server.checked && { tls_servers: [{ certificates: ["web"] }] }) } : {};
    const pki = await act("POST", "/v1/pkis", { name: typedIn(name), key_type: key.value, depth: Number(depth.value), delegated: delegated.checked, ...first });
    location.hash = path(pki.id);
  }, label("name", name), label("key", key), label("CAs below the root", depth), label("delegated OCSP signing", delegated, "check"),
  label("first certificate for", names), label("and a TLS server", server, "check"));
  return { node: make("div", { class: "page" }, make("h2", {}, "PKIs"), list, section("New PKI", make_)), refresh };
}

/** One PKI. @param {string} id @returns {View} */
export function showPki(id) {
  const base = path("v1", "pkis", id);
  /** @type {Pki} */
  let pki;
  /** @type {Certificate[]} */
  let certificates = [];
  /** @type {Map<string, Service>} */
  const services = new Map();
  const title = make("h2");
  const about = make("div");
  const timing = showClock(base, () => refresh());
  const cas = make("ul", { class: "cards" });
  const leaves = make("ul", { class: "cards" });
  const servers = make("ul", { class: "cards" });
  const hand = make("div");
  let told = -1;

  /** Something a person does, after which all is looked at again. @param {string} method @param {string} below @param {unknown} [body] */
  const does = async (method, below, body) => {
    const answer = await act(method, base + below, body);
    await refresh();
    return answer;
  };

  const updateCas = keyed(cas, (/** @type {Ca} */ ca) => ca.id, (ca) => {
    const status = make("span");
    const shown = make("div");
    const own = SERVICES.map(([name, words, target, url]) => {
      const at = name === "crl" || name === "ocsp" || name === "ca_issuers" ? path("cas", ca.id, name) : "";
      const state = make("span", { class: "outcome" });
      const node = make("details", { class: "service" }, make("summary", {}, make("span", {}, words), state),
        make("p", { class: "dim" }, "at ", make("code", {}, ca[url])),
        setService(base + at, target, () => [...certificates.map((one) => /** @type {[string, string]} */ ([one.id, nameCertificate(one)]))], refresh));
      return { at, node, state };
    });
    return {
      node: make("li", {}, make("div", { class: "bar" }, make("b", {}, nameCa(ca)), status), shown, ...own.map((one) => one.node)),
      update: (now) => {
        fill(status, now.status && chip(now.status.status, TONES[now.status.status]));
        fill(shown, facts([["id", now.id], ["serial", now.serial_number], ["below", now.issuer], ["publishes", now.publishes]]));
        for (const { at, state } of own) fill(state, ...showSetting(services.get(at)));
      },
    };
  });

  const updateLeaves = keyed(leaves, (/** @type {Certificate} */ one) => one.id, (first) => {
    const at = path("certificates", first.id);
    const status = make("span", { class: "outcome" });
    const reason = select(REASONS, { "aria-label": `reason to revoke ${nameCertificate(first)}` });
    const buttons = {
      revoke: button("Revoke", () => does("POST", `${at}/revoke`, { reason: reason.value })),
      hold: button("Hold", () => does("POST", `${at}/revoke`, { reason: "certificate_hold" })),
      release: button("Release", () => does("POST", `${at}/release`)),
      forget: button("Forget", () => does("POST", `${at}/forget`)),
    };
    return {
      node: make("li", {}, make("div", { class: "bar" }, make("b", {}, nameCertificate(first)), status),
        facts([["names", first.identities.join(", ")], ["serial", first.serial_number], ["ends", date(first.not_after)]]),
        make("div", { class: "form" }, label("reason", reason), ...Object.values(buttons)),
        make("p", { class: "bar" }, ...["certificate.pem", "chain.pem", "key.pem", "keystore.p12"].map((name) =>
          make("a", { href: `${base}${at}/${name}`, download: name }, name)))),
      update: ({ status: now }) => {
        fill(status, chip(now.status.replace("_", " "), TONES[now.status]), now.status === "revoked" && make("span", { class: "dim" }, `${now.reason}, ${date(now.at)}`));
        buttons.revoke.disabled = now.status === "revoked";
        buttons.hold.disabled = now.status !== "good";
        buttons.release.disabled = now.status !== "on_hold";
        buttons.forget.disabled = now.status === "unknown";
      },
    };
  }, () => make("li", { class: "empty" }, "No certificate yet: issue one below."));

  const updateServers = keyed(servers, (/** @type {TlsServer} */ one) => one.id, (first) => {
    const at = path("tls_servers", first.id);
    const staple = make("span", { class: "outcome" });
    const events = make("div");
    const stapler = fold("Stapler", make("div", {}, events, make("div", { class: "form" },
      button("Settle", async () => (await act("POST", `${base}${at}/stapler/settle`), look())),
      button("Restart", async () => (await act("POST", `${base}${at}/stapler/restart`), look())))));
    const look = async () => fill(events, ...showStapler(await get(`${base}${at}/stapler`)));
    stapler.addEventListener("toggle", () => stapler.open && look().catch((error) => fill(events, error.message)));
    return {
      node: make("li", {}, make("div", { class: "bar" }, make("b", {}, first.name ?? first.server_name ?? first.id), make("code", {}, `${first.host}:${first.port}`), staple),
        copyable(`curl -sS --cert-status --cacert ${pki.ca_file} ${first.url}`),
        pickStaple("Staple this", (chosen) => does("PUT", `${at}/staple`, { staple: chosen })), stapler,
        make("div", { class: "form" }, button("Stop the server", () => does("DELETE", at)))),
      update: (now) => {
        const policy = now.staple !== null && typeof now.staple === "object" && !Array.isArray(now.staple) && "policy" in now.staple;
        stapler.hidden = !policy;
        if (policy && stapler.open) look().catch(() => {});
        fill(staple, chip(writeStaple(now.staple), /^(an )?honest/.test(now.staple) ? "right" : policy ? "" : "wrong"), make("span", { class: "dim" }, `${now.connections} connections`));
      },
    };
  }, () => make("li", { class: "empty" }, "No TLS server yet: start one below."));

  async function refresh() {
    const [own, all, running] = await Promise.all([get(base), get(`${base}/certificates`), get(`${base}/tls_servers`)]);
    pki = own;
    certificates = all.certificates;
    await Promise.all(pki.cas.flatMap((ca) => SERVICES.map(async ([name]) => {
      const at = path("cas", ca.id, name);
      services.set(at, await get(base + at));
    })));
    fill(title, pki.name ?? pki.id);
    fill(about, facts([["id", pki.id], ["root", make("code", {}, pki.ca_file)]]));
    updateCas(pki.cas);
    updateLeaves(certificates);
    updateServers(running.tls_servers);
    const chosen = from.value;
    fill(from, ...certificates.map((one) => make("option", { value: one.id }, nameCertificate(one))));
    if (chosen) from.value = chosen;
    timing.update(pki, certificates, services);
    showHand();
  }

  const done = make("p", { class: "dim" });
  const folds = [
    late("as Python", async () => copyable(writePython(deeds(pki.id), pki))),
    late("as curl, for a shell that has jq", async () => copyable(writeCurl(deeds(pki.id), pki.id, await wantsToken()))),
    late("as TOML: the PKI as it is now", async () => copyable(new TextDecoder().decode(await get(`${base}/toml`)))),
  ];
  fill(hand, done, ...folds, button("Forget what was done", () => (forgetDeeds(pki.id), showHand())));

  function showHand() {
    const count = deeds(pki.id).length;
    if (count === told) return;
    told = count;
    fill(done, count ? `${count} ${count === 1 ? "thing" : "things"} done here by hand:` : "Nothing yet. What you change here can be copied from here as Python, curl and TOML.");
    for (const own of folds) if (own.open) own.dispatchEvent(new Event("toggle"));
  }

  const names = input({ placeholder: "localhost, 127.0.0.1" });
  const called = input();
  const mustStaple = input({ type: "checkbox" });
  const key = select([["", "as the PKI"], ...KEYS.map((one) => /** @type {[string, string]} */ ([one, one]))]);
  const status = select(["good", "revoked", "on_hold", "unknown"]);
  const bent = pickFaults("certificate");
  const issue = form("Issue", async () => {
    await does("POST", "/certificates", { identities: listed(names.value), name: typedIn(called), must_staple: mustStaple.checked, key_type: typedIn(key), status: status.value, faults: bent.list() });
    names.value = called.value = "";
    bent.clear();
  }, label("for", names), label("called", called), label("key", key), label("status", status), label("must-staple", mustStaple, "check"), fold("Faults of the certificate", bent.node));
  const from = select([]);
  const start = pickStaple("Start", (staple) => {
    if (!from.value) throw new Error("issue a certificate first: a TLS server needs one");
    return does("POST", "/tls_servers", { certificates: [from.value], staple });
  }, label("certificate", from));
  const node = make("div", { class: "page" },
    make("div", { class: "bar head" }, title, make("span", { class: "form" },
      button("Check", async () => (await act("POST", `${base}/check`), "Nothing failed so far.")),
      button("Reset", () => does("POST", "/reset")),
      button("Close this PKI", async () => {
        const answer = await act("DELETE", base);
        location.hash = "/pkis";
        return answer.problems.join("; ");
      }))), about, section("Clock", timing.node), section("CAs and their services", cas), section("Certificates", leaves, section("Issue a certificate", issue)),
    section("TLS servers", servers, section("Start a TLS server", start)), section("Done by hand", hand));
  return { node, refresh };
}

/** @param {Service | undefined} service @returns {Node[]} */
function showSetting(service) {
  if (!service) return [];
  const marks = service.faults.map((fault) => chip(fault.text, "wrong"));
  for (const [serial, list] of Object.entries(service.to))
    marks.push(chip(`for ${serial.slice(0, 8)}: ${list.map((one) => one.text).join(", ") || "honest"}`, list.length ? "wrong" : "right"));
  if (service.sequence) marks.push(chip(service.sequence, "late"));
  if (service.script_left) marks.push(chip(`script: ${service.script_left} left`, "late"));
  return [...(marks.length ? marks : [chip("honest", "right")]), make("span", { class: "dim" }, `asked ${service.asked} ${service.asked === 1 ? "time" : "times"}`)];
}

/** @param {any} staple @returns {string} */
const writeStaple = (staple) => typeof staple === "string" ? staple : staple === null ? "none"
  : Array.isArray(staple) ? staple.map((one) => one.text ?? one).join(", ") : staple.policy ? `policy ${staple.policy}` : "octets that were given";

/** @param {any} stapler @returns {Node[]} */
const showStapler = (stapler) => [
  facts([["due", date(stapler.due)], ...Object.entries(stapler.stats).map(([name, count]) => /** @type {[string, any]} */ ([name.replaceAll("_", " "), count]))]),
  make("ol", { class: "events" }, ...stapler.events.slice(-50).reverse().map((/** @type {any} */ event) => make("li", {}, `${date(event.time)}: ${event.kind} ${event.detail}`))),
];
