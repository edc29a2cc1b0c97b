// The TLS servers of a PKI: what they staple, what gets that for them; and new ones.

import { act, get, path } from "./api.js";
import { nameCertificate } from "./certificates.js";
import { button, chip, copyable, count, facts, fill, fold, keyed, label, make, moment, select } from "./dom.js";
import { pickStaple } from "./faults.js";

/**
 * @typedef {import("./api.js").Certificate} Certificate
 * @typedef {import("./api.js").TlsServer} TlsServer
 * @typedef {import("./cas.js").Does} Does
 */

/** @param {string} text */
const quote = (text) => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** What to type for a look at it: a name that leads elsewhere is led here. @param {TlsServer} one @param {string} root */
function writeCall(one, root) {
  const name = one.server_name;
  const named = new URL(one.url);
  if (name) named.hostname = name;
  const lead = named.href === one.url ? [] : ["--connect-to", `${name}:${one.port}:${one.host}:${one.port}`];
  return ["curl", "-sS", "--cert-status", "--cacert", root, ...lead, named.href].map(quote).join(" ");
}

/**
 * @param {string} base the PKI's path
 * @param {Does} does
 * @param {() => string} root the file that is trusted
 */
export function showServers(base, does, root) {
  const list = make("ul", { class: "cards" });
  const update = keyed(list, (/** @type {TlsServer} */ one) => one.id, (first) => {
    const at = path("tls_servers", first.id);
    const name = first.name ?? first.server_name ?? first.id;
    const staple = make("span", { class: "outcome" });
    const events = make("div");
    const stapler = fold("Stapler", make("div", {}, events, make("div", { class: "form" },
      button("Settle", async () => (await act("POST", `${base}${at}/stapler/settle`), look())),
      button("Restart", async () => (await act("POST", `${base}${at}/stapler/restart`), look())))));
    const look = async () => fill(events, ...showStapler(await get(`${base}${at}/stapler`)));
    stapler.addEventListener("toggle", () => stapler.open && look().catch((error) => fill(events, error.message)));
    const picker = pickStaple("Staple this", (chosen) => does("PUT", `${at}/staple`, { staple: chosen }));
    return {
      node: make("li", {}, make("div", { class: "bar" }, make("b", {}, name), make("code", {}, `${first.host}:${first.port}`), staple,
        make("span", { class: "form end" }, button("Stop the server", () => does("DELETE", at), { "aria-label": `Stop the server ${name}` }))),
      copyable(writeCall(first, root())), picker.node, stapler),
      update: (now) => {
        const policy = now.staple !== null && typeof now.staple === "object" && !Array.isArray(now.staple) && "policy" in now.staple;
        stapler.hidden = !policy;
        if (policy && stapler.open) look().catch(() => {});
        picker.show(now.staple);
        fill(staple, chip(writeStaple(now.staple), now.staple === "honest" ? "right" : policy ? "" : "wrong"), make("span", { class: "dim" }, count(now.connections, "connection")));
      },
    };
  }, () => make("li", { class: "empty" }, "No TLS server yet: start one below."));

  const from = select([], { name: "certificates" });
  const start = pickStaple("Start", (staple) => {
    if (!from.value) throw new Error("issue a certificate first: a TLS server needs one");
    return does("POST", "/tls_servers", { certificates: [from.value], staple });
  }, label("certificate", from));
  /** @type {TlsServer[]} */
  let servers = [];

  return {
    node: make("div", {}, list, make("section", {}, make("h3", {}, "Start a TLS server"), start.node)),
    /** @param {TlsServer[]} now @param {Certificate[]} certificates */
    update(now, certificates) {
      servers = now;
      update(servers);
      const chosen = from.value;
      fill(from, ...certificates.map((one) => make("option", { value: one.id }, nameCertificate(one))));
      if (chosen) from.value = chosen;
    },
    /** Somebody connected to one: to which may be stopped by now. */
    async hear() {
      servers = (await get(`${base}/tls_servers`)).tls_servers;
      update(servers);
    },
  };
}

/** @param {any} staple @returns {string} */
const writeStaple = (staple) => typeof staple === "string" ? staple : staple === null ? "none"
  : Array.isArray(staple) ? staple.map((one) => one.text ?? one).join(", ") : staple.policy ? `policy ${staple.policy}` : "octets that were given";

/** @param {any} stapler @returns {Node[]} */
const showStapler = (stapler) => [
  facts([["due", moment(stapler.due)], ...Object.entries(stapler.stats).map(([name, number]) => /** @type {[string, any]} */ ([name.replaceAll("_", " "), number]))]),
  make("ol", { class: "events" }, ...stapler.events.slice(-50).reverse().map((/** @type {any} */ event) => make("li", {}, `${moment(event.time)}: ${event.kind} ${event.detail}`))),
];
