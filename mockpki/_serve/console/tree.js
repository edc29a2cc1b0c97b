// The PKIs, and what is in one: CAs, certificates, TLS servers, the clock; and what was done by hand, as code.

import { act, deeds, forgetDeeds, get, path, wantsToken } from "./api.js";
import { showCas } from "./cas.js";
import { KEYS, nameCertificate, showCertificates } from "./certificates.js";
import { showClock } from "./clock.js";
import { writeCurl, writePython } from "./code.js";
import { button, copyable, count, facts, fill, form, input, keyed, label, late, listed, make, select, typedIn } from "./dom.js";
import { showBeginning } from "./log.js";
import { showServers } from "./servers.js";

/**
 * @typedef {import("./api.js").Pki} Pki
 * @typedef {import("./api.js").Certificate} Certificate
 * @typedef {{node: HTMLElement, refresh: () => unknown, hear?: (ca?: string, service?: string, server?: string) => unknown}} View *hear*: a client came there
 */

/** @param {string} title @param {...import("./dom.js").Child} inside */
const section = (title, ...inside) => make("section", {}, make("h3", {}, title), ...inside);

/** All PKIs that are open, the newest first, and a new one. @returns {View} */
export function showPkis() {
  const list = make("ul", { class: "cards pkis" });
  const update = keyed(list, (/** @type {Pki} */ pki) => pki.id, (pki) => {
    const about = make("span", { class: "dim" });
    return {
      node: make("li", {}, make("a", { href: `#${path(pki.id)}` }, pki.name ?? pki.id), about),
      update: (now) => fill(about, [now.name && now.id, count(now.cas.length, "CA"), now.certificates.length && count(now.certificates.length, "certificate"),
        now.tls_servers.length && count(now.tls_servers.length, "TLS server")].filter(Boolean).join(", ")),
    };
  }, () => make("li", { class: "empty" }, pkis.length ? "None fits." : showBeginning()));
  /** @type {Pki[]} */
  let pkis = [];
  const filter = input({ type: "search", placeholder: "name, id", oninput: show });
  const find = label("find", filter);
  function show() {
    find.hidden = pkis.length < 6;
    update(pkis.filter((pki) => `${pki.name} ${pki.id}`.toLowerCase().includes(filter.value.trim().toLowerCase())));
  }
  const refresh = async () => {
    pkis = (await get("/v1/pkis")).pkis.reverse();
    show();
  };
  const name = input({ name: "name" });
  const names = input({ name: "identities", value: "localhost" });
  const key = select(KEYS, { name: "key_type" });
  const depth = input({ type: "number", name: "depth", min: 0, max: 100, value: 1, size: 3 });
  const delegated = input({ type: "checkbox", name: "delegated" });
  const server = input({ type: "checkbox", name: "tls_servers", checked: true });
  const make_ = form("Make a PKI", async () => {
    const identities = listed(names.value);
    const first = identities.length ? { certificates: [{ name: "web", identities }], ...(server.checked && { tls_servers: [{ certificates: ["web"] }] }) } : {};
    const pki = await act("POST", "/v1/pkis", { name: typedIn(name), key_type: key.value, depth: Number(depth.value), delegated: delegated.checked, ...first });
    location.hash = path(pki.id);
  }, label("name", name), label("key", key), label("CAs below the root", depth), label("delegated OCSP signing", delegated, "check"),
  label("first certificate for", names), label("and a TLS server", server, "check"));
  return { node: make("div", { class: "page" }, make("div", { class: "bar head" }, make("h2", {}, "PKIs"),
    make("div", { class: "bar" }, find, button("Make one", () => name.focus()))), list, section("New PKI", make_)), refresh };
}

/** One PKI. @param {string} id @returns {View} */
export function showPki(id) {
  const base = path("v1", "pkis", id);
  /** @type {Pki} */
  let pki;
  /** @type {Certificate[]} */
  let certificates = [];
  /** @type {import("./api.js").TlsServer[]} */
  let running = [];
  const title = make("h2");
  const about = make("div");
  const hand = make("div");
  let told = -1;

  /** @type {import("./cas.js").Does} */
  const does = async (method, below, body) => {
    const answer = await act(method, base + below, body);
    await refresh();
    return answer;
  };
  const timing = showClock(base, () => refresh());
  const named = () => certificates.map((one) => /** @type {[string, string]} */ ([one.id, nameCertificate(one)]));
  const cas = showCas(base, does, named, () => refresh(), mark);
  const leaves = showCertificates(base, does, mark);
  const servers = showServers(base, does, () => pki.ca_file);

  async function refresh() {
    const [own, all, listening] = await Promise.all([get(base), get(`${base}/certificates`), get(`${base}/tls_servers`)]);
    pki = own;
    certificates = all.certificates;
    running = listening.tls_servers;
    await cas.update(pki.cas);
    fill(title, pki.name ?? pki.id);
    fill(about, facts([["id", pki.id], ["root", make("code", {}, pki.ca_file)]]));
    leaves.update(certificates, pki.cas);
    servers.update(running, certificates);
    showHand();
  }

  /** The clock's marks are those of what is shown. */
  function mark() {
    timing.update(pki, pki.cas.filter((ca) => cas.isOpen(ca.id)), leaves.shown(), certificates, cas.services);
  }

  const done = make("p", { class: "dim" });
  const folds = [
    late("as Python", async () => copyable(writePython(deeds(pki.id), pki, certificates, running))),
    late("as curl, for a shell that has jq", async () => copyable(writeCurl(deeds(pki.id), pki, await wantsToken()))),
    late("as TOML: the PKI as it is now", async () => copyable(new TextDecoder().decode(await get(`${base}/toml`)))),
  ];
  fill(hand, done, ...folds, button("Forget what was done", () => (forgetDeeds(pki.id), showHand())));

  function showHand() {
    const number = deeds(pki.id).length;
    if (number === told) return;
    told = number;
    fill(done, number ? `${count(number, "thing")} done here by hand:` : "Nothing yet. What you change here can be copied from here as Python, curl and TOML.");
    for (const own of folds) if (own.open) own.dispatchEvent(new Event("toggle"));
  }

  /** @type {Set<string>} */
  const heard = new Set();
  const node = make("div", { class: "page" },
    make("div", { class: "bar head" }, title, make("span", { class: "bar" },
      button("Check", async () => (await act("POST", `${base}/check`), "Nothing failed so far.")),
      button("Reset", () => does("POST", "/reset")),
      button("Close this PKI", async () => {
        const answer = await act("DELETE", base);
        location.hash = "/pkis";
        return answer?.problems.join("; ");
      }))), about, section("Clock", timing.node), section("CAs and their services", cas.node), section("Certificates", leaves.node),
    section("TLS servers", servers.node), section("Done by hand", hand));

  /** Look at what was asked, once for all that come at about the same time. @param {string} [ca] @param {string} [service] @param {string} [server] */
  function hear(ca, service, server) {
    const what = server === undefined ? path(ca ?? "ca", service ?? "ocsp") : "servers";
    if (heard.has(what)) return;
    heard.add(what);
    setTimeout(() => {
      heard.delete(what);
      if (!node.isConnected) return;
      const looked = server === undefined ? cas.hear(ca ?? "ca", service ?? "ocsp") : servers.hear();
      looked.catch(() => {});
    }, 300);
  }
  return { node, refresh, hear };
}
