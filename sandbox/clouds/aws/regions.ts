/** Regions and their zones. */

// As in AWS's own examples: nobody has it.
export const account = "111122223333";

/** Zones of each region by letter; behind a colon the numbers of their ids where they do not count from one. */
const zones: Readonly<Record<string, string>> = {
  "us-east-1": "abcdef",
  "us-east-2": "abc",
  "us-west-1": "ac:31",
  "us-west-2": "abcd",
  "ca-central-1": "abd:124",
  "sa-east-1": "abc",
  "ap-northeast-1": "acd:412",
  "ap-northeast-2": "abcd",
  ...Object.fromEntries(
    [
      "af-south-1",
      "ap-east-1",
      "ap-northeast-3",
      "ap-south-1",
      "ap-south-2",
      "ap-southeast-1",
      "ap-southeast-2",
      "ap-southeast-3",
      "ap-southeast-4",
      "eu-central-1",
      "eu-central-2",
      "eu-north-1",
      "eu-south-1",
      "eu-south-2",
      "eu-west-1",
      "eu-west-2",
      "eu-west-3",
      "me-central-1",
      "me-south-1",
    ].map((region) => [region, "abc"]),
  ),
};

export const regions: readonly string[] = Object.keys(zones);

/** `us-east-1` as in zone ids and cache host names: `use1`. */
export function shortRegion(region: string): string {
  const [area = "", side = "", number = ""] = region.split("-");
  const short = side.replace(
    /^(north|south)(east|west)$/,
    (_, a: string, b: string) => `${a.charAt(0)}${b.charAt(0)}`,
  );
  return `${area}${short.length === 2 ? short : side.charAt(0)}${number}`;
}

export type Zone = { readonly name: string; readonly id: string };

/** Zones of a region by name and id. An account's letters are shuffled among the ids; here most are in order. */
export function zonesOf(region: string): readonly Zone[] {
  const [letters = "", numbers = ""] = (zones[region] ?? "").split(":");
  return [...letters].map((letter, at) => ({
    name: `${region}${letter}`,
    id: `${shortRegion(region)}-az${numbers.charAt(at) || at + 1}`,
  }));
}
