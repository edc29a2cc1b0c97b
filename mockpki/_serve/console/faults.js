// Pickers: faults from the catalogue, and what a service or a TLS server is set to with them.

import { act, get, getOnce, path } from "./api.js";
import { button, chip, difference, fill, form, label, make, select } from "./dom.js";

/**
 * @typedef {{name: string, text: string | null, takes: string}} Parameter
 * @typedef {{name: string, layer: string, parameters: Parameter[], sentence: string, clause: string, more: string}} Entry
 * @typedef {{node: HTMLElement, list: () => string[], set: (faults: string[]) => void}} Picker
 */

/** A value that is typed, as one word: what has spaces is quoted. @param {string} value */
const word = (value) => (/^[^\s'"]*$|^b?(['"]).*\1$|^[[{(].*[\]})]$/s.test(value) ? value : `'${value.replace(/[\\']/g, "\\$&")}'`);

/**
 * Faults for a target (`OCSP`, `CRL`, `caIssuers`, `staple`, `certificate`), put together one by one: each with its
 * parameters, what it does in a sentence, and the difference that it makes.
 * @param {string} target
 * @returns {Picker}
 */
export function pickFaults(target) {
  /** @type {string[]} */
  let chosen = [];
  /** @type {Entry[]} */
  let entries = [];
  /** @type {[Parameter, HTMLInputElement][]} */
  let inputs = [];
  let timer = 0;
  const names = make("select", { name: target === "staple" ? "staple" : "faults", onchange: choose });
  const about = make("p", { class: "about" });
  const parameters = make("span", { class: "form" });
  const preview = make("div", { class: "preview", role: "status" });
  const chips = make("ul", { class: "chips", "aria-label": "faults chosen" });
  const add = button("Add", () => {
    chosen.push(write());
    show();
  });
  getOnce(`/v1/faults?for=${encodeURIComponent(target)}`).then((answer) => {
    entries = answer.faults;
    const layers = new Set(entries.map((entry) => entry.layer));
    fill(names, make("option", { value: "" }, "choose a fault"), ...[...layers].map((layer) =>
      make("optgroup", { label: layer }, ...entries.filter((entry) => entry.layer === layer)
        .map((entry) => make("option", { value: entry.name }, entry.name)))));
    choose();
  }, (error) => fill(about, String(error.message)));
  choose();
  show();

  const given = () => inputs.filter(([, input]) => input.value.trim()).map(([parameter, input]) =>
    parameter.name.startsWith("*") ? input.value.trim() : `${parameter.name}=${word(input.value.trim())}`);

  function write() {
    if (!names.value) throw new Error("choose a fault first");
    return [names.value, ...given()].join(" ");
  }

  /** It sends no form that the picker is a part of. @param {KeyboardEvent} event */
  function addByEnter(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add.click();
  }

  function choose() {
    const entry = entries.find(({ name }) => name === names.value);
    add.disabled = !entry;
    // What stands between asterisks is a parameter.
    fill(about, ...(entry ? `${entry.sentence} ${entry.clause}`.split(/\*(\w+)\*/).map((part, at) => (at % 2 ? make("i", {}, part) : part)) : []));
    inputs = (entry?.parameters ?? []).map((parameter) =>
      [parameter, make("input", { name: parameter.name, placeholder: parameter.text ?? "", title: parameter.takes, size: 12, oninput: later, onkeydown: addByEnter, autocomplete: "off", spellcheck: "false" })]);
    fill(parameters, ...inputs.map(([parameter, input]) => label(parameter.name, input)));
    later();
  }

  function later() {
    clearTimeout(timer);
    fill(preview);
    if (names.value) timer = setTimeout(look, 300);
  }

  async function look() {
    const name = names.value;
    const query = new URLSearchParams([["for", target], ["with", given().join(" ")]]);
    try {
      const shown = await get(`${path("v1", "faults", name)}?${query}`);
      if (name === names.value) fill(preview, difference(shown.difference.lines));
    } catch (error) {
      fill(preview, make("p", { class: "late" }, String(error instanceof Error ? error.message : error)));
    }
  }

  function show() {
    fill(chips, ...(chosen.length ? chosen.map((text, at) => make("li", {}, chip(text, "wrong"),
      button("×", () => {
        chosen.splice(at, 1);
        show();
        names.focus();
      }, { "aria-label": `take ${text} away`, class: "plain" }))) : [make("li", { class: "dim" }, "none: honest")]));
  }

  return {
    node: make("div", { class: "picker" }, chips,
      make("div", { class: "form" }, label("fault", names), parameters, add), about, preview),
    list: () => [...chosen],
    set: (faults) => {
      chosen = [...faults];
      show();
    },
  };
}

/**
 * What a service is set to: for good, as a script, as a sequence.
 * @param {string} base the service's path
 * @param {string} target
 * @param {() => [string, string][]} certificates for whom it may be alone: id and words
 * @param {() => unknown} changed
 */
export function setService(base, target, certificates, changed) {
  const picker = pickFaults(target);
  /** @type {string[][]} */
  let answers = [];
  const list = make("ol", { class: "answers" });
  const whom = select([["", "all questions"]], { onfocus: nameThem, onpointerdown: nameThem });
  const kind = select(["EveryNth", "FirstN", "Flapping", "Mix"], { onchange: showFields });
  const numbers = Object.fromEntries(["n", "up", "down", "seed"].map((name) =>
    [name, make("input", { name, type: "number", min: 0, value: name === "seed" ? "" : 2, size: 4 })]));
  const labels = Object.fromEntries(Object.entries(numbers).map(([name, input]) => [name, label(name, input)]));
  const perClient = make("input", { type: "checkbox" });
  labels.per_client = label("of each client", perClient, "check");
  const takes = /** @type {Record<string, string[]>} */ (
    { EveryNth: ["n"], FirstN: ["n", "per_client"], Flapping: ["up", "down"], Mix: ["seed"] });
  const more = make("p", { class: "about" });
  showFields();
  showAnswers();

  function nameThem() {
    const had = whom.value;
    fill(whom, ...select([["", "all questions"], ...certificates()]).children);
    whom.value = had;
  }

  function showFields() {
    for (const [name, field] of Object.entries(labels)) field.hidden = !takes[kind.value].includes(name);
    fill(more, kind.value === "Mix" ? "Any of the answers listed under “script”, as dice fall."
      : "The faults chosen above, as the sequence has it; honest in between.");
  }

  function showAnswers() {
    fill(list, ...answers.map((faults) => make("li", {}, ...(faults.length ? faults.map((one) => chip(one, "wrong")) : [chip("honest", "right")]))));
  }

  function sequence() {
    const body = /** @type {Record<string, any>} */ ({ sequence: kind.value });
    for (const name of takes[kind.value])
      if (name === "per_client") body[name] = perClient.checked;
      else if (numbers[name].value !== "") body[name] = Number(numbers[name].value);
    return { ...body, ...(kind.value === "Mix" ? { alternatives: answers } : { faults: picker.list() }) };
  }

  /** @param {string} method @param {string} below @param {unknown} [body] */
  const set = async (method, below, body) => {
    await act(method, base + below, body);
    changed();
  };
  const to = () => (whom.value ? path("faults", whom.value) : "/faults");
  const answer = form("Answer with these", () => set("PUT", to(), { faults: picker.list() }), target === "OCSP" && label("for", whom));
  answer.append(button("Honest again", () => set("DELETE", to())));
  const run = form("Run the sequence", () => set("PUT", "/sequence", sequence()), label("sequence", kind), ...Object.values(labels));
  run.append(button("End the sequence", () => set("DELETE", "/sequence")));
  return make("div", { class: "setting" }, picker.node, answer,
    make("details", {}, make("summary", {}, "Script: one answer after the other"), list, make("div", { class: "form" },
      button("Add these faults as an answer", () => (answers.push(picker.list()), picker.set([]), showAnswers())),
      button("Clear the list", () => ((answers = []), showAnswers())),
      button("Run the script", () => set("PUT", "/script", { answers }), { class: "main" }),
      button("Drop the script", () => set("DELETE", "/script")))),
    make("details", {}, make("summary", {}, "Sequence: faults that come and go"), run, more));
}

/**
 * A staple: honest, none, with faults, or as a policy gets it.
 * @param {string} text what the button says
 * @param {(staple: any) => unknown} use
 * @param {...(Node | false)} fields
 * @returns {{node: HTMLElement, show: (staple: any) => void}} *show*: what a server staples now, unless another is being chosen
 */
export function pickStaple(text, use, ...fields) {
  const picker = pickFaults("staple");
  const kind = select([["honest", "honest"], ["none", "none"], ["faults", "with faults"], ["policy", "as a server's policy gets it"], ["given", "octets that were given"]], { name: "staple", onchange: turn });
  const policy = make("select", { name: "policy" });
  const policyField = label("policy", policy);
  const about = make("p", { class: "about" });
  const given = /** @type {HTMLOptionElement} */ (kind.lastElementChild);
  /** What is stapled now, and whether another is being chosen. @type {any} */
  let now = "honest";
  let touched = false;
  /** @type {any[]} */
  let known = [];
  getOnce("/v1/staplers").then((answer) => {
    known = answer.staplers;
    fill(policy, ...known.map((one) => make("option", { value: one.policy }, one.policy)));
    policy.onchange = describe;
    if (!touched) setTo(now);
    describe();
  }, (error) => fill(about, String(error.message)));
  turn();

  function describe() {
    fill(about, known.find((one) => one.policy === policy.value)?.sentences.join(" "));
  }

  function turn() {
    picker.node.hidden = kind.value !== "faults";
    policyField.hidden = about.hidden = kind.value !== "policy";
  }

  /** @param {any} staple */
  function setTo(staple) {
    now = staple ?? "none";
    const isPolicy = typeof now === "object" && "policy" in now;
    kind.value = typeof now === "string" ? now : Array.isArray(now) ? "faults" : isPolicy ? "policy" : "given";
    // It can be kept, and not be chosen.
    given.hidden = kind.value !== "given";
    if (Array.isArray(now)) picker.set(now.map((one) => one.text));
    if (isPolicy) policy.value = now.policy;
    turn();
    describe();
  }

  const chosen = () => kind.value === "faults" ? picker.list()
    // With the fields that vary it, or the octets, which cannot be chosen here.
    : kind.value === "given" || (kind.value === "policy" && policy.value === now.policy) ? now
    : kind.value === "policy" ? { policy: policy.value } : kind.value;
  const own = make("div", { class: "setting", oninput: touch, onclick: touch }, form(text, async () => {
    const answer = await use(chosen());
    touched = false;
    return answer;
  }, ...fields, label("staple", kind), policyField), about, picker.node);

  /** @param {Event} event */
  function touch(event) {
    touched ||= event.type === "input" || picker.node.contains(/** @type {Node} */ (event.target));
  }

  return {
    node: own,
    show: (staple) => {
      if (!touched && JSON.stringify(staple) !== JSON.stringify(now)) setTo(staple);
    },
  };
}
