/** A secret to look for. `name` is what the finding is called; the value itself is never shown. */
export interface Needle {
  readonly name: string;
  readonly value: string;
}

/** A place to look in. */
export interface Haystack {
  readonly name: string;
  readonly text: string;
}

/** Shorter values (a user name, `true`) would be found by chance. */
const shortest = 8;

/**
 * All forms in which a secret could lie about in clear: as it is, in base64 at each of the three alignments, in
 * base64url, percent-encoded, in hexadecimal, and as JSON would escape it.
 */
export function forms(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const aligned = [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // Characters at either end also depend on the neighbours: left out.
    const start = shift === 0 ? 0 : shift + 1;
    const end = (bytes.length + shift) % 3 === 0 ? undefined : -1;
    return padded.slice(start, end);
  });
  const url = aligned.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const all = [
    value,
    ...aligned,
    ...url,
    encodeURIComponent(value),
    bytes.toString("hex"),
    JSON.stringify(value).slice(1, -1),
  ];
  return [...new Set(all)].filter((text) => text.length >= shortest);
}

/** Which secrets lie in clear where: `name in place`, without the value. */
export function findSecrets(needles: readonly Needle[], haystacks: readonly Haystack[]): string[] {
  const found: string[] = [];
  for (const needle of needles) {
    if (needle.value.length < shortest) continue;
    const texts = forms(needle.value);
    for (const haystack of haystacks) {
      if (texts.some((text) => haystack.text.includes(text)))
        found.push(`${needle.name} in ${haystack.name}`);
    }
  }
  return found;
}
