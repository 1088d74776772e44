/** The few helpers the report is written with: everything that comes from outside passes through `text`. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes a string for HTML and SVG, as text or inside a quoted attribute; control characters other than newline and tab go. */
export function text(value: string): string {
  return (
    value
      // Terminal colours and stray control characters from logs: not allowed in XML, meaningless in HTML.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
      .replaceAll(/\u001b\[[0-9;]*m|[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "")
      .replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
  );
}

/** Shortens in the middle, so that both the start and the hash at the end of a name stay readable. */
export function middle(value: string, limit: number): string {
  if (value.length <= limit) return value;
  const head = Math.ceil((limit - 1) / 2);
  return `${value.slice(0, head)}…${value.slice(value.length - (limit - 1 - head))}`;
}

/** Milliseconds for people: `84 ms`, `3.2 s`, `2 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Bytes for people, in binary steps: `512 B`, `1.5 MiB`. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A table whose cells are already HTML. `labels` are repeated on every cell for the stacked form on a phone. */
export function table(labels: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p class="none">none</p>';
  const head = labels.map((label) => `<th scope="col">${text(label)}</th>`).join("");
  const body = rows
    .map((row) => {
      const cells = row.map((cell, i) => `<td data-label="${text(labels[i] ?? "")}">${cell}</td>`);
      return `<tr>${cells.join("")}</tr>`;
    })
    .join("\n");
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

/** A folded block of plain text. */
export function fold(title: string, content: string): string {
  return `<details><summary>${text(title)}</summary><pre>${text(content)}</pre></details>`;
}
