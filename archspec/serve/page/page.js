// The page asks for its state when a choice is made, and when the server says that a file was saved.
"use strict";

const at = (id) => document.getElementById(id);
const form = at("controls");
const chosen = new URLSearchParams(location.search); // what the address says, so that a reload shows the same
const made = (tag, text, name) => Object.assign(document.createElement(tag), { textContent: text, className: name ?? "" });
const night = matchMedia("(prefers-color-scheme: dark)");
let zoom = null; // null: as large as fits the window
let latest = 0;
let state = null;

function choose(name, ...values) {
  chosen.delete(name);
  values.filter((value) => value !== null && value !== false).forEach((value) => chosen.append(name, value));
  history.replaceState(null, "", `?${chosen}`);
  return redraw();
}

async function redraw() {
  const asked = ++latest;
  const wanted = new URLSearchParams(chosen);
  if (chosen.get("heat") && !chosen.get("theme")) wanted.set("theme", night.matches ? "dark" : "light"); // heat is of one theme
  const answer = await fetch(`state?${wanted}`).catch(() => null);
  if (!answer) return say("broken", "archspec serve has ended");
  if (!answer.ok) return say("broken", await answer.text());
  const found = await answer.json();
  if (asked !== latest) return; // a newer question is under way
  state = found;
  document.documentElement.dataset.theme = chosen.get("theme") ?? "auto";
  controls();
  picture();
  problems();
}

function say(is, text) {
  at("status").dataset.is = is;
  at("status").textContent = text;
}

function controls() {
  const { variants, variant, deepest, params, macs, problems, svg } = state;
  const n = problems.length;
  say(n ? "broken" : "fine", n ? `${n} ${n > 1 ? "problems" : "problem"}${svg ? " – this is the last good picture" : ""}` : "live");
  document.title = (n ? "✗ " : "") + (variant || state.title);
  at("title").textContent = state.title || state.file;
  at("file").textContent = state.file;
  at("totals").textContent = params === null ? "" : `${params.toLocaleString("en")} params, ${(macs / 1e9).toPrecision(3)} GMACs`;
  at("variants").hidden = !variants.length;
  form.variant.replaceChildren(...variants.map((name) => new Option(name || "base", name, false, name === variant)));
  const depth = chosen.get("depth") ?? "1";
  form.depth.max = deepest;
  form.depth.value = depth === "all" ? deepest : Math.min(+depth, deepest);
  at("level").textContent = +form.depth.value === deepest ? "all" : form.depth.value;
  for (const name of ["direction", "heat", "theme"]) form[name].value = chosen.get(name) ?? form[name].options[0].value;
  form.costs.checked = chosen.has("costs");
  for (const link of at("save").querySelectorAll("a")) {
    link.href = `picture.${link.dataset.format}?${chosen}`;
    link.download = `${variant || "picture"}.${link.dataset.format}`;
  }
}

function picture() {
  const focused = document.activeElement?.dataset?.path;
  const parsed = new DOMParser().parseFromString(state.svg, "image/svg+xml").documentElement;
  at("picture").replaceChildren(...(state.svg ? [document.importNode(parsed, true)] : []));
  at("picture").classList.toggle("old", state.problems.length > 0);
  const composites = new Set(state.composites);
  for (const group of at("picture").querySelectorAll("[data-path]")) {
    if (!composites.has(plain(group.dataset.path))) continue;
    group.dataset.opens = group.classList.contains("composite") ? "no" : "yes";
    group.tabIndex = 0;
    group.setAttribute("role", "button");
    group.setAttribute("aria-expanded", String(group.dataset.opens === "no"));
    if (group.dataset.path === focused) group.focus({ preventScroll: true });
  }
  for (const path of new Set(state.problems.flatMap(({ nodes }) => nodes))) mark(box(path));
  scale();
}

const box = (path) => at("picture").querySelector(`[data-path="${CSS.escape(path)}"]`);
const plain = (path) => path.split(".").filter((part) => !/^(\d+|\*)$/.test(part)).join(".");

function mark(group) {
  if (!group) return;
  group.classList.add("faulty");
  const { x, y, width } = group.querySelector("rect, circle").getBBox();
  const space = "http://www.w3.org/2000/svg";
  const badge = document.createElementNS(space, "g");
  const circle = document.createElementNS(space, "circle");
  const sign = document.createElementNS(space, "path");
  badge.setAttribute("class", "badge");
  badge.setAttribute("transform", `translate(${x + width} ${y})`);
  circle.setAttribute("r", "9");
  sign.setAttribute("d", "M0-4.5v5M0 4.4v.2");
  badge.append(circle, sign);
  group.append(badge);
}

function problems() {
  const n = state.problems.length;
  at("problems").hidden = !n;
  at("problems").replaceChildren(
    made("h2", n > 1 ? `${n} problems` : "1 problem"),
    ...state.problems.map((problem) => {
      const card = made("article", "");
      const excerpt = lines(problem.text);
      card.append(made("h3", problem.message));
      card.append(made("p", problem.file ? `${problem.file}:${problem.line}:${problem.column} · ${problem.code}` : problem.code));
      if (excerpt.length) card.append(made("pre", excerpt.join("\n")));
      card.append(...problem.notes.map((note) => made("p", note)));
      if (problem.help) card.append(made("p", problem.help, "help"));
      const boxes = problem.nodes.map(box).filter(Boolean);
      card.onmouseenter = () => boxes.forEach((found) => found.classList.add("told"));
      card.onmouseleave = () => boxes.forEach((found) => found.classList.remove("told"));
      card.onclick = () => boxes[0]?.scrollIntoView({ block: "center", behavior: "smooth" });
      return card;
    }),
  );
}

// The lines of the file in a diagnostic, moved to the left.
function lines(text) {
  const rows = text.split("\n").filter((line) => /^ +\d* \|/.test(line));
  const indent = /\| ( *)/.exec(rows[0] ?? "")?.[1].length ?? 0;
  return rows.map((row) => row.slice(3).replace(`| ${" ".repeat(indent)}`, "│ "));
}

function scale() {
  const svg = at("picture").firstElementChild;
  if (!svg) return;
  const { width, height } = svg.viewBox.baseVal;
  const room = { x: at("stage").clientWidth - 36, y: at("stage").clientHeight - 36 };
  const fit = Math.max(0.6, Math.min(1.5, room.x / width, room.y / height)); // rather scrolled than too small to be read
  const factor = zoom ?? fit;
  svg.style.width = `${width * factor}px`;
  svg.style.height = `${height * factor}px`;
  at("percent").textContent = `${Math.round(factor * 100)} %`;
  scale.factor = factor;
}

function zoomed(step) {
  zoom = step ? Math.min(8, Math.max(0.1, scale.factor * 1.25 ** step)) : null;
  scale();
}

function toggle(group) {
  const path = plain(group.dataset.path);
  const inside = (other) => `${other}.`.startsWith(`${path}.`);
  const [open, shut] = [chosen.getAll("expand"), chosen.getAll("collapse")];
  const opens = group.dataset.opens === "yes";
  chosen.delete("collapse");
  [...shut.filter((other) => other !== path), ...(opens ? [] : [path])].forEach((other) => chosen.append("collapse", other));
  return choose("expand", ...open.filter((other) => !inside(other)), opens && path);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", ({ target: { name, value, checked, max } }) => {
  if (name === "costs") return choose("costs", ...(checked ? ["params", "macs"] : []));
  if (name === "depth") ["expand", "collapse"].forEach((other) => chosen.delete(other));
  if (name === "theme") return choose(name, value === "auto" ? null : value);
  return choose(name, name === "depth" && value === max ? "all" : value);
});
at("zoom").addEventListener("click", ({ target }) => zoomed(+target.dataset.zoom));
at("picture").addEventListener("click", ({ target }) => {
  const group = target.closest("[data-opens]");
  if (group) toggle(group);
});
addEventListener("keydown", (event) => {
  const group = event.target.closest?.("[data-opens]");
  if (group && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    toggle(group);
  } else if (!event.ctrlKey && !event.metaKey && "+-0".includes(event.key) && !event.target.closest?.("select, input")) {
    zoomed({ "+": 1, "-": -1, 0: 0 }[event.key]);
  }
});
at("stage").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoomed(event.deltaY < 0 ? 1 : -1);
}, { passive: false });
night.addEventListener("change", redraw);
new ResizeObserver(scale).observe(at("stage"));

const events = new EventSource("events");
events.onmessage = redraw;
events.onerror = () => say("broken", "archspec serve has ended");
