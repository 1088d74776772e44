/** Which pods are whom: associations of ServiceAccounts, the accounts behind them, and the agent that hands out keys. */
import { createHash, randomBytes } from "node:crypto";
import type { V1ConfigMap, V1Secret } from "@kubernetes/client-node";
import { z } from "zod";
import type { IdentitySpec } from "../core/backend.ts";
import { accountLabel } from "./agent/accounts.ts";
import { ensureAgent } from "./agentDeployment.ts";
import type { Buckets } from "./buckets.ts";
import type { Account } from "./gateway.ts";
import { serverName } from "./naming.ts";
import { type CloudSpace, found } from "./objects.ts";

const identityLabel = "portolan.dev/cloud-identity";

const identitySchema = z.object({
  id: z.string(),
  namespace: z.string(),
  serviceAccount: z.string(),
  principal: z.string(),
  buckets: z.array(z.string()),
});
type Identity = z.infer<typeof identitySchema>;

/** Name of the Secret with the account of one ServiceAccount. */
export function accountName({ namespace, serviceAccount }: Identity | IdentitySpec): string {
  const hash = createHash("sha256").update(`${namespace}/${serviceAccount}`).digest("hex");
  return `account-${hash.slice(0, 16)}`;
}

/** All identities of a cloud. */
export class Identities {
  readonly #space: CloudSpace;
  readonly #buckets: Buckets;
  #agent: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(space: CloudSpace, buckets: Buckets) {
    this.#space = space;
    this.#buckets = buckets;
  }

  /** The agent runs, and with it the webhook that every new pod passes. */
  agent(): Promise<void> {
    this.#agent ??= ensureAgent(this.#space).catch((error: unknown) => {
      this.#agent = undefined;
      throw error;
    });
    return this.#agent;
  }

  async ensure(spec: IdentitySpec): Promise<void> {
    await this.agent();
    const { id, namespace, serviceAccount, principal, buckets } = spec;
    await this.#change(id, buckets, async () => {
      const record: V1ConfigMap = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: this.#space.meta(serverName("identity", id), { [identityLabel]: "true" }),
        data: { identity: JSON.stringify({ id, namespace, serviceAccount, principal, buckets }) },
      };
      await this.#space.apply(record);
      await this.#account(spec);
    });
  }

  async remove(id: string): Promise<void> {
    const gone = (await this.#all()).find((each) => each.id === id);
    await this.#change(id, [], () =>
      this.#space.delete({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: serverName("identity", id), namespace: this.#space.namespace },
      }),
    );
    if (gone === undefined) return;
    const name = accountName(gone);
    if ((await this.#all()).some((each) => accountName(each) === name)) return;
    const account = await this.#space.secret(name);
    if (account?.accessKey !== undefined) await this.#buckets.removeAccount(account.accessKey);
    const metadata = { name, namespace: this.#space.namespace };
    await this.#space.delete({ apiVersion: "v1", kind: "Secret", metadata });
  }

  /** The bucket's users are who the identities say; also to be asked when the bucket has just been made. */
  async refresh(bucket: string): Promise<void> {
    await this.#inTurn(() => this.#settle([bucket]));
  }

  /** Changes one identity, then the users of the buckets it had and of those it has. */
  #change(id: string, buckets: readonly string[], change: () => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      const before = (await this.#all()).find((each) => each.id === id)?.buckets ?? [];
      await change();
      await this.#settle([...new Set([...before, ...buckets])]);
    });
  }

  // One change after the other: a policy made from an older list must not come last.
  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => {});
    return next;
  }

  async #settle(buckets: readonly string[]): Promise<void> {
    const identities = await this.#all();
    for (const bucket of buckets) {
      const users = identities.filter((each) => each.buckets.includes(bucket));
      const names = new Map(users.map((each) => [accountName(each), each]));
      const accounts = await Promise.all([...names.values()].map((each) => this.#account(each)));
      await this.#buckets.setUsers(bucket, accounts);
    }
  }

  async #all(): Promise<readonly Identity[]> {
    const { core, namespace } = this.#space;
    const list = await found(core.listNamespacedConfigMap({ namespace, labelSelector: identityLabel }));
    return (list?.items ?? []).map(({ data }) => identitySchema.parse(JSON.parse(data?.identity ?? "{}")));
  }

  /**
   * The account of the identity's ServiceAccount: its keys are made once. The agent reads them from the Secret, with
   * the region that pods are told: that of the identity's buckets.
   */
  async #account(spec: Identity | IdentitySpec): Promise<Account> {
    const { namespace, serviceAccount, principal } = spec;
    const name = accountName(spec);
    const kept = await this.#space.secret(name);
    const made = {
      namespace,
      serviceAccount,
      principal,
      accessKey: kept?.accessKey ?? `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretKey: kept?.secretKey ?? randomBytes(30).toString("base64url"),
      region: (await this.#buckets.regionOf(spec.buckets)) ?? kept?.region ?? "us-east-1",
    };
    const secret: V1Secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: this.#space.meta(name, { [accountLabel]: "true" }),
      stringData: made,
    };
    await this.#space.apply(secret);
    return made;
  }
}
