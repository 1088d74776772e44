/** Write-once keys in Secret Manager: a kept one wins, and is never replaced. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { gcpProvider } from "../../providers/gcp/scope.ts";
import { firstKept, SecretManagerEscrow } from "../../providers/gcp/secrets.ts";
import { type Answers, simulate } from "./gcp-fixtures.ts";
import { type Run, run } from "./harness.ts";

const secret = "gcp:secretmanager/secret:Secret";
const version = "gcp:secretmanager/secretVersion:SecretVersion";
const list = "gcp:secretmanager/getSecrets:getSecrets";
const read = "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess";
const name = "organization/portolan/asia-prod/acme/APP_KEY";

interface Kept {
  readonly value: pulumi.Output<string>;
}

function kept(answers: Answers, protect = true): Promise<Run<() => Kept>> {
  return run(() => {
    simulate(answers);
    const parent = new pulumi.ComponentResource("test:Platform", "platform", {});
    const at = { project: "clinic-1", region: "asia-northeast1" };
    const escrow = new SecretManagerEscrow(gcpProvider("platform", at, "asia-prod", parent));
    const value = escrow.keep({ name, fresh: pulumi.secret("fresh"), protect, parent });
    return () => ({ value });
  });
}

function known<T>(value: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => value.apply(resolve));
}

/** Labels as the first run writes them. */
async function labels(): Promise<unknown> {
  return (await kept({})).find(secret, "asia-prod-acme-app-key").inputs.labels;
}

/** As the engine hands on what a provider answers. */
function refusal(details: string): () => never {
  return () => {
    throw Object.assign(new Error(details), { details });
  };
}

const absent = refusal("googleapi: Error 404: Secret Version not found, notFound");

describe("a write-once key", () => {
  it("is kept as it was made, under a name of its own, protected in production", async () => {
    const stack = await kept({});
    const { inputs, options } = stack.find(secret, "asia-prod-acme-app-key");
    expect(inputs).toMatchObject({
      secretId: "portolan-asia-prod-acme-app-key-a1b2c3",
      annotations: { "portolan-key": name },
      replication: { auto: {} },
      deletionProtection: true,
    });
    expect(options).toMatchObject({ protect: true, retainOnDelete: true });
    expect(stack.find(version, "asia-prod-acme-app-key").options).toMatchObject({
      protect: true,
      retainOnDelete: true,
      ignoreChanges: ["secretData"],
    });
    const { value } = stack.result();
    expect(await known(value)).toBe("fresh");
    expect(await pulumi.isSecret(value)).toBe(true);
  });

  it("is found by labels and told by an annotation, within what Secret Manager takes for them", async () => {
    const { labels: written, annotations } = (await kept({})).find(secret, "asia-prod-acme-app-key").inputs;
    for (const [key, value] of Object.entries(written ?? {})) {
      expect(key).toMatch(/^[a-z][a-z0-9_-]{0,62}$/);
      expect(value).toMatch(/^[a-z0-9_-]{0,63}$/);
    }
    for (const key of Object.keys(annotations ?? {}))
      expect(key).toMatch(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])$/);
  });

  it("goes with a disposable stack", async () => {
    const stack = await kept({}, false);
    expect(stack.custom.filter(({ options }) => options.protect || options.retainOnDelete)).toEqual([]);
  });

  it("comes back when the state is lost: the oldest that is kept wins over a fresh one", async () => {
    const mine = await labels();
    const stack = await kept({
      [list]: () => ({
        secrets: [
          { secretId: "later", createTime: "2026-02-01T00:00:00Z", labels: mine },
          { secretId: "first", createTime: "2026-01-01T00:00:00Z", labels: mine },
          { secretId: "another", createTime: "2025-01-01T00:00:00Z", labels: { portolan_key: "other" } },
        ],
      }),
      [read]: ({ secret: of }) => ({ secretData: `kept-in-${String(of)}` }),
    });
    expect(await known(stack.result().value)).toBe("kept-in-first");
  });

  it("is fresh where a run ended before its first version", async () => {
    const mine = await labels();
    const secrets = [{ secretId: "first", createTime: "2026-01-01T00:00:00Z", labels: mine }];
    const stack = await kept({ [list]: () => ({ secrets }), [read]: absent });
    expect(await known(stack.result().value)).toBe("fresh");
  });

  it("is never taken for absent because it cannot be read", async () => {
    const denied = () => Promise.reject(new Error("googleapi: Error 403: Permission denied, forbidden"));
    await expect(firstKept(["first"], denied)).rejects.toThrow("403");
  });
});
