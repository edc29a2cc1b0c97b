// What was done by hand, as code: from a click to a test in one paste.

import { readDuration } from "./clock.js";

/** @typedef {import("./api.js").Deed} Deed */

/** A text as a word of a shell. @param {string} text */
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The same by curl, for a shell: what was made here is made again, and has its id in a variable.
 * @param {Deed[]} deeds
 * @param {import("./api.js").Pki} pki
 * @param {boolean} token whether the server wants one
 */
export function writeCurl(deeds, pki, token) {
  /** What stands for an id: as a word of a shell. @type {Map<string, string>} */
  const names = new Map();
  const variable = (/** @type {string} */ name) => `'"$${name}"'`;
  const tidy = (/** @type {string} */ text) => text.replaceAll("''", "");
  /** @param {string} text */
  const refer = (text) => tidy([...names].filter(([id]) => id.length > 7).reduce((all, [id, name]) => all.replaceAll(id, name), quote(text)));
  // The id of a TLS server is a small number: only its place says what it is.
  const referPath = (/** @type {string} */ path) => tidy(`'${path.split("/").map((part, at, parts) =>
    names.get(parts[at - 1] === "tls_servers" ? `server ${part}` : part) ?? quote(part).slice(1, -1)).join("/")}'`);
  const made = deeds.some(({ path }) => path === "/v1/pkis");
  const lines = [`base=${quote(location.origin)}`, ...(token ? ["# export MOCKPKI_TOKEN=..."] : []), ...(made ? [] : [`pki=${pki.id}`])];
  if (!made) names.set(pki.id, variable("pki"));
  const curl = ["curl -sS --fail-with-body", ...(token ? ['-H "Authorization: Bearer $MOCKPKI_TOKEN"'] : [])];
  for (const { method, path, body, answer } of deeds) {
    const call = [...curl, ...(method === "POST" && body !== undefined ? [] : [`-X ${method}`]),
      ...(body === undefined ? [] : [`--json ${refer(JSON.stringify(body))}`]), `"$base"${referPath(path)}`].join(" ");
    const kind = method !== "POST" ? undefined : path === "/v1/pkis" ? "pki" : /\/(certificate|tls_server)s$/.exec(path)?.[1];
    const what = kind === "pki" ? kind : kind === "certificate" ? `leaf_${names.size}` : kind && `server_${names.size}`;
    lines.push(what ? `${what}=$(${call} | jq -r .id)` : call);
    if (what) names.set(kind === "tls_server" ? `server ${answer.id}` : answer.id, variable(what));
    // Of a PKI that is made again, CAs between the root and the issuing one have other ids.
    if (what === "pki") for (const [at, { id }] of pki.cas.entries()) {
      if (id.length < 8 || !JSON.stringify(deeds.map((one) => [one.path, one.body])).includes(id)) continue;
      lines.push(`ca_${at}=$(${curl.join(" ")} "$base"${referPath(path)}/"$pki"/cas | jq -r '.cas[${at}].id')`);
      names.set(id, variable(`ca_${at}`));
    }
    if (what === "pki" && body.certificates) names.set(answer.certificates[0], body.certificates[0].name);
  }
  return lines.join("\n") + "\n";
}

/** A value as Python. @param {unknown} value @returns {string} */
function python(value) {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([key, one]) => `${python(key)}: ${python(one)}`).join(", ")}}`;
  // The escapes of JSON are those of Python, too.
  return JSON.stringify(value);
}

const DURATION = /^-?(?:\d+(?:\.\d+)?(?:d|h|min|ms|s))+$|^-?P[\dT]/;

/** `PT0.5S`, `2d`, `1d3600s` as Python. @param {string} text */
function pythonDuration(text) {
  const typed = [...text.matchAll(/(\d+(?:\.\d+)?)(d|h|min|ms|s)/g)];
  const units = /** @type {Record<string, number>} */ ({ d: 86400, h: 3600, min: 60, s: 1, ms: 0.001 });
  const size = text.includes("P") ? readDuration(text) / 1000
    : typed.reduce((all, [, number, unit]) => all + Number(number) * units[unit], 0) * (text.startsWith("-") ? -1 : 1);
  return size % 86400 === 0 ? `timedelta(days=${size / 86400})` : `timedelta(seconds=${size})`;
}

/** @typedef {(id: string) => string | undefined} Find a variable for a certificate */

/** A value of a fault as it is typed, as Python. @param {string} key @param {string} value @param {Find} find @returns {string} */
function pythonValue(key, value, find) {
  const plain = value.replace(/^(['"])(.*)\1$/s, "$2");
  if (key === "of" && find(plain)) return /** @type {string} */ (find(plain));
  if (/^(?:true|false)$/.test(value)) return python(value === "true");
  if (/^0x[\da-f]+$/i.test(plain)) return plain;
  if (/^\d{4}-\d\d-\d\dT/.test(plain)) return `datetime.fromisoformat(${python(plain.replace(/Z$/, "+00:00"))})`;
  if (/^(?:name|crl_issuer)$/.test(key) && /^\w+=/.test(plain)) return `x509.Name.from_rfc4514_string(${python(plain)})`;
  if (DURATION.test(value)) return pythonDuration(value);
  if (/^\{.*\}$/s.test(value)) return `faults.Single(${Object.entries(JSON.parse(value)).map(([name, one]) => `${name}=${python(one)}`).join(", ")})`;
  // Faults are values, and have tuples for lists.
  if (/^\[.*\]$/s.test(value)) return `(${value.slice(1, -1)}${/^\[.*[^\s[,].*\]$/s.test(value) ? "," : ""})`;
  return /^(?:-?\d+(?:\.\d+)?|None|True|False|b?(['"]).*\1|\(.*\))$/s.test(value) ? value : python(value);
}

/** A fault as it is typed, as Python. @param {string} text @param {Find} find */
function pythonFault(text, find) {
  const [name, ...words] = text.match(/(?:[^\s'"([{]+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[([{][^\])}]*[\])}])+/g) ?? [];
  const values = words.map((word) => {
    const [, key = "", value] = /^(?:(\w+)=)?(.*)$/s.exec(word) ?? [];
    return `${key && `${key}=`}${pythonValue(key, value, find)}`;
  });
  return `faults.${name}(${values.join(", ")})`;
}

/** @param {string[]} faults @param {Find} find */
const pythonFaults = (faults, find) => faults.map((one) => pythonFault(one, find)).join(", ");

/** @param {any} staple @param {Find} find */
const pythonStaple = (staple, find) => staple === "honest" ? "()" : staple === "none" ? "None"
  : Array.isArray(staple) ? `[${pythonFaults(staple.map((one) => one.text ?? one), find)}]` : staple.der ? `b64decode(${python(staple.der)})` : pythonPolicy(staple);

/** @param {{policy: string} & Record<string, any>} staple */
function pythonPolicy({ policy, ...fields }) {
  const varied = Object.entries(fields).map(([name, value]) => `, ${name}=${typeof value === "string" && DURATION.test(value) ? pythonDuration(value) : python(value)}`);
  return varied.length ? `replace(staplers.named(${python(policy)})${varied.join("")})` : `staplers.named(${python(policy)})`;
}

/**
 * The same as a test, for the fixture `pki`: what was made elsewhere is made where it is first spoken of.
 * @param {Deed[]} deeds
 * @param {import("./api.js").Pki} pki
 * @param {import("./api.js").Certificate[]} certificates as they are now
 * @param {import("./api.js").TlsServer[]} servers
 */
export function writePython(deeds, pki, certificates, servers) {
  /** @type {Map<string, string>} */
  const names = new Map([["root", "pki.root"], ["ca", "pki.ca"]]);
  /** @type {string[]} */
  const lines = [];
  const say = (/** @type {string} */ line) => lines.push(`    ${line}`);
  /** @param {string} id @param {string} word @param {string} call */
  const give = (id, word, call) => {
    const name = `${word}_${[...names.values()].filter((one) => one.startsWith(`${word}_`)).length + 1}`;
    names.set(id, name);
    say(`${name} = ${call}`);
    return name;
  };
  /** @param {string} id @returns {string} */
  const ca = (id) => {
    const known = names.get(id);
    if (known) return known;
    const one = pki.cas.find((own) => own.id === id || own.name === id);
    const above = one?.issuer ? ca(one.issuer) : "pki.ca";
    // Those between the root and the issuing CA are the PKI's own, which no call makes.
    const own = one ? chain.indexOf(one.id) : -1;
    if (own >= 0) return `pki.cas[${own}]`;
    return give(id, "ca", `${above}.create_child_ca()  # ${one?.name ?? "as it was made before"}`);
  };
  /** The issuing CA and all above it, the root first. @type {string[]} */
  const chain = [];
  for (let at = pki.cas.find((one) => one.id === "ca"); at; at = pki.cas.find((one) => one.id === at?.issuer)) chain.unshift(at.id);
  /** @param {string} id */
  const leaf = (id) => {
    const one = certificates.find((own) => own.id === id || own.name === id);
    const key = one?.id ?? id;
    const known = names.get(key);
    if (known) return known;
    if (pki.cas.some((own) => own.id === id || own.name === id)) return ca(id);
    const by = one && one.ca !== "ca" ? ca(one.ca) : "pki";
    return give(key, "leaf", `${by}.issue_cert(${(one?.identities ?? ["localhost"]).map(python).join(", ")})  # as it was issued before`);
  };
  /** @type {Find} */
  const find = (id) => [...certificates, ...pki.cas].some((own) => own.id === id || own.name === id) || names.has(id) ? leaf(id) : undefined;
  /** @param {string} id */
  const server = (id) => {
    const known = names.get(`server ${id}`);
    if (known) return known;
    const own = servers.find((one) => one.id === id)?.certificates.map(leaf) ?? [];
    return give(`server ${id}`, "server", `stack.enter_context(pki.tls_server(${own.join(", ")}))  # as it was started before`);
  };
  /** What makes the PKI another than the fixture's. @type {Map<string, unknown>} */
  const options = new Map(chain.length === 2 ? [] : [["depth", Math.max(chain.length - 1, 0)]]);

  for (const { method, path, body, answer } of deeds) {
    const parts = path.split("/").slice(4).map(decodeURIComponent);
    const by = parts[0] === "cas" && parts[1] !== "ca" ? ca(parts[1]) : "pki";
    const at = parts[0] === "cas" ? parts.slice(2) : parts;
    const what = at.at(-1) ?? "";
    const service = at[0] === "ca_issuers" && by === "pki" ? "pki.ca.ca_issuers" : `${by}.${at[0]}`;
    if (at[0] === undefined && method === "POST") {
      if (body.key_type !== "P-256") options.set("key_type", body.key_type);
      if (body.delegated) options.set("delegated", true);
      for (const one of body.certificates ?? []) give(answer.certificates[0], "leaf", `pki.issue_cert(${one.identities.map(python).join(", ")})`);
      if (body.tls_servers) give(`server ${answer.tls_servers[0]}`, "server", `stack.enter_context(pki.tls_server(${leaf(answer.certificates[0])}))`);
    } else if (at[0] === undefined) say("# here the PKI was closed");
    else if (body?.certificates && ["revoke", "release", "forget"].includes(what))
      say(`${by}.${what}(${[`[${body.certificates.map(leaf).join(", ")}]`, ...(body.reason ? [python(body.reason)] : [])].join(", ")})`);
    else if (at[0] === "certificates" && at.length === 1) {
      const more = [body.must_staple && "must_staple=True", body.key_type && `key_type=${python(body.key_type)}`, body.faults?.length && `faults=[${pythonFaults(body.faults, find)}]`].filter(Boolean);
      const name = give(answer.id, "leaf", `${body.ca ? ca(body.ca) : "pki"}.issue_cert(${[...body.identities.map(python), ...more].join(", ")})`);
      if (body.status === "revoked") say(`pki.revoke(${name})`);
      if (body.status === "on_hold") say(`pki.revoke(${name}, "certificate_hold")`);
      if (body.status === "unknown") say(`pki.forget(${name})`);
    } else if (at[0] === "certificates") say(`pki.${what}(${[leaf(at[1]), ...(body ? [python(body.reason)] : [])].join(", ")})`);
    else if (at[0] === "tls_servers" && at.length === 1) give(`server ${answer.id}`, "server", `stack.enter_context(pki.tls_server(${leaf(body.certificates[0])}, staple=${pythonStaple(body.staple, find)}))`);
    else if (what === "staple") say(`${server(at[1])}.staple_with(${pythonStaple(body.staple, find)})`);
    else if (at[0] === "tls_servers" && method === "DELETE") say(`${server(at[1])}.close()`);
    else if (at[0] === "tls_servers") say(`${server(at[1])}.stapler.${what}()`);
    else if (what === "clock") say(`pki.clock.set(${pythonDuration(body.offset)})`);
    else if (what === "check" || what === "reset") say(`${at.length > 1 ? service : "pki"}.${what}()`);
    else if (method === "DELETE") say(what === "script" ? `${service}.forget_script()` : at[1] === "faults" && at[2] ? `${service}.drop_rule(${leaf(at[2])}.serial_number)` : `${service}.respond_with()`);
    else if (what === "script") say(`${service}.script(${body.answers.map((/** @type {string[]} */ one) => `[${pythonFaults(one, find)}]`).join(", ")})`);
    else if (what === "sequence") {
      const { sequence, faults, alternatives, ...rest } = body;
      const given = [...(alternatives ?? []).map((/** @type {string[]} */ one) => `[${pythonFaults(one, find)}]`), ...Object.entries(rest).map(([name, one]) => `${name}=${python(one)}`), ...(faults ? [`faults=[${pythonFaults(faults, find)}]`] : [])];
      say(`${service}.respond_by(${sequence}(${given.join(", ")}))`);
    } else if (at[1] === "faults") say(`${service}.respond_with(${[body.faults.length && pythonFaults(body.faults, find), at[2] && `to=${leaf(at[2])}`].filter(Boolean).join(", ")})`);
  }
  if (!lines.length) say("pass");
  const text = lines.join("\n");
  const around = [options.size && `with PKI(${[...options].map(([name, value]) => `${name}=${python(value)}`).join(", ")}) as pki:`, /\bstack\./.test(text) && "with ExitStack() as stack:"].filter(Boolean);
  const within = around.reduceRight((/** @type {string} */ all, line) => `    ${line}\n${all.replace(/^/gm, "    ")}`, text);
  const ours = [options.size && "PKI", /\bfaults\./.test(text) && "faults", /\bstaplers\./.test(text) && "staplers"].filter(Boolean);
  const imports = [/b64decode\(/.test(text) && "from base64 import b64decode", /\bstack\./.test(text) && "from contextlib import ExitStack",
    /\breplace\(/.test(text) && "from dataclasses import replace", /\b(?:timedelta|datetime)\b/.test(text) && `from datetime import ${["datetime", "timedelta"].filter((one) => text.includes(`${one}(`) || text.includes(`${one}.from`)).join(", ")}`, /\bx509\./.test(text) && "from cryptography import x509", ours.length && `from mockpki import ${ours.join(", ")}`,
    /respond_by/.test(text) && `from mockpki.sequences import ${[...new Set([...text.matchAll(/respond_by\((\w+)/g)].map((found) => found[1]))].sort().join(", ")}`].filter(Boolean);
  return `${imports.join("\n")}${imports.length ? "\n\n\n" : ""}def test_done_by_hand(${options.size ? "" : "pki"}):\n${within}\n`;
}
