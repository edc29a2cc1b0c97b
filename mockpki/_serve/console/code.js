// What was done by hand, as code: from a click to a test in one paste.

import { readDuration } from "./clock.js";

/** @typedef {import("./api.js").Deed} Deed */

/** A text as a word of a shell. @param {string} text */
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The same by curl, for a shell: what was made here is made again, and has its id in a variable.
 * @param {Deed[]} deeds
 * @param {string} pki
 * @param {boolean} token whether the server wants one
 */
export function writeCurl(deeds, pki, token) {
  /** @type {Map<string, string>} */
  const names = new Map();
  const variable = (/** @type {string} */ name) => `'"$${name}"'`;
  /** @param {string} text */
  const refer = (text) => [...names].reduce((all, [id, name]) => all.replaceAll(id, name), quote(text)).replaceAll("''", "");
  const made = deeds.some(({ path }) => path === "/v1/pkis");
  const lines = [`base=${quote(location.origin)}`, ...(token ? ["# export MOCKPKI_TOKEN=..."] : []), ...(made ? [] : [`pki=${pki}`])];
  if (!made) names.set(pki, variable("pki"));
  for (const { method, path, body, answer } of deeds) {
    const call = ["curl -sS", ...(token ? ['-H "Authorization: Bearer $MOCKPKI_TOKEN"'] : []), ...(method === "POST" && body !== undefined ? [] : [`-X ${method}`]),
      ...(body === undefined ? [] : [`--json ${refer(JSON.stringify(body))}`]), `"$base"${refer(path)}`].join(" ");
    const what = method !== "POST" ? null : path === "/v1/pkis" ? "pki" : /\/certificates$/.test(path) ? `leaf_${names.size}` : null;
    lines.push(what ? `${what}=$(${call} | jq -r .id)` : call);
    if (what) names.set(answer.id, variable(what));
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

/** `PT0.5S`, `2d`, `1d3600s` as Python. @param {string} text */
function pythonDuration(text) {
  const typed = [...text.matchAll(/(\d+(?:\.\d+)?)(d|h|min|ms|s)/g)];
  const units = /** @type {Record<string, number>} */ ({ d: 86400, h: 3600, min: 60, s: 1, ms: 0.001 });
  const size = text.includes("P") ? readDuration(text) / 1000
    : typed.reduce((all, [, number, unit]) => all + Number(number) * units[unit], 0) * (text.startsWith("-") ? -1 : 1);
  return size % 86400 === 0 ? `timedelta(days=${size / 86400})` : `timedelta(seconds=${size})`;
}

/** A fault as it is typed, as Python. @param {string} text */
function pythonFault(text) {
  const [name, ...words] = text.match(/(?:[^\s'"([{]+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[([{][^\])}]*[\])}])+/g) ?? [];
  const values = words.map((word) => {
    const [, key, value] = /^(?:(\w+)=)?(.*)$/s.exec(word) ?? [];
    const said = /^-?(?:\d+(?:\.\d+)?(?:d|h|min|ms|s))+$|^-?P[\dT]/.test(value) ? pythonDuration(value)
      : /^(?:-?\d+(?:\.\d+)?|None|True|False|b?(['"]).*\1|\(.*\)|\[.*\])$/s.test(value) ? value : JSON.stringify(value);
    return key ? `${key}=${said}` : said;
  });
  return `faults.${name}(${values.join(", ")})`;
}

/** @param {string[]} faults */
const pythonFaults = (faults) => faults.map(pythonFault).join(", ");

/** @param {any} staple */
const pythonStaple = (staple) => staple === "honest" ? "()" : staple === "none" ? "None"
  : Array.isArray(staple) ? `[${pythonFaults(staple)}]` : `staplers.named(${python(staple.policy)})`;

/**
 * The same as a test, for the fixture `pki`: what was made elsewhere is made where it is first spoken of.
 * @param {Deed[]} deeds
 * @param {import("./api.js").Pki} pki
 */
export function writePython(deeds, pki) {
  /** @type {Map<string, string>} */
  const names = new Map();
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
  /** @param {string} id */
  const leaf = (id) => names.get(id) ?? give(id, "leaf", 'pki.issue_cert("localhost")  # as it was issued before');
  /** @param {string} id */
  const server = (id) => names.get(`server ${id}`) ?? give(`server ${id}`, "server", "pki.tls_server()  # as it was started before");
  const cas = new Map([["root", "pki.root"], ["ca", "pki"]]);
  pki.cas.forEach((ca, at) => cas.has(ca.id) || cas.set(ca.id, `pki.cas[${at}]`));

  for (const { method, path, body, answer } of deeds) {
    const parts = path.split("/").slice(4).map(decodeURIComponent);
    const ca = parts[0] === "cas" ? cas.get(parts[1]) ?? "pki.ca" : "pki";
    const at = parts[0] === "cas" ? parts.slice(2) : parts;
    const what = at.at(-1) ?? "";
    if (at[0] === undefined && method === "POST") {
      const options = [["key_type", "P-256"], ["depth", 1], ["delegated", false]].filter(([name, usual]) => body[String(name)] !== usual);
      if (options.length) say(`# made with PKI(${options.map(([name]) => `${name}=${python(body[String(name)])}`).join(", ")}), and not by the fixture`);
      for (const one of body.certificates ?? []) give(answer.certificates[0], "leaf", `pki.issue_cert(${one.identities.map(python).join(", ")})`);
      if (body.tls_servers) give(`server ${answer.tls_servers[0]}`, "server", `pki.tls_server(${leaf(answer.certificates[0])})`);
    } else if (at[0] === undefined) say("# here the PKI was closed");
    else if (at[0] === "certificates" && at.length === 1) {
      const more = [body.must_staple && "must_staple=True", body.key_type && `key_type=${python(body.key_type)}`, body.faults?.length && `faults=[${pythonFaults(body.faults)}]`].filter(Boolean);
      const name = give(answer.id, "leaf", `pki.issue_cert(${[...body.identities.map(python), ...more].join(", ")})`);
      if (body.status === "revoked") say(`pki.revoke(${name})`);
      if (body.status === "on_hold") say(`pki.revoke(${name}, "certificate_hold")`);
      if (body.status === "unknown") say(`pki.forget(${name})`);
    } else if (at[0] === "certificates") say(`pki.${what}(${[leaf(at[1]), ...(body ? [python(body.reason)] : [])].join(", ")})`);
    else if (at[0] === "tls_servers" && at.length === 1) give(`server ${answer.id}`, "server", `pki.tls_server(${leaf(body.certificates[0])}, staple=${pythonStaple(body.staple)})`);
    else if (what === "staple") say(`${server(at[1])}.staple_with(${pythonStaple(body.staple)})`);
    else if (at[0] === "tls_servers" && method === "DELETE") say(`${server(at[1])}.close()`);
    else if (at[0] === "tls_servers") say(`${server(at[1])}.stapler.${what}()`);
    else if (what === "clock") say(`pki.clock.set(${pythonDuration(body.offset)})`);
    else if (what === "check" || what === "reset") say(`${at.length > 1 ? `${ca}.${at[0]}` : "pki"}.${what}()`);
    else if (method === "DELETE") say(what === "script" ? `# here the script of ${ca}.${at[0]} was dropped` : at[1] === "faults" && at[2] ? `${ca}.${at[0]}.respond_with(to=${leaf(at[2])})` : `${ca}.${at[0]}.respond_with()`);
    else if (what === "script") say(`${ca}.${at[0]}.script(${body.answers.map((/** @type {string[]} */ one) => `[${pythonFaults(one)}]`).join(", ")})`);
    else if (what === "sequence") {
      const { sequence, faults, alternatives, ...rest } = body;
      const given = [...(alternatives ?? []).map((/** @type {string[]} */ one) => `[${pythonFaults(one)}]`), ...Object.entries(rest).map(([name, one]) => `${name}=${python(one)}`), ...(faults ? [`faults=[${pythonFaults(faults)}]`] : [])];
      say(`${ca}.${at[0]}.respond_by(${sequence}(${given.join(", ")}))`);
    } else if (at[1] === "faults") say(`${ca}.${at[0]}.respond_with(${[body.faults.length && pythonFaults(body.faults), at[2] && `to=${leaf(at[2])}`].filter(Boolean).join(", ")})`);
  }
  const text = lines.join("\n");
  const imports = [/timedelta\(/.test(text) && "from datetime import timedelta",
    (/faults\./.test(text) || /staplers\./.test(text)) && `from mockpki import ${["faults", "staplers"].filter((name) => text.includes(`${name}.`)).join(", ")}`,
    /respond_by/.test(text) && `from mockpki.sequences import ${[...new Set([...text.matchAll(/respond_by\((\w+)/g)].map((found) => found[1]))].sort().join(", ")}`].filter(Boolean);
  return `${imports.join("\n")}${imports.length ? "\n\n\n" : ""}def test_done_by_hand(pki):\n${text || "    pass"}\n`;
}
