// Calls and events. What a person changes is remembered, so that it can be copied as code.

/**
 * @typedef {{status: string, reason: string | null, at: string | null}} Status
 * @typedef {{id: string, name: string | null, common_name: string, issuer: string | null, serial_number: string, certificate: string, publishes: string, ocsp_url: string, crl_url: string, ca_issuers_url: string, status: Status | null}} Ca
 * @typedef {{now: string, offset: string}} Clock
 * @typedef {{id: string, name: string | null, ca_file: string, ca_pem: string, cas: Ca[], clock: Clock, certificates: string[], tls_servers: string[], crlite_url: string | null}} Pki
 * @typedef {{id: string, name: string | null, ca: string, identities: string[], serial_number: string, status: Status, chain: string, key_file: string | null, not_before: string | null, not_after: string | null}} Certificate
 * @typedef {{fault: string, text: string}} Fault
 * @typedef {{url: string, faults: Fault[], to: Record<string, Fault[]>, script_left: number, sequence: string | null, asked: number, last: number}} Service
 * @typedef {{id: string, name: string | null, host: string, port: number, url: string, server_name: string | null, certificates: string[], staple: any, connections: number}} TlsServer
 * @typedef {{number: number, time: string, client: string, method: string, path: string, headers: Record<string, string>, certificates: string[], hash_algorithm: string | null, nonce: string | null, signed: boolean, error: string | null, text: string, answer: {status: number | null, honest: boolean, faults: Fault[], steps: string[], size: number}}} Request
 * @typedef {{number: number, time: string, client: string, server_name: string | null, version: string | null, alpn: string | null, staple_requested: boolean, staple: string | null, staple_reason: string | null, completed: boolean, resumed: boolean, alert: string | null, alert_sent: string | null, error: string | null, certificate: string | null, client_certificate: string | null, requests: number, closed: boolean, text: string}} Handshake
 * @typedef {{method: string, path: string, body: any, answer: any}} Deed what a person changed, and the ids of what came of it
 */

/** A call that the server refused, in its own words. */
export class Refusal extends Error {
  /** @param {number} status @param {{detail?: string, pointer?: string, problems?: string[]}} problem */
  constructor(status, problem) {
    super([problem.detail ?? `the server answered ${status}`, ...(problem.problems ?? []).slice(1)].join("; "));
    this.status = status;
    const said = /^(\w+)= of |does not take (\w+)=/.exec(problem.detail ?? "");
    /** The fields that it may be about, the likeliest first. */
    this.fields = [said?.[1] ?? said?.[2], ...(problem.pointer ?? "").split("/").reverse()].filter((one) => one !== undefined && one !== "");
  }
}

/** A path, each part of which may be anything. @param {...(string | number)} parts */
export const path = (...parts) => "/" + parts.map((part) => encodeURIComponent(part)).join("/");

/**
 * One call; its answer, from JSON where it is that.
 * @param {string} method
 * @param {string} to
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function ask(method, to, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const answer = await fetch(to, { method, ...sent }).catch(() => {
    throw new Error("the server did not answer");
  });
  const json = /json/.test(answer.headers.get("Content-Type") ?? "");
  if (!answer.ok) throw new Refusal(answer.status, json ? await answer.json() : {});
  if (answer.status === 204) return null;
  return json ? answer.json() : new Uint8Array(await answer.arrayBuffer());
}

/** @param {string} to @returns {Promise<any>} */
export const get = (to) => ask("GET", to);

/**
 * The same for what a person does by hand: it is remembered.
 * @param {string} method
 * @param {string} to
 * @param {unknown} [body]
 */
export async function act(method, to, body) {
  const answer = await ask(method, to, body);
  const pki = to === "/v1/pkis" ? answer.id : decodeURIComponent(to.split("/")[3] ?? "");
  const { id, certificates, tls_servers } = answer ?? {};
  try {
    sessionStorage.setItem(`mockpki deeds ${pki}`, JSON.stringify([...deeds(pki), { method, path: to, body, answer: { id, certificates, tls_servers } }]));
  } catch {
    // It is done, though there is no room to remember it.
  }
  return answer;
}

/** What was done to a PKI by hand in this tab. @param {string} pki @returns {Deed[]} */
export const deeds = (pki) => JSON.parse(sessionStorage.getItem(`mockpki deeds ${pki}`) ?? "[]");

/** @param {string} pki */
export const forgetDeeds = (pki) => sessionStorage.removeItem(`mockpki deeds ${pki}`);

/** @type {Map<string, Promise<any>>} */
const kept = new Map();

/** What does not change while the server runs: asked once. @param {string} to @returns {Promise<any>} */
export function getOnce(to) {
  let answer = kept.get(to);
  if (!answer) {
    answer = get(to);
    answer.catch(() => kept.delete(to));
    kept.set(to, answer);
  }
  return answer;
}

/** Whether the server has a token: a call that shows no cookie tells. */
export const wantsToken = async () => (await fetch("/v1/pkis", { credentials: "omit" })).status === 401;

export const KINDS = ["pki", "certificate", "service", "tls_server", "stage", "clock", "request", "handshake", "stapler", "problem", "lost"];

/**
 * The server's events: one stream a page, for a browser has six connections to a host and no more. It is closed while
 * nobody looks, and goes on where it was.
 * @param {(kind: string, data: any) => void} hear
 * @param {(state: "live" | "gone" | "hidden", anew: boolean) => void} tell *anew*: what was before is not heard, and has to be asked for
 */
export function listen(hear, tell) {
  /** @type {EventSource | null} */
  let source = null;
  let last = "";

  function open() {
    const anew = !last;
    source = new EventSource(`/v1/events${last && `?after=${encodeURIComponent(last)}`}`);
    source.onopen = () => tell("live", anew);
    source.onerror = () => {
      close();
      last = "";
      tell("gone", false);
      setTimeout(() => document.hidden || source || open(), 1000);
    };
    for (const kind of KINDS)
      source.addEventListener(kind, (/** @type {MessageEvent} */ event) => {
        last = event.lastEventId || last;
        hear(kind, JSON.parse(event.data || "null"));
      });
  }

  function close() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      tell("hidden", false);
    } else if (!source) open();
  });
  if (!document.hidden) open();
}
