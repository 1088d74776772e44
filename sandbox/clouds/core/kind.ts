/** What a simulated cloud knows of a resource type beside its shape: the rules that the real API enforces. */
import type { Plain, PlainBag } from "../../engine/rpc/values.ts";
import type { Backend } from "./backend.ts";
import type { CloudRecord, Store } from "./store.ts";

/**
 * An input that names something that must exist. When that is deleted, the one who names it makes the cloud refuse
 * (`refuse`, the default), goes with it (`cascade`), or is left behind (`leave`).
 */
export type Reference = {
  readonly to: string | readonly string[];
  /** Output by which it is named; `id` by default, several where the API takes any. */
  readonly by?: readonly string[];
  /** An input that both must have the same of, where the name says nothing without it, e.g. a resource group. */
  readonly within?: string;
  readonly atDelete?: "refuse" | "cascade" | "leave";
  /** Values that name nothing of the cloud's state, e.g. a policy that the cloud itself brings. */
  readonly unless?: RegExp;
  /** Values may also name what the cloud's state does not hold, and no pattern tells from the rest, e.g. a group of people. */
  readonly elsewhere?: true;
};

/** Rules of one input, by its path: `cidrBlock`, `vpcConfig.subnetIds[]`, `rules[].id`. */
export type Rule = {
  /** Required by the API although the SDK leaves it open. */
  readonly required?: true;
  readonly default?: Plain;
  readonly options?: readonly (string | number | boolean)[];
  /** `says` completes "must be ...". */
  readonly pattern?: RegExp;
  readonly says?: string;
  /** Bounds of a number, of a text's length or of a list's, both included. */
  readonly range?: readonly [number, number];
  readonly refers?: Reference;
  /** A change makes a new resource. */
  readonly replaces?: true;
  readonly secret?: true;
};

/** The name that must be unique within `scope`: among all customers, in the account, or in one region of it. */
export type Naming = {
  readonly property: string;
  readonly scope: "global" | "account" | "region";
  /** An input that must be the same too, e.g. the network of a security group. */
  readonly within?: string;
  /** When no name is given, one is made of the resource's own and random digits, at most so long. */
  readonly auto?: { readonly limit: number; readonly lower?: true; readonly prefix?: string };
  /** Code and words of the API when the name is taken. */
  readonly taken: string;
};

/** An operation on one resource: its inputs (secrets in clear), what is known of its outputs, and the cloud around it. */
export type Making = {
  readonly world: World;
  readonly type: string;
  readonly urn: string;
  readonly id: string;
  readonly inputs: PlainBag;
  readonly outputs: PlainBag;
  /** When it was made, ms since 1970. */
  readonly created: number;
  /** Before an update. */
  readonly old?: CloudRecord;
};
export type Deleting = { readonly world: World; readonly record: CloudRecord };

export type Kind = {
  readonly inputs?: Readonly<Record<string, Rule>>;
  readonly naming?: Naming;
  /** Mistakes between inputs, found before anything is asked of the API: one sentence each. */
  refuse?(inputs: PlainBag, world: World): readonly string[];
  /** Id of a new resource. */
  id(making: Making): string;
  /** What the provider's import takes for it, where that is not its id. */
  imports?(record: CloudRecord): string;
  /** Code of the API when there is one with this id already, for kinds whose id says what they are. */
  readonly taken?: string;
  /** Outputs that are not inputs, by path; each sees those before it. Unknown in previews. */
  readonly outputs?: Readonly<Record<string, (making: Making) => Plain | undefined>>;
  /** Outputs that are secret whatever the inputs are. */
  readonly secretOutputs?: readonly string[];
  /** What the API refuses when it is created or changed. @throws Refused */
  admit?(making: Making): void;
  /** The same request again succeeds where such a thing exists: the API puts, it does not create. */
  readonly puts?: true;
  /** Makes or mends the real thing; answers outputs that only it knows. */
  behind?(making: Making): Promise<PlainBag | undefined>;
  /** What the API refuses while it is in use; the provider asks again for a while. @throws Refused */
  release?(deleting: Deleting): void | Promise<void>;
  /** Removes the real thing, and says what stays of it. */
  remove?(deleting: Deleting): Promise<void>;
  /** The deletion is refused for good by the resource's own settings: why. */
  protectedBy?(record: CloudRecord): string | undefined;
  /** After deletion: how long the name stays taken (`Infinity`: until someone removes it), and why. */
  keeps?(record: CloudRecord): { readonly hours: number; readonly why: string } | undefined;
  /** Those who name it are refused so long after its creation (ms); their provider asks again. */
  readonly settles?: number;
  /** Changes of an input that the provider takes for none. */
  unchanged?(path: string, olds: PlainBag, news: PlainBag): boolean;
  /** It is in no region: its id is the account's. */
  readonly everywhere?: true;
  /** Made by the cloud itself: no program creates it. */
  readonly internal?: true;
};

/** A function of the provider, e.g. a look-up. Nulls are gone from `args`. @throws Refused */
export type CloudFunction = (args: PlainBag, world: World) => PlainBag | Promise<PlainBag>;

/** A simulated cloud. */
export type Cloud = {
  /** The provider's name, e.g. `azure-native`. */
  readonly provider: string;
  readonly sdk: string;
  readonly kinds: Readonly<Record<string, Kind>>;
  readonly functions: Readonly<Record<string, CloudFunction>>;
  /** Fills the settings of one provider instance. @throws Refused for what is not offered */
  settings(config: PlainBag, env: NodeJS.ProcessEnv): Settings;
  /** Mistakes in a provider's configuration beside unknown names: sentences. */
  refuseConfig?(config: PlainBag, env: NodeJS.ProcessEnv): readonly string[];
  /** Puts what the provider itself adds to a resource's outputs, e.g. default tags. */
  dress?(making: Making, declared: ReadonlySet<string>): PlainBag;
  /** Literals of the SDK are all that the API takes, also where the SDK takes any text. */
  readonly closedEnumerations?: true;
  /** What an expired retry of throttled calls says. */
  readonly words: {
    readonly throttled: string;
    readonly internal: string;
    readonly timeout: string;
    quota(type: string): string;
  };
};

/** What one configured provider works in. `account` is an account, a subscription or a project. */
export type Settings = { readonly region: string; readonly account: string; readonly config: PlainBag };

export type World = Settings & {
  readonly store: Store;
  readonly backend: Backend;
  readonly cloud: Cloud;
  now(): number;
};

/** What a cloud's API answers to a request it does not carry out. */
export class Refused extends Error {
  readonly retry: boolean;
  constructor(message: string, retry = false) {
    super(message);
    this.name = "Refused";
    this.retry = retry;
  }
}
