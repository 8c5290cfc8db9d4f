"use strict";
// Levels come laid out with every composite closed. Opening one pushes apart what stands around it: each coordinate
// moves by the growth of what lies before it, so lines stay straight and nothing changes its order.
const { levels, flow, scopes, stroke } = JSON.parse(document.getElementById("data").textContent);
const stage = document.getElementById("stage"), tip = document.getElementById("tip");
const search = document.getElementById("search"), found = document.getElementById("found");
const paths = Object.keys(levels).filter(path => path);
const depthOf = path => levels[path].depth;
const deepest = Math.max(0, ...paths.map(depthOf));
let open = new Set(paths.filter(path => levels[path].open)), hits = [], hit = -1;
let view = { x: 0, y: 0, k: 1 }, size = [1, 1], places = new Map();
let own = false, room = [0, 0];  // whether the reader has chosen what is seen; how large the stage was

const escape = text => String(text).replace(/[&<>"]/g, char => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char]);
const most = (items, by) => items.reduce((found, item) => Math.max(found, by(item)), 0);

/** A level with what is open in it: nodes, wires and labels in their places, and how much room all takes. */
function lay(path) {
  const level = levels[path], nodes = level.nodes.map(node => ({ ...node }));
  for (const node of nodes) {
    if (!levels[node.path] || !open.has(node.path)) continue;
    const inner = node.inner = lay(node.path), [before, after, start, end] = levels[node.path].pads;
    node.wide = [before + inner.axis, inner.across - inner.axis + after];
    node.tall = start + inner.along + end;
    node.grows = [Math.max(0, node.wide[0] - node.before), Math.max(0, node.wide[1] - node.after), node.tall - node.along];
  }
  const across = spread(level, nodes);
  const ranks = [...new Set(nodes.map(node => node.rank))].map(rank => {
    const members = nodes.filter(node => node.rank === rank);
    return { rank, end: Math.max(...members.map(node => node.v + node.along)), grows: most(members, node => node.inner ? node.grows[2] : 0) };
  });
  const sum = ranks => ranks.reduce((total, rank) => total + rank.grows, 0);
  for (const node of nodes) {
    const own = ranks.find(rank => rank.rank === node.rank);
    node.at = [across(node.u), node.v + sum(ranks.filter(rank => rank.rank < node.rank)) + (own.grows - (node.inner ? node.grows[2] : 0)) / 2];
    if (node.rim) node.at[1] = node.v + sum(ranks.filter(rank => rank.rank < node.rank));
  }
  const along = v => v + sum(ranks.filter(rank => rank.end <= v + 0.5 && rank.grows));
  const bottom = node => node.at[1] + (node.inner ? node.tall : node.along);
  const out = (node, port) => [node.at[0] + (node.inner ? node.inner.outs[port] : node.outs[port]), bottom(node)];
  const wires = level.wires.map(wire => {
    const source = nodes[wire.source], target = nodes[wire.target], last = wire.points.length - 1;
    const upright = wire.points[last][0] === wire.points[last - 1][0];
    const points = wire.points.map(([u, v]) => [across(u), along(v)]);
    points[0] = out(source, wire.out);
    const [u, v] = wire.points[last];
    points[last] = target.inner ? [target.at[0] + target.inner.ins[wire.into], target.at[1]] : [target.at[0] + u - target.u, target.at[1] + v - target.v];
    straighten(points, upright, wire.into);
    return { ...wire, points, head: target.inner ? "" : wire.head };
  });
  const labels = level.labels.map(label => ({ ...label, at: out(nodes[label.source], label.out) }));
  const ins = nodes.filter(node => node.rim < 0), outs = nodes.filter(node => node.rim > 0);
  const rims = ins.length ? ins : outs.length ? outs : nodes.slice(0, 1), axis = (rims[0].at[0] + rims.at(-1).at[0]) / 2;
  return {
    path, nodes, wires, labels, axis,
    ins: ins.map(node => node.at[0] - axis), outs: outs.map(node => node.at[0] - axis),
    across: Math.max(across(level.across), ...nodes.map(node => node.at[0] + (node.inner ? node.wide[1] : 0))), along: level.along + sum(ranks),
  };
}

/** Where everything stands across the flow when nodes have grown: in its order, no nearer than it was, and pushed away
 * only by what stands beside it; in the middle of the room that this leaves. Gives the map from old places to new. */
function spread(level, nodes) {
  const items = nodes.map(({ u, v, along, before, after, grows = [0, 0] }) => ({ u, from: v - 6, to: v + along + 18, before, after, grows }));
  for (const { points } of level.wires) for (let i = 1; i < points.length; i++)
    if (points[i][0] === points[i - 1][0]) items.push({ u: points[i][0], from: points[i - 1][1], to: points[i][1], before: 0, after: 0, grows: [0, 0] });
  const places = [...new Set([...items.map(item => item.u), ...level.wires.flatMap(wire => wire.points.map(point => point[0]))])].sort((a, b) => a - b);
  const number = new Map(places.map((u, i) => [u, i])), pushes = places.map(() => []), pulls = places.map(() => []);
  const grown = items.filter(item => item.grows[0] || item.grows[1]);
  for (const one of grown) for (const other of items) {
    if (one.from >= other.to || other.from >= one.to) continue;
    const [a, b] = one.u < other.u ? [one, other] : [other, one], more = a.grows[1] + b.grows[0];
    if (more && b.u - b.before >= a.u + a.after - 0.5) {
      pushes[number.get(b.u)].push([number.get(a.u), more]);
      pulls[number.get(a.u)].push([number.get(b.u), more]);
    }
  }
  const low = places.map(() => 0), high = places.map(() => Infinity);
  for (const { u, before, grows } of grown) low[number.get(u)] = Math.max(low[number.get(u)], grows[0] - (u - before));
  places.forEach((_, i) => { low[i] = Math.max(low[i], low[i - 1] ?? 0, ...pushes[i].map(([j, more]) => low[j] + more)); });
  const end = Math.max(level.across + low.at(-1), ...grown.map(({ u, after, grows }) => u + low[number.get(u)] + after + grows[1]));
  for (const { u, after, grows } of grown) high[number.get(u)] = Math.min(high[number.get(u)], end - u - after - grows[1]);
  places.map((_, i) => i).reverse().forEach(i => { high[i] = Math.min(high[i], high[i + 1] ?? end - level.across, ...pulls[i].map(([j, more]) => high[j] - more)); });
  return u => u + (number.has(u) ? (low[number.get(u)] + high[number.get(u)]) / 2 : low.at(-1));
}

/** Where an end of a wire has moved to another side than its next corner: a short bend, or the corner follows. */
function straighten(points, upright, into) {
  const last = points.length - 1, far = (a, b) => Math.abs(points[a][0] - points[b][0]) > 0.1;
  if (!upright) points[last - 1][1] = points[last][1];
  else if (far(last, last - 1)) {
    if (last > 1 && points[last][1] - points[last - 1][1] < 60) points[last - 1][0] = points[last][0];
    else {
      const turn = points[last][1] - 10 - 3 * into;
      points.splice(last, 0, [points[last - 1][0], turn], [points[last][0], turn]);
    }
  }
  if (far(0, 1)) {
    if (points[1][1] - points[0][1] < 60) points[1][0] = points[0][0];
    else points.splice(1, 0, [points[0][0], points[0][1] + 18], [points[1][0], points[0][1] + 18]);
  }
}

/** From along and across to right and down. */
function screen([u, v]) { return flow === "LR" ? [v, u] : [u, flow === "BT" ? -v : v]; }
function box(u, v, across, along) {
  if (flow === "LR") return [v, u, along, across];
  return flow === "BT" ? [u, -v - along, across, along] : [u, v, across, along];
}
const number = value => +value.toFixed(2);
/** Primitives as they come, moved by (dx, dy); `outline` are the classes of what shows that a box is pointed at. */
const filled = fill => fill ? ` style="fill:${fill}"` : "";
const draws = {
  text: (kind, x, y, text, size, anchor) => `<text class="${kind}" x="${number(x)}" y="${number(y)}" font-size="${size}" text-anchor="${anchor}">${escape(text)}</text>`,
  rect: (kind, x, y, w, h, r, fill) => `<rect class="${kind}" x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${number(h)}" rx="${r}"${filled(fill)}/>`,
  circle: (kind, x, y, r) => `<circle class="${kind}" cx="${number(x)}" cy="${number(y)}" r="${r}"/>`,
  path: (kind, x, y, steps) => `<path class="${kind}" transform="translate(${number(x)} ${number(y)})" d="${steps}"/>`,
};
const put = (items, dx, dy) => items.map(([what, kind, x, y, ...more]) => draws[what](kind, x + dx, y + dy, ...more)).join("");

function line(points) {
  const far = (a, b) => Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])) || 1;
  const before = (a, b, by) => { const length = far(a, b); return [b[0] - (b[0] - a[0]) / length * by, b[1] - (b[1] - a[1]) / length * by]; };
  const say = ([x, y]) => `${number(x)} ${number(y)}`;
  let path = `M${say(points[0])}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [a, b, c] = points.slice(i - 1, i + 2);
    const room = Math.min(far(a, b) / (i === 1 ? 1 : 2), far(b, c) / (i === points.length - 2 ? 1 : 2), stroke.radius);
    path += `L${say(before(a, b, room))}Q${say(b)} ${say(before(c, b, room))}`;
  }
  return path + `L${say(points.at(-1))}`;
}
function head(points) {
  const [[a, b], [x, y]] = points.slice(-2), length = Math.max(Math.abs(x - a), Math.abs(y - b)) || 1;
  const [long, half] = stroke.head, ux = (x - a) / length, uy = (y - b) / length, p = x - long * ux, q = y - long * uy;
  return `M${number(x)} ${number(y)}L${number(p - half * uy)} ${number(q + half * ux)}L${number(p + half * uy)} ${number(q - half * ux)}z`;
}

/** The level as SVG, its inside starting at (u, v); remembers where every node is. */
function draw(laid, u0, v0, depth, layers) {
  const [, , start, end] = levels[laid.path].pads;
  for (const node of laid.nodes) {
    if (node.rim && laid.path) continue;
    const [u, v] = [u0 + node.at[0], v0 + node.at[1]];
    const opens = levels[node.path] ? " opens" : "", expanded = opens ? ` aria-expanded="${!!node.inner}"` : "";
    const frame = node.inner && levels[node.path].frame, kind = frame ? frame.kind : node.kind;
    const group = `<g class="${kind}${opens}" data-path="${escape(node.path)}" tabindex="0" role="${opens ? "button" : "img"}"${expanded} aria-label="${escape(node.say)}">`;
    if (node.inner) {
      const [before, , top] = levels[node.path].pads, [left, right] = node.wide;
      const place = box(u - left, v, left + right, node.tall), [x, y, w] = place;
      places.set(node.path, place);
      const rects = frame.rects.map(([, kind, , , , , r]) => draws.rect(kind, ...place, r)).join("");
      layers.frames += `${group}${rects}${put(frame.left, x, y)}${put(frame.right, x + w, y)}</g>`;
      draw(node.inner, u - left + before, v + top, depth + 1, layers);
      continue;
    }
    const place = box(u - node.before, v, node.before + node.after, node.along), [x, y, w, h] = place;
    places.set(node.path, place);
    const beside = node.kind === "node" ? 5 : 14;  // the corner may hold the mark of a comparison
    const more = opens ? draws.text("more muted", x + w - beside, y + 11, "+", 11, "end") : "";
    layers.boxes += `${group}${put(node.draw, x + w / 2, y + h / 2)}${more}</g>`;
  }
  for (const wire of laid.wires) {
    const points = wire.points.map(([u, v]) => [u0 + u, v0 + v]);
    if (laid.path && laid.nodes[wire.source].rim) points[0][1] -= start;
    if (laid.path && laid.nodes[wire.target].rim) points.at(-1)[1] += end;
    const seen = points.map(screen), ends = seen.at(-1), near = seen.at(-2), length = Math.max(Math.abs(ends[0] - near[0]), Math.abs(ends[1] - near[1])) || 1;
    const short = wire.head ? [...seen.slice(0, -1), [ends[0] - (ends[0] - near[0]) / length * stroke.covered, ends[1] - (ends[1] - near[1]) / length * stroke.covered]] : seen;
    layers.wires += `<path class="${wire.kind}" d="${line(short)}"/>` + (wire.head ? `<path class="${wire.head}" d="${head(seen)}"/>` : "");
  }
  for (const label of laid.labels) {
    const [x, y] = screen([u0 + label.at[0], v0 + label.at[1]]);
    layers.labels += put(label.draw, x, y);
  }
}

/** Draw all anew; what was in focus keeps it, and stays where it is on the screen. */
function show(keep) {
  const old = keep && places.get(keep), laid = lay(""), layers = { frames: "", wires: "", boxes: "", labels: "" };
  places = new Map();
  draw(laid, 0, 0, 0, layers);
  size = box(0, 0, laid.across, laid.along);
  const theme = document.documentElement.dataset.theme;
  stage.innerHTML = `<svg class="${scopes[theme]}" xmlns="http://www.w3.org/2000/svg"><g class="world">${layers.frames}<g>${layers.wires}</g>${layers.boxes}<g>${layers.labels}</g></g></svg>`;
  for (const swatch of document.querySelectorAll("#legend svg")) swatch.setAttribute("class", scopes[theme]);
  const now = keep && places.get(keep);
  if (old && now) { view.x += (old[0] + old[2] / 2 - now[0] - now[2] / 2) * view.k; view.y += (old[1] - now[1]) * view.k; }
  mark();
  move(true);
  document.getElementById("depth").value = `${open.size} open`;
  if (keep) node(keep)?.focus({ preventScroll: true });
}
const node = path => stage.querySelector(`g[data-path="${CSS.escape(path)}"]`);
function move(still) {
  stage.classList.toggle("still", !!still);
  stage.querySelector(".world").setAttribute("transform", `translate(${number(view.x)} ${number(view.y)}) scale(${view.k})`);
}
function fit() {
  const w = stage.clientWidth, h = stage.clientHeight, margin = 24;
  own = false;
  view.k = Math.min(1.6, (w - 2 * margin) / size[2], Math.max((h - 2 * margin) / size[3], 0.55));
  view.x = (w - size[2] * view.k) / 2 - size[0] * view.k;
  view.y = Math.max(margin, (h - size[3] * view.k) / 2) - size[1] * view.k;
  if (flow === "BT" && size[3] * view.k > h) view.y = h - margin;
  move();
}
function zoom(by, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  const k = Math.min(8, Math.max(0.05, view.k * by)), ratio = k / view.k;
  own = true;
  view = { k, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
  move(true);
}
function pan(x, y) {
  view.x += x;
  view.y += y;
  own = true;
  move();
}
function toggle(path) {
  if (!levels[path]) return;
  if (!open.delete(path)) open.add(path);
  hide();
  show(path);
}
function level(step) {
  const closed = paths.filter(path => !open.has(path)), now = closed.length ? Math.min(...closed.map(depthOf)) : deepest + 1;
  const wanted = Math.max(0, Math.min(deepest + 1, now + step));
  open = new Set(paths.filter(path => depthOf(path) < wanted));
  show();
  fit();
}

/** Every node of every level whose path or label has the text; the next one each time it is asked again. */
function look(step = 1) {
  const text = search.value.trim().toLowerCase();
  hits = text ? Object.values(levels).flatMap(level => level.nodes).filter(node => (!node.rim || !node.path.match(/[<>]/)) && node.say.toLowerCase().includes(text)).map(node => node.path) : [];
  hit = hits.length ? (hit + step + hits.length) % hits.length : -1;
  found.value = text ? (hits.length ? `${hit + 1} of ${hits.length}` : "nothing") : "";
  if (hit < 0) return mark();
  const path = hits[hit];
  for (const other of paths) if (other !== path && levels[other].holds.includes(path)) open.add(other);
  show();
  const [x, y, w, h] = places.get(path);
  view.k = Math.max(view.k, 0.9);
  view.x = stage.clientWidth / 2 - (x + w / 2) * view.k;
  view.y = stage.clientHeight / 2 - (y + h / 2) * view.k;
  move();
}
function mark() {
  for (const group of stage.querySelectorAll(".hit")) group.classList.remove("hit");
  if (hit >= 0) node(hits[hit])?.classList.add("hit");
}
function tell(path, x, y) {
  const about = Object.values(levels).flatMap(level => level.nodes).find(node => node.path === path);
  if (!about) return;
  tip.innerHTML = about.about.map(([name, value]) => name ? `<span>${escape(name)}</span> ${escape(value)}` : `<b>${escape(value)}</b>`).join("<br>");
  tip.hidden = false;
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(4, Math.min(y + 14, innerHeight - tip.offsetHeight - 8))}px`;
}
function hide() { tip.hidden = true; }
async function copy(path) {
  try { await navigator.clipboard.writeText(path); found.value = `copied ${path}`; } catch { found.value = path; }
}
function theme() {
  const root = document.documentElement.dataset;
  root.theme = root.theme === "dark" ? "light" : "dark";
  show();
}

let held = null, moved = false;
stage.addEventListener("pointerdown", event => { held = [event.clientX, event.clientY]; moved = false; });
addEventListener("pointermove", event => {
  if (held && event.buttons) {
    const dx = event.clientX - held[0], dy = event.clientY - held[1];
    if (moved || Math.hypot(dx, dy) > 4) {
      moved = own = true;
      stage.classList.add("moving");
      view.x += dx; view.y += dy; held = [event.clientX, event.clientY];
      hide();
      move(true);
    }
    return;
  }
  const group = event.target.closest?.("g[data-path]");
  if (group) tell(group.dataset.path, event.clientX, event.clientY); else hide();
});
addEventListener("pointerup", () => { held = null; stage.classList.remove("moving"); });
stage.addEventListener("click", event => {
  const group = event.target.closest("g[data-path]");
  if (!group || moved) return;
  if (event.altKey) copy(group.dataset.path); else toggle(group.dataset.path);
});
stage.addEventListener("wheel", event => {
  event.preventDefault();
  const { left, top } = stage.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX - left, event.clientY - top);
}, { passive: false });
stage.addEventListener("focusin", event => {
  const group = event.target.closest("g[data-path]");
  if (group && group.matches(":focus-visible")) { const { right, top } = group.getBoundingClientRect(); tell(group.dataset.path, right, top); }
});
search.addEventListener("input", () => { hit = -1; look(1); });
search.addEventListener("keydown", event => {
  if (event.key === "Enter") look(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") { search.value = ""; look(); stage.focus(); }
});
const all = () => { open = new Set(paths); show(); fit(); }, none = () => { open = new Set(); show(); fit(); };
const keys = {
  "/": () => search.focus(), "[": () => level(-1), "]": () => level(1), e: all, c: none, t: theme, 0: fit, "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8),
  ArrowLeft: () => pan(60, 0), ArrowRight: () => pan(-60, 0), ArrowUp: () => pan(0, 60), ArrowDown: () => pan(0, -60),
  Escape: hide,
};
addEventListener("keydown", event => {
  if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
  const path = event.target.closest?.("g[data-path]")?.dataset.path;
  if (path && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); return toggle(path); }
  if (path && event.key === "y") return copy(path);
  if (event.target.tagName === "BUTTON" && (event.key === "Enter" || event.key === " ")) return;
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});
for (const [id, act] of Object.entries({ less: () => level(-1), more: () => level(1), all, none, fit, theme })) document.getElementById(id).addEventListener("click", act);
if (document.documentElement.dataset.theme === "auto") document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
show();
fit();
new ResizeObserver(() => {
  const now = [stage.clientWidth, stage.clientHeight], [x, y] = [now[0] - room[0], now[1] - room[1]];
  room = now;
  if (!own) return fit();
  view.x += x / 2;
  view.y += y / 2;
  move(true);
}).observe(stage);
