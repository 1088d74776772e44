import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import { SealedFile } from "../../components/sealedFile.ts";
import type { TenantOutputs } from "../../components/tenantOutputs.ts";
import { WriteOnceKeys } from "../../components/writeOnceKeys.ts";
import { readStack } from "../../stacks/config.ts";
import { deploy } from "../../stacks/deploy.ts";
import { run } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "portolan-escrow-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function escrowFile(): string {
  files += 1;
  return join(folder, `escrow-${files}.age`);
}

function keys(escrow: SealedFile, randomness: string, preview = false, protect = false) {
  return run(
    () =>
      new WriteOnceKeys("bhc-keys", {
        slug: "bhc",
        namespace: "probe-bhc",
        labels: {},
        keys: [{ name: "APP_KEY", prefix: "base64:" }],
        escrow,
        escrowScope: "organization/portolan/local",
        protect,
      }).values.APP_KEY,
    { randomness, preview },
  );
}

const secret = "kubernetes:core/v1:Secret";
const name = "organization/portolan/local/bhc/APP_KEY";

describe("a write-once key", () => {
  it("comes back from escrow when the state, and with it the random value, is lost", async () => {
    const path = escrowFile();
    const first = await keys(new SealedFile(path, "pass"), "first");
    const value = await new SealedFile(path, "pass").recall(name);
    expect(value).toMatch(/^base64:/);
    const again = await keys(new SealedFile(path, "pass"), "second");
    expect(again.find(secret, "bhc-keys-secret").inputs).toEqual(
      first.find(secret, "bhc-keys-secret").inputs,
    );
    expect(await new SealedFile(path, "pass").recall(name)).toBe(value);
  });

  it("is in an immutable Secret, and nothing about it follows from an input after creation", async () => {
    const { find } = await keys(new SealedFile(escrowFile(), "pass"), "first");
    expect(find(secret, "bhc-keys-secret").inputs.immutable).toBe(true);
    expect(find(secret, "bhc-keys-secret").options.ignoreChanges).toContain("stringData");
    expect(find("random:index/randomBytes:RandomBytes", "bhc-keys-app-key").options.ignoreChanges).toEqual([
      "length",
      "keepers",
    ]);
  });

  it("is protected in production", async () => {
    const { custom } = await keys(new SealedFile(escrowFile(), "pass"), "first", false, true);
    expect(custom.map(({ options }) => options.protect)).toEqual([true, true]);
  });

  it("is not put in escrow by a preview, nor does a preview need the passphrase", async () => {
    const path = escrowFile();
    await keys(new SealedFile(path, "pass"), "first", true);
    expect(await new SealedFile(path, "pass").recall(name)).toBeUndefined();
    const { custom } = await keys(new SealedFile(path, undefined), "first", true);
    expect(custom).toHaveLength(2);
  });

  it("keeps its resource's name whatever version, size, state or chart values say", async () => {
    process.env.KUBECONFIG = "/nonexistent";
    const urns = async (app: object, tenant: object) => {
      const config = {
        "portolan:platform": '{"kind":"local"}',
        "portolan:app": JSON.stringify({ name: "probe", version: "1", ...app }),
        "portolan:edge": '{"kind":"traefik","issuer":"x","domain":"portolan.test"}',
        "portolan:tenants": JSON.stringify({ bhc: { hosts: ["bhc.portolan.test"], ...tenant } }),
      };
      const { custom } = await run(async () => deploy(await readStack(apps)), { preview: true, config });
      return custom.filter(({ name: one }) => one.includes("-keys-")).map(({ urn }) => urn);
    };
    const before = await urns({}, {});
    expect(before).toHaveLength(2);
    for (const [app, tenant] of [
      [{ version: "2" }, {}],
      [{ release: "renamed" }, {}],
      [{ values: { replicaCount: 2 } }, { size: "large" }],
      [{}, { state: "archived" }],
      [{}, { state: "suspended", rotation: "2026" }],
    ] as const) {
      expect(await urns(app, tenant)).toEqual(before);
    }
  });

  it("that was made stays when the application's come from elsewhere, and is not made for one whose always did", async () => {
    process.env.KUBECONFIG = "/nonexistent";
    const stand = async (kind: "generated" | "existing", writeOnceKeys: string | null) => {
      const theirs = kind === "existing" ? { secret: "theirs", namespace: "ward" } : {};
      const config = {
        "portolan:platform": '{"kind":"local"}',
        "portolan:app": JSON.stringify({ name: "probe", version: "1" }),
        "portolan:edge": '{"kind":"traefik","issuer":"x","domain":"portolan.test"}',
        "portolan:secrets": JSON.stringify({ kind }),
        "portolan:tenants": JSON.stringify({ bhc: { hosts: ["bhc.portolan.test"], ...theirs } }),
      };
      const stackOutputs = { self: { tenants: { bhc: { writeOnceKeys } } } };
      const { custom, result } = await run(async () => deploy(await readStack(apps)), {
        preview: true,
        config,
        stackOutputs,
      });
      const outputs = await new Promise<TenantOutputs | undefined>((resolve) =>
        pulumi.output(result.tenants.bhc).apply(resolve),
      );
      const made = custom.filter(({ name: one }) => one.includes("-keys-")).map(({ urn }) => urn);
      return { made, ...outputs };
    };
    const before = await stand("generated", null);
    expect(before).toMatchObject({ secrets: ["runtime"], writeOnceKeys: "write-once-keys" });
    expect(before.made).toHaveLength(2);
    const after = await stand("existing", "write-once-keys");
    expect(after.made).toEqual(before.made);
    expect(after.secrets).toContain("theirs");
    expect(after.writeOnceKeys).toBe("write-once-keys");
    expect(await stand("existing", null)).toMatchObject({ made: [], writeOnceKeys: null });
  });
});

describe("the sealed file", () => {
  let path = "";
  beforeAll(async () => {
    path = escrowFile();
    await new SealedFile(path, "pass").deposit("a", "the-value");
  });

  it("is for its owner only and shows nothing", () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(path);
    expect(bytes.toString("latin1")).toContain("age-encryption.org/v1");
    expect(bytes.includes("the-value")).toBe(false);
  });

  it("never replaces a value", async () => {
    const file = new SealedFile(path, "pass");
    await expect(file.deposit("a", "another")).rejects.toThrow(
      /keeps another value for a; a write-once key is never replaced/,
    );
    expect(await new SealedFile(path, "pass").recall("a")).toBe("the-value");
  });

  it("does not open with another passphrase, says so, and stays as it is", async () => {
    const before = readFileSync(path);
    await expect(new SealedFile(path, "wrong").deposit("b", "x")).rejects.toThrow(
      /does not open with this passphrase/,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("asks for a passphrase by the names of its variables", async () => {
    await expect(new SealedFile(path, undefined).recall("a")).rejects.toThrow(/PULUMI_CONFIG_PASSPHRASE/);
  });

  it("keeps all of many values that are put in at once", async () => {
    const file = escrowFile();
    const escrow = new SealedFile(file, "pass");
    await Promise.all(Array.from({ length: 12 }, (_, index) => escrow.deposit(`k${index}`, `v${index}`)));
    const reopened = new SealedFile(file, "pass");
    for (let index = 0; index < 12; index += 1) expect(await reopened.recall(`k${index}`)).toBe(`v${index}`);
  });

  it("that is damaged is refused, not overwritten", async () => {
    const file = escrowFile();
    writeFileSync(file, "not an age file");
    await expect(new SealedFile(file, "pass").deposit("a", "x")).rejects.toThrow();
    expect(readFileSync(file, "utf8")).toBe("not an age file");
  });
});
