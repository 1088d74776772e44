/** What a tenant is made from. */
import type * as pulumi from "@pulumi/pulumi";
import type { App, RouteBinding } from "../apps/app.ts";
import type {
  GivenServices,
  Images,
  KeyEscrow,
  Lifecycle,
  Platform,
  SecretStoreRef,
  Size,
} from "../providers/platform.ts";
import type { ExternalSecretReader } from "./externalKeys.ts";
import type { TenantState } from "./sizes.ts";

/** Where keys that come from outside are asked for. */
export interface ExternalArgs {
  /** A store of the user's own and the secret's name there; undefined: the platform makes the store. */
  readonly given: { readonly store: SecretStoreRef; readonly secret: string } | undefined;
  /** The user's own name of the secret. */
  readonly secret: string | undefined;
  readonly refresh: string;
  readonly reader: ExternalSecretReader;
}

export interface TenantArgs {
  readonly slug: string;
  /** The stack that declares this tenant. */
  readonly cell: string;
  readonly hosts: readonly string[];
  readonly state: TenantState;
  /** Its own data's: the platform's, or `disposable` in a production that lets this tenant go. */
  readonly lifecycle: Lifecycle;
  readonly size: Size;
  readonly app: App;
  readonly version: string;
  /** Name of the Helm release. */
  readonly release: string;
  /** Seconds until a release that is not ready is rolled back. */
  readonly timeout: number;
  readonly platform: Platform;
  readonly route: RouteBinding;
  /** Chart values of the user's, the stack's below the tenant's. */
  readonly values: Record<string, unknown>;
  readonly images: Images;
  /** A namespace the user made; undefined: Portolan makes one. */
  readonly namespace: string | undefined;
  readonly rotation: string | undefined;
  readonly given: GivenServices;
  readonly provided: Readonly<Record<string, pulumi.Output<string>>>;
  readonly existingSecret: string | undefined;
  /** Whether a run before this one made write-once keys for this tenant. */
  readonly keepsKeys: boolean;
  /** Given when the application's keys come from a secret manager. */
  readonly external: ExternalArgs | undefined;
  readonly escrow: KeyEscrow;
  readonly escrowScope: string;
  /** For each of its releases. */
  readonly repair: pulumi.ResourceHookBinding;
}
