// What the page is made of. A stranger's text (names, SNI, User-Agent) becomes text and nothing else: there is no
// innerHTML anywhere, and an address is always made here.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, any>} Attributes */

/**
 * An element with attributes, listeners (`onclick`) and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/**
 * Put these children in the place of those that an element has.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.filter((child) => child || child === 0).map((child) => (child instanceof Node ? child : String(child))),
  );
}

/**
 * A list whose nodes stay while their items do: what is open, focused or half typed is left alone.
 * @template T
 * @param {HTMLElement} list
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => {node: HTMLElement, update: (item: T) => void}} build
 * @param {() => Child} [empty] what stands there when there is nothing
 * @returns {(items: T[]) => void}
 */
export function keyed(list, keyOf, build, empty) {
  /** @type {Map<string, {node: HTMLElement, update: (item: T) => void}>} */
  let known = new Map();
  return (items) => {
    const now = new Map();
    for (const item of items) {
      const one = known.get(keyOf(item)) ?? build(item);
      one.update(item);
      now.set(keyOf(item), one);
    }
    for (const [key, one] of known) if (!now.has(key)) one.node.remove();
    if (!items.length) fill(list, empty?.());
    else if (!known.size) list.replaceChildren();
    let before = null;
    for (const { node } of now.values()) {
      if (node.parentNode !== list || node.previousElementSibling !== before) {
        if (before) before.after(node);
        else list.prepend(node);
      }
      before = node;
    }
    known = now;
  };
}

let numbers = 0;

/** A field to type into. @param {Attributes} [more] */
export const input = (more) => make("input", { autocomplete: "off", spellcheck: "false", ...more });

/** What was typed into a field; undefined for nothing. @param {HTMLInputElement | HTMLSelectElement} field */
export const typedIn = (field) => field.value.trim() || undefined;

/** The words of a text. @param {string} text */
export const listed = (text) => text.split(/[\s,]+/).filter(Boolean);

/**
 * A field with its label.
 * @template {HTMLElement} E
 * @param {string} text
 * @param {E} control
 * @param {string} [kind] its class
 */
export function label(text, control, kind = "field") {
  control.id ||= `field-${++numbers}`;
  const about = make("label", { for: control.id }, text);
  return make("span", { class: kind }, ...(kind === "check" ? [control, about] : [about, control]));
}

/**
 * A choice of texts, or of [value, text] pairs.
 * @param {(string | [string, string])[]} choices
 * @param {Attributes} [attributes]
 */
export function select(choices, attributes = {}) {
  return make("select", attributes, ...choices.map((choice) => {
    const [value, text] = typeof choice === "string" ? [choice, choice] : choice;
    return make("option", { value }, text);
  }));
}

/**
 * A button that does something which may fail, and may have a sentence to tell.
 * @param {string} text
 * @param {() => unknown} does
 * @param {Attributes} [attributes]
 */
export function button(text, does, attributes = {}) {
  const own = make("button", { type: "button", ...attributes }, text);
  own.addEventListener("click", () => attempt(does, own));
  return own;
}

/**
 * A form whose fields are sent by the button of that text, or by Enter.
 * @param {string} text
 * @param {() => unknown} does
 * @param {...Child} fields
 */
export function form(text, does, ...fields) {
  const send = make("button", { type: "submit", class: "main" }, text);
  return make("form", {
    class: "form",
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      attempt(does, send);
    },
  }, ...fields, send);
}

/**
 * @param {() => unknown} does
 * @param {HTMLButtonElement} by
 */
async function attempt(does, by) {
  const had = document.activeElement === by;
  const scope = by.closest(".setting") ?? by.closest("form, .form");
  for (const one of scope?.querySelectorAll(".refusal") ?? []) one.remove();
  for (const one of scope?.querySelectorAll("[aria-invalid]") ?? []) accept(one);
  by.setAttribute("aria-busy", "true");
  try {
    const told = await does();
    say(typeof told === "string" ? told : "", true);
    if (had && by.isConnected) by.focus();
  } catch (error) {
    refuse(error instanceof Error ? error : new Error(String(error)), scope, by);
  } finally {
    by.removeAttribute("aria-busy");
  }
}

/**
 * Say why not: beside the field that it is about, else behind what the button belongs to.
 * @param {Error & {fields?: string[]}} error *fields* are those that it may be about, the likeliest first
 * @param {Element | null} scope
 * @param {HTMLButtonElement} by
 */
function refuse(error, scope, by) {
  if (!scope) return say(error.message);
  say("");
  const id = `refusal-${++numbers}`;
  const sentence = make("p", { class: "refusal wrong", role: "alert", id }, error.message);
  const shown = /** @type {HTMLInputElement[]} */ ([...scope.querySelectorAll("[name]")].filter((one) => one.checkVisibility()));
  const field = (error.fields ?? []).map((name) => shown.find((one) => one.name === name)).find(Boolean);
  if (!field) {
    (by.closest("form, .form") ?? scope).append(sentence);
    if (by.isConnected) by.focus();
    return;
  }
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", id);
  field.parentElement?.append(sentence);
  field.addEventListener("input", () => {
    sentence.remove();
    accept(field);
  }, { once: true });
  field.focus();
}

/** Nothing is wrong with a field any more. @param {Element} field */
function accept(field) {
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
}

/**
 * Tell what went wrong, or right, where it stays until it is dismissed or something works; "" for nothing.
 * @param {string} sentence
 * @param {boolean} [good]
 */
export function say(sentence, good = false) {
  const place = /** @type {HTMLElement} */ (document.getElementById("said"));
  place.hidden = !sentence;
  place.classList.toggle("good", good);
  fill(place, make("span", {}, sentence), make("button", { type: "button", onclick: () => say("") }, "Dismiss"));
}

/**
 * A small mark: a fault, a status.
 * @param {string} text
 * @param {string} [tone]
 */
export const chip = (text, tone = "") => make("span", { class: `chip ${tone}` }, text);

/**
 * Names and what they stand for; those without a value are left out.
 * @param {[string, Child][]} pairs
 */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return make("dl", { class: "facts" },
    ...shown.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

/** @param {string} title @param {Child} inside @param {boolean} [open] */
export const fold = (title, inside, open) => make("details", { open: Boolean(open) }, make("summary", {}, title), inside);

/** What is asked for when it is unfolded. @param {string} title @param {() => Promise<Node>} load */
export function late(title, load) {
  const place = make("div", {}, "…");
  const own = fold(title, place);
  own.addEventListener("toggle", () => own.open && load().then((node) => fill(place, node), (error) => fill(place, error.message)));
  return own;
}

/**
 * Text to be copied, with the button that does it.
 * @param {string} text
 * @param {string} [name]
 */
export function copyable(text, name = "Copy") {
  const shown = make("pre", { tabindex: 0 }, text);
  const own = button(name, async () => {
    // Only where the address is this machine's, or https, is there a clipboard.
    if (!navigator.clipboard) return getSelection()?.selectAllChildren(shown);
    await navigator.clipboard.writeText(text);
    own.textContent = "Copied";
    setTimeout(() => (own.textContent = name), 1500);
  }, { class: "copy" });
  return make("div", { class: "copyable" }, shown, own);
}

/**
 * Lines that differ: `-` is the honest answer's, `+` the one given, ` ` what holds them.
 * @param {{mark: string, text: string}[]} lines
 */
export function difference(lines) {
  const words = /** @type {Record<string, string>} */ ({ "-": "honest", "+": "given" });
  return make("pre", { class: "difference", tabindex: 0 }, ...lines.map(({ mark, text }) =>
    make(mark === "-" ? "del" : mark === "+" ? "ins" : "span", { title: words[mark] }, `${mark} ${text}\n`)));
}

/** Date and time of day in UTC, as everything here has it. @param {string | null | undefined} time */
export const clock = (time) => (time ? time.slice(11, 19) : "");

/** The same to the second. @param {string | null | undefined} time */
export const moment = (time) => (time ? `${time.slice(0, 10)} ${clock(time)} UTC` : "");

/** @param {string | null | undefined} time */
export const date = (time) => (time ? `${time.slice(0, 10)} ${time.slice(11, 16)} UTC` : "");

/** So many of something. @param {number} number @param {string} word */
export const count = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;

/**
 * How far away a time is, as a person says it.
 * @param {number} milliseconds
 */
export function away(milliseconds) {
  const size = Math.abs(milliseconds) / 1000;
  const [number, unit] = size < 90 ? [size, "s"] : size < 5400 ? [size / 60, "min"]
    : size < 129600 ? [size / 3600, "h"] : [size / 86400, "d"];
  return milliseconds < 0 ? `${Math.round(number)} ${unit} ago` : `in ${Math.round(number)} ${unit}`;
}
