import { middle, text } from "./html.ts";
import type { Topology, TopologyEdge, TopologyNode } from "./model.ts";

/** A placed box, in the units of the picture's viewBox. */
export interface Box {
  readonly node: TopologyNode;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A namespace's frame. */
interface Band {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A picture with every place decided. */
export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly bands: readonly Band[];
}

/**
 * The column of each node: the longest way to it from a node nothing points to, so that every arrow goes forward.
 * A cycle (which the cluster's objects should not have) is cut where it is met.
 */
export function ranks(topology: Topology): Map<string, number> {
  const into = new Map<string, string[]>();
  for (const { from, to } of topology.edges) into.set(to, [...(into.get(to) ?? []), from]);
  const known = new Map<string, number>();
  const rank = (id: string, path: ReadonlySet<string>): number => {
    const done = known.get(id);
    if (done !== undefined) return done;
    const before = (into.get(id) ?? []).filter((from) => !path.has(from));
    const deeper = new Set([...path, id]);
    const result = before.length === 0 ? 0 : Math.max(...before.map((from) => rank(from, deeper) + 1));
    known.set(id, result);
    return result;
  };
  for (const node of topology.nodes) rank(node.id, new Set());
  return known;
}

function groups(nodes: readonly TopologyNode[]): Map<string, TopologyNode[]> {
  const found = new Map<string, TopologyNode[]>();
  for (const node of nodes) found.set(node.group, [...(found.get(node.group) ?? []), node]);
  return found;
}

/**
 * The wide picture: columns from left to right, one frame a namespace. A frame goes as high up as the frames
 * already standing in its columns let it.
 */
export function placeWide(topology: Topology): Placed {
  const [w, h, gapX, gapY, pad, title] = [158, 44, 38, 12, 14, 22];
  const column = ranks(topology);
  const boxes: Box[] = [];
  const bands: Band[] = [];
  const skyline = new Map<number, number>();
  for (const [group, nodes] of groups(topology.nodes)) {
    const filled = new Map<number, number>();
    const at = (node: TopologyNode) => column.get(node.id) ?? 0;
    const top = Math.max(...nodes.map((node) => skyline.get(at(node)) ?? 0));
    const first = top + title + pad / 2;
    for (const node of nodes) {
      const row = filled.get(at(node)) ?? 0;
      filled.set(at(node), row + 1);
      boxes.push({ node, x: pad + at(node) * (w + gapX), y: first + row * (h + gapY), w, h });
    }
    const bottom = first + Math.max(...filled.values()) * (h + gapY) - gapY + pad;
    const [least, most] = [Math.min(...filled.keys()), Math.max(...filled.keys())];
    const [left, right] = [least * (w + gapX), most * (w + gapX) + w + 2 * pad];
    if (group !== "") bands.push({ label: group, x: left, y: top, w: right - left, h: bottom - top });
    for (let reached = least; reached <= most; reached++) skyline.set(reached, bottom + 14);
  }
  const width = Math.max(w, ...boxes.map((box) => box.x + box.w)) + pad;
  return { width, height: Math.max(h, ...skyline.values()), boxes, bands };
}

/** The tall picture for narrow screens: one box a line, indented by its depth within its namespace. */
export function placeTall(topology: Topology): Placed {
  const [width, h, gapY, indent, pad, title] = [340, 42, 8, 16, 10, 24];
  const column = ranks(topology);
  const boxes: Box[] = [];
  const bands: Band[] = [];
  let top = 0;
  for (const [group, nodes] of groups(topology.nodes)) {
    const start = top;
    let y = top + (group === "" ? 0 : title);
    const least = Math.min(...nodes.map((node) => column.get(node.id) ?? 0));
    for (const node of walk(nodes, topology.edges)) {
      const depth = Math.min(4, (column.get(node.id) ?? 0) - least);
      const x = pad + depth * indent;
      boxes.push({ node, x, y, w: width - pad - x, h });
      y += h + gapY;
    }
    if (group !== "") bands.push({ label: group, x: 0, y: start, w: width, h: y - gapY + pad - start });
    top = y + 14;
  }
  return { width, height: Math.max(h, top), boxes, bands };
}

/** The nodes of one namespace, each followed by what it points to. */
function walk(nodes: readonly TopologyNode[], edges: readonly TopologyEdge[]): TopologyNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const pointed = new Set(edges.filter((edge) => byId.has(edge.from)).map((edge) => edge.to));
  const out = new Set<TopologyNode>();
  const visit = (node: TopologyNode) => {
    if (out.has(node)) return;
    out.add(node);
    for (const edge of edges) {
      const next = edge.from === node.id ? byId.get(edge.to) : undefined;
      if (next !== undefined) visit(next);
    }
  };
  for (const node of nodes) if (!pointed.has(node.id)) visit(node);
  for (const node of nodes) visit(node);
  return [...out];
}

function curve(from: Box, to: Box, tall: boolean): string {
  if (tall) {
    // Down the left side of what lies between, then in.
    const x = Math.min(from.x, to.x) + 7;
    return `M${x} ${from.y + from.h}V${to.y + to.h / 2}H${to.x}`;
  }
  const [x1, y1, x2, y2] = [from.x + from.w, from.y + from.h / 2, to.x, to.y + to.h / 2];
  const bend = Math.max(14, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** One picture as inline SVG; `kind` names its class, by which the style sheet shows the one that fits the screen. */
export function svg(topology: Topology, kind: "wide" | "tall"): string {
  const placed = kind === "wide" ? placeWide(topology) : placeTall(topology);
  const byId = new Map(placed.boxes.map((box) => [box.node.id, box]));
  const lines = topology.edges.flatMap(({ from, to }) => {
    const [a, b] = [byId.get(from), byId.get(to)];
    if (a === undefined || b === undefined) return [];
    if (kind === "tall" && a.node.group !== b.node.group) return [];
    return [`<path class="edge" marker-end="url(#tip-${kind})" d="${curve(a, b, kind === "tall")}"/>`];
  });
  const bands = placed.bands.map(
    (band) =>
      `<rect class="band" x="${band.x}" y="${band.y}" width="${band.w}" height="${band.h}" rx="10"/>` +
      `<text class="band-label" x="${band.x + 12}" y="${band.y + 17}">${text(band.label)}</text>`,
  );
  const boxes = placed.boxes.map(({ node, x, y, w, h }) => {
    const room = Math.floor((w - 18) / 7.6);
    return (
      `<g class="box ${node.kind}"><title>${text(`${node.label} ${node.note}`)}</title>` +
      `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="7"/>` +
      `<rect class="mark" x="${x}" y="${y + 8}" width="3.5" height="${h - 16}" rx="1.7"/>` +
      `<text class="label" x="${x + 12}" y="${y + 18}">${text(middle(node.label, room))}</text>` +
      `<text class="note" x="${x + 12}" y="${y + 33}">${text(middle(node.note, room + 4))}</text></g>`
    );
  });
  const tip =
    `<defs><marker id="tip-${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
    `<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>`;
  return (
    `<svg class="topology ${kind}" viewBox="-2 -2 ${placed.width + 4} ${placed.height + 4}" role="img" ` +
    `aria-label="What runs, and what reaches what">${tip}${bands.join("")}${lines.join("")}${boxes.join("")}</svg>`
  );
}
