/** Ours beside the floor, measured in turns. */
import type { StackContext } from "../pulumi/cli.ts";
import { type Timed, timed } from "./measure.ts";
import { type Figure, median, show } from "./table.ts";

export const previewRuns = 3;

/** In ms of the clock and of processors. */
export interface Pair {
  readonly ms: number;
  readonly floor: number;
  readonly spent: number;
  readonly floorSpent: number;
}

/** Ours against the floor, by the time that processors spent. */
export const inProcessors = ({ spent, floorSpent }: Pair) => spent / floorSpent;

/** By turns: what else the machine does then weighs on both alike. */
export async function previewPair(
  context: StackContext,
  floor: StackContext,
  runs = previewRuns,
): Promise<Pair> {
  const [ours, least]: [Timed[], Timed[]] = [[], []];
  for (let turn = 0; turn < runs; turn++) {
    ours.push(await timed(context, "preview"));
    least.push(await timed(floor, "preview"));
  }
  const middle = (all: readonly Timed[], read: (one: Timed) => number) => median(all.map(read));
  return {
    ms: middle(ours, ({ ms }) => ms),
    floor: middle(least, ({ ms }) => ms),
    spent: middle(ours, ({ processorMs }) => processorMs),
    floorSpent: middle(least, ({ processorMs }) => processorMs),
  };
}

/** Ours against the floor, with both times. A busy machine blurs the clock; processor time it leaves alone. */
export function ratio(name: string, pair: Pair, more = "", limit?: number): Figure {
  const { ms, floor } = pair;
  const times = `${show(ms / 1000, "s")}, floor ${show(floor / 1000, "s")}; ${inProcessors(pair).toFixed(2)} × in processor time`;
  return {
    name,
    value: ms / floor,
    unit: "×",
    ...(limit === undefined ? {} : { limit }),
    note: more === "" ? times : `${times}, ${more}`,
  };
}
