/** What the stack's entry asks of a kind of platform that is built in a cloud. */
import type { CloudRequest } from "../../providers/cloud.ts";
import type { ClusterOrigin } from "../../providers/cluster.ts";
import type { LimitUse } from "../../providers/limits.ts";
import type {
  ClusterDriver,
  Images,
  MonthlyEstimate,
  Needs,
  Offers,
  Platform,
  PlatformFacts,
  ReleaseHooks,
  SharedLimit,
} from "../../providers/platform.ts";
import type { Problem } from "../problems.ts";
import type { SignIn } from "../signIn/signIn.ts";

/** What a cell has of its own; the rest is its base's. */
export interface CellRequest {
  readonly base: PlatformFacts;
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  /** What the stack's application needs. */
  readonly needs: Needs;
}

/** What the other parts of a stack file ask of a platform's own keys. */
export interface StackUse {
  readonly domain: string | undefined;
  /** Whether the application's write-once keys are kept in the cloud. */
  readonly keepsKeys: boolean;
  /** Whether tenants' secrets are in the cloud's secret manager. */
  readonly externalSecrets: boolean;
}

/** One stack file's platform, ready to be checked and built. The provider and its SDK are loaded by `build` and `cell`. */
export interface CloudTarget {
  /** Mistakes that show without asking the cloud. */
  readonly problems: readonly Problem[];
  /** Those that show when the stack file's other parts are read with it. */
  problemsWith?(use: StackUse): readonly Problem[];
  readonly cluster: ClusterOrigin;
  /** Of volumes that several pods share: a cluster that is made has it, one of the user's own may not. */
  readonly sharedDriver: ClusterDriver;
  /** What an `up` needs of the machine it runs on. */
  readonly signIn: SignIn;
  /** What to say when the cluster does not answer this machine, and which key decides that it should. */
  readonly unreachable: Problem;
  /** Why the first `up` will not get into the cluster, where that is known beforehand. */
  readonly unreachableAtFirst: string | undefined;
  readonly offers: Offers;
  /** What bounds the number of tenants on such a platform. */
  limits(use: LimitUse): readonly SharedLimit[];
  /** What one more of such a platform costs, as far as prices are known. */
  estimate(use: LimitUse): MonthlyEstimate | undefined;
  build(request: CloudRequest): Promise<Platform>;
  cell(request: CellRequest): Promise<Platform>;
}
