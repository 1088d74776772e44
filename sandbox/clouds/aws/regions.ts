/** Regions and their zones. */

// Account 4 x 111..., as in AWS's own examples: nobody has it.
export const account = "111122223333";

/** Regions that are on in every account (those launched before March 2019), and their zones by letter. */
const zones: Readonly<Record<string, string>> = {
  "us-east-1": "abcdef",
  "us-east-2": "abc",
  "us-west-1": "ac",
  "us-west-2": "abcd",
  "ca-central-1": "abd",
  "eu-central-1": "abc",
  "eu-west-1": "abc",
  "eu-west-2": "abc",
  "eu-west-3": "abc",
  "eu-north-1": "abc",
  "sa-east-1": "abc",
  "ap-south-1": "abc",
  "ap-northeast-1": "acd",
  "ap-northeast-2": "abcd",
  "ap-northeast-3": "abc",
  "ap-southeast-1": "abc",
  "ap-southeast-2": "abc",
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

/** Zones of a region by name and id. An account's letters are shuffled among the ids; here they are in order. */
export function zonesOf(region: string): readonly Zone[] {
  return [...(zones[region] ?? "")].map((letter, at) => ({
    name: `${region}${letter}`,
    id: `${shortRegion(region)}-az${at + 1}`,
  }));
}
