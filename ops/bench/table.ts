/** One line of the bench: what was measured, what is wanted of it, and whether it is so. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "s" | "ms" | "×" | "GB" | "MB" | "";
  /** The most it should be; undefined for figures that are only shown. */
  readonly limit?: number;
  readonly note?: string;
}

/** A number with as many digits as mean something. */
export function show(value: number, unit: Figure["unit"]): string {
  const digits = unit === "ms" || (unit === "" && Number.isInteger(value)) ? 0 : value < 10 ? 2 : 1;
  return `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
}

/** The figures as a Markdown table, for a screen and for a note. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    show(figure.value, figure.unit),
    figure.limit === undefined ? "" : `≤ ${show(figure.limit, figure.unit)}`,
    figure.limit === undefined ? "" : figure.value <= figure.limit ? "yes" : "NO",
    figure.note ?? "",
  ]);
  const all = [["What", "Measured", "Wanted", "Held", "How"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(all[0] ?? []), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** The middle of an odd number of measurements, the lower middle of an even one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** Slope of the straight line through points by least squares: what one more of `x` costs. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length;
  const [meanX, meanY] = [0, 1].map((axis) => points.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / n);
  if (meanX === undefined || meanY === undefined) return Number.NaN;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return over / under;
}
