/** A simulated cloud's secret manager, as a user puts secrets into it: the cloud's own command on a real one. */
import { join } from "node:path";
import { cloudFolder, type Inside } from "../../ops/inside.ts";
import { secretNameOf } from "../../providers/secretNames.ts";
import { clusterBackend } from "../../sandbox/clouds/backend/index.ts";
import type { CloudName } from "../../sandbox/clouds/core/backend.ts";
import { cloudContents } from "../../sandbox/clouds/core/contents.ts";
import { plant, uproot } from "../../sandbox/clouds/index.ts";
import type { PlainBag } from "../../sandbox/engine/rpc/values.ts";

export interface Manager {
  /** The usual name of a tenant's secret. */
  nameOf(slug: string): string;
  /** Writes a tenant's secret, or another version of it. */
  put(slug: string, keys: Readonly<Record<string, string>>): Promise<void>;
  /** Takes all of them away. */
  empty(): Promise<void>;
}

const types = {
  aws: {
    secret: "aws:secretsmanager/secret:Secret",
    version: "aws:secretsmanager/secretVersion:SecretVersion",
  },
  gcp: {
    secret: "gcp:secretmanager/secret:Secret",
    version: "gcp:secretmanager/secretVersion:SecretVersion",
  },
  azure: { secret: "azure-native:keyvault:Secret" },
} as const;

/** Settings of each cloud's provider, as the drills' stack files have them. */
const config: Readonly<Record<CloudName, PlainBag>> = {
  aws: { region: "us-east-1" },
  azure: { location: "westeurope" },
  gcp: { project: "example-portolan-drill", region: "us-central1" },
};

export function managerOf(inside: Inside, cloud: CloudName, stack: string): Manager {
  const folder = cloudFolder(inside.run);
  const { kubeconfig } = inside.run.cluster;
  const made = new Map<string, { readonly type: string; readonly id: string }>();
  const nameOf = (slug: string) => secretNameOf(cloud, { stack, app: "probe", slug });

  async function withBackend<T>(
    work: (backend: Awaited<ReturnType<typeof clusterBackend>>) => Promise<T>,
  ): Promise<T> {
    const backend = await clusterBackend({ cloud, kubeconfig, folder: join(folder, cloud) });
    try {
      return await work(backend);
    } finally {
      await backend.close();
    }
  }

  /** The vault that the platform made for the user's secrets, and its group. */
  function vault(): { readonly vaultName: string; readonly resourceGroupName: string } {
    const found = cloudContents(folder, cloud).living.find(
      ({ type, urn }) => type === "azure-native:keyvault:Vault" && urn.endsWith("::platform-external-vault"),
    );
    const [, resourceGroupName = "", vaultName = ""] =
      /\/resourceGroups\/([^/]+)\/.*\/vaults\/([^/]+)$/.exec(found?.id ?? "") ?? [];
    if (vaultName === "") throw new Error("the platform has made no vault for the user's secrets");
    return { vaultName, resourceGroupName };
  }

  const put = (type: string, inputs: PlainBag) =>
    withBackend(async (backend) => {
      const [id = ""] = await plant(folder, cloud, config[cloud], [{ type, inputs }], backend);
      return id;
    });

  async function secretOf(slug: string): Promise<string> {
    const known = made.get(slug);
    if (known !== undefined) return known.id;
    const type = types[cloud].secret;
    const inputs: PlainBag =
      cloud === "aws"
        ? { name: nameOf(slug), recoveryWindowInDays: 0 }
        : { secretId: nameOf(slug), replication: { auto: {} } };
    const id = await put(type, inputs);
    made.set(slug, { type, id });
    return id;
  }

  return {
    nameOf,
    async put(slug, keys) {
      const text = JSON.stringify(keys);
      if (cloud === "azure") {
        const type = types.azure.secret;
        const id = await put(type, { ...vault(), secretName: nameOf(slug), properties: { value: text } });
        made.set(slug, { type, id });
        return;
      }
      const id = await secretOf(slug);
      const inputs: PlainBag =
        cloud === "aws" ? { secretId: id, secretString: text } : { secret: id, secretData: text };
      await put(types[cloud].version, inputs);
    },
    empty: () => withBackend((backend) => uproot(folder, cloud, config[cloud], [...made.values()], backend)),
  };
}
