// The time that a PKI goes by: a slider, with marks for what ends.

import { act, ask, getOnce } from "./api.js";
import { nameCa } from "./cas.js";
import { nameCertificate } from "./certificates.js";
import { away, button, date, fill, keyed, make, say } from "./dom.js";

/** @typedef {{what: string, of: string, at: number}} Mark */
/** @typedef {{words: string, all: string, key: string, at: number}} Group */

const DAY = 86400e3;
const FIRST = -30;
const LAST = 400;
/** What ends within an hour is one mark. */
const TOGETHER = 3600e3;

/** An offset as the server writes it, in milliseconds. @param {string} text */
export function readDuration(text) {
  const found = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text);
  if (!found) return 0;
  const [days, hours, minutes, seconds] = found.slice(2).map((one) => Number(one ?? 0));
  return (found[1] ? -1 : 1) * (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/**
 * When an answer ends that a service gives just now, from its DER: the nextUpdate of RFC 6960 stands alone in [0] EXPLICIT,
 * that of RFC 5280 behind thisUpdate. Null where there is none, or a fault has made it another.
 * @param {string} service
 * @param {Uint8Array} der
 */
export function readNextUpdate(service, der) {
  const text = Array.from(der, (octet) => String.fromCharCode(octet)).join("");
  const found = service === "ocsp" ? /\xa0\x11\x18\x0f(\d{14})Z/.exec(text) : /(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d|\x18\x0f)(\d{12,14})Z/.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = (found[1].length === 12 ? `20${found[1]}` : found[1]).replace(/(\d{4})(..)(..)(..)(..)(..)/, "$1 $2 $3 $4 $5 $6").split(" ").map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Marks that are close together as one, in the order of time. @param {Mark[]} marks @returns {Group[]} */
export function group(marks) {
  /** @type {Mark[][]} */
  const groups = [];
  for (const one of marks.toSorted((first, second) => first.at - second.at)) {
    const last = groups.findLast(([{ what }]) => what === one.what);
    if (last && one.at - last[0].at <= TOGETHER) last.push(one);
    else groups.push([one]);
  }
  return groups.map((own) => {
    const [{ what, of }] = own;
    const words = `${what} of ${of}${own.length > 1 ? ` and ${own.length - 1} more` : ""}`;
    return { words, all: own.map((one) => one.of).join(", "), key: `${what} ${own[0].at - (own[0].at % TOGETHER)}`, at: own[own.length - 1].at };
  });
}

/**
 * @param {string} base the PKI's path
 * @param {() => unknown} changed
 */
export function showClock(base, changed) {
  const slider = make("input", { type: "range", min: FIRST, max: LAST, step: 1, value: 0, "aria-label": "days that the PKI's clock is ahead", oninput: show, onchange: () => set(Number(slider.value) * DAY).catch((error) => say(error.message)) });
  const words = make("output", {});
  const ticks = make("div", { class: "ticks", "aria-hidden": "true" });
  const marks = make("ul", { class: "marks" });
  const updateMarks = keyed(marks, (/** @type {Group} */ one) => one.key, () => {
    const when = make("span", { class: "dim" });
    let end = 0;
    const go = button("", () => set(end + 1000 - now()));
    return {
      node: make("li", {}, go, " ", when),
      update: ({ at, words: said, all }) => {
        end = at;
        if (go.textContent !== said) fill(go, said);
        go.title = `Go to the second after it: ${all}`;
        fill(when, `${date(new Date(at).toISOString())}, ${away(at - now() - offset)}`);
      },
    };
  });
  /** What the clock would say without an offset, less what this machine's says. */
  let ahead = 0;
  let offset = 0;
  let asked = 0;
  const now = () => Date.now() + ahead;

  /** @param {number} to milliseconds */
  async function set(to) {
    const seconds = Math.round(to / 1000);
    await act("PUT", `${base}/clock`, { offset: `${seconds < 0 ? "-" : ""}PT${Math.abs(seconds)}S` });
    await changed();
  }

  function show() {
    const days = Number(slider.value);
    const shown = days === Math.round(offset / DAY) ? offset : days * DAY;
    slider.setAttribute("aria-valuetext", `${days} days`);
    fill(words, `${date(new Date(now() + shown).toISOString())}, ${shown ? `${shown % DAY ? away(-Math.abs(shown)).replace(" ago", "") : `${Math.abs(shown / DAY)} d`} ${shown < 0 ? "behind" : "ahead"}` : "as it is"}`);
  }

  /**
   * @param {import("./api.js").Pki} pki
   * @param {import("./api.js").Ca[]} cas those that are shown
   * @param {import("./api.js").Certificate[]} shown
   * @param {import("./api.js").Certificate[]} certificates all of them
   * @param {Map<string, import("./api.js").Service>} services
   */
  async function update(pki, cas, shown, certificates, services) {
    offset = readDuration(pki.clock.offset);
    ahead = Date.parse(pki.clock.now) - offset - Date.now();
    if (document.activeElement !== slider || !slider.matches(":active")) slider.value = String(Math.round(offset / DAY));
    show();
    const number = ++asked;
    const timing = new Set((await getOnce("/v1/faults?layer=timing")).faults.map((/** @type {{name: string}} */ { name }) => name));
    const found = shown.map((one) => mark("notAfter", nameCertificate(one), one.not_after ? Date.parse(one.not_after) : null));
    found.push(...await Promise.all(cas.flatMap((ca) => ["ocsp", "crl"].map(async (name) => {
      const about = certificates.find((one) => one.ca === ca.id)?.id ?? pki.cas.find((one) => one.issuer === ca.id)?.id;
      if (name === "ocsp" && !about) return null;
      const faults = services.get(`/cas/${encodeURIComponent(ca.id)}/${name}`)?.faults ?? [];
      // Of all faults it is those of times that move its end.
      const given = faults.filter(({ fault }) => timing.has(fault)).map(({ text }) => text);
      const der = await ask("POST", `${base}/cas/${encodeURIComponent(ca.id)}/${name}/make`, { faults: given, ...(name === "ocsp" && { certificate: about }) }).catch(() => null);
      return mark("nextUpdate", `${ca.name ?? (ca.id.length > 8 ? nameCa(ca) : ca.id)}'s ${name.toUpperCase()}`, der && readNextUpdate(name, der));
    }))));
    if (number !== asked) return;
    const groups = group(found.filter((one) => one !== null));
    updateMarks(groups);
    fill(ticks, ...groups.map(({ words: said, at }) => {
      const share = ((at - now()) / DAY - FIRST) / (LAST - FIRST);
      const tick = make("span", { title: said });
      tick.style.left = `${share * 100}%`;
      tick.hidden = share < 0 || share > 1;
      return tick;
    }));
  }

  /** @param {string} what @param {string} of @param {number | null} at @returns {Mark | null} */
  const mark = (what, of, at) => (at === null ? null : { what, of, at });

  const node = make("div", { class: "clock" }, make("p", { class: "bar" }, words, button("Now", () => set(0))),
    make("div", { class: "track" }, slider, ticks), make("p", { class: "scale dim" }, make("span", {}, "−30 d"), make("span", {}, "+400 d")), marks);
  return { node, update };
}
