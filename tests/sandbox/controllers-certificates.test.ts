import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { certificate, eventually, namespace, openWorld, type World } from "./controllers-world.ts";

const space = "cert-red";
const conditions = z.array(
  z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() }),
);
const schema = z.object({
  status: z.object({ conditions, revision: z.int().optional(), notAfter: z.string().optional() }),
});
const secretSchema = z.object({
  type: z.string(),
  data: z.record(z.string(), z.base64()),
  metadata: z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
  }),
});

describe("certificates", () => {
  let world: World;
  const read = async (name: string) =>
    schema.parse(JSON.parse(await world.kubectl("get", "certificate", name, "-n", space, "-o", "json")))
      .status;
  const ready = async (name: string) => (await read(name)).conditions.find((c) => c.type === "Ready");
  const secret = async (name: string) => {
    const { data, ...rest } = secretSchema.parse(
      JSON.parse(await world.kubectl("get", "secret", name, "-n", space, "-o", "json")),
    );
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
    return {
      ...rest,
      leaf: new X509Certificate(text("tls.crt")),
      root: text("ca.crt"),
      key: text("tls.key"),
    };
  };
  const untilReady = (name: string, revision: number) =>
    eventually(async () => {
      expect(await read(name)).toMatchObject({ revision });
      expect(await ready(name)).toMatchObject({ status: "True", reason: "Ready" });
    });

  beforeAll(async () => {
    world = await openWorld();
    await world.remove(space);
    await world.apply(namespace(space));
  });

  afterAll(async () => {
    await world?.remove(space);
    await world?.close();
  });

  it("are signed by the sandbox's authority, with everything asked for", async () => {
    await world.apply(
      certificate(space, "web", ["a.test", "*.a.test"], {
        ipAddresses: ["10.1.2.3"],
        usages: ["server auth", "client auth", "digital signature"],
        duration: "48h",
        renewBefore: "12h",
        privateKey: { algorithm: "RSA", encoding: "PKCS8", rotationPolicy: "Never" },
        secretTemplate: { labels: { team: "x" }, annotations: { note: "y" } },
      }),
    );
    await untilReady("web", 1);
    const { leaf, root, type, metadata, key } = await secret("web");
    expect(type).toBe("kubernetes.io/tls");
    expect(root).toBe(world.ca);
    expect(leaf.verify(new X509Certificate(root).publicKey)).toBe(true);
    expect(leaf.subjectAltName).toBe("DNS:a.test, DNS:*.a.test, IP Address:10.1.2.3");
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(new Date(leaf.validTo).getTime() - new Date(leaf.validFrom).getTime()).toBe(48 * 3_600_000);
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(metadata).toMatchObject({ labels: { team: "x" }, annotations: { note: "y" } });
    expect((await read("web")).notAfter).toBe(new Date(leaf.validTo).toISOString().replace(".000", ""));
  });

  it("are issued again when the specification changes, keeping the key where asked", async () => {
    const before = await secret("web");
    const patch = { spec: { dnsNames: ["b.test"] } };
    await world.kubectl(
      "patch",
      "certificate",
      "web",
      "-n",
      space,
      "--type=merge",
      "-p",
      JSON.stringify(patch),
    );
    await untilReady("web", 2);
    const after = await secret("web");
    expect(after.leaf.subjectAltName).toBe("DNS:b.test, IP Address:10.1.2.3");
    expect(after.key).toBe(before.key);
  });

  it("change labels without a new certificate", async () => {
    const before = await secret("web");
    const patch = { spec: { secretTemplate: { labels: { other: "z" }, annotations: null } } };
    await world.kubectl(
      "patch",
      "certificate",
      "web",
      "-n",
      space,
      "--type=json",
      "-p",
      JSON.stringify([{ op: "replace", path: "/spec/secretTemplate", value: patch.spec.secretTemplate }]),
    );
    await eventually(async () => {
      const { metadata, leaf } = await secret("web");
      expect(metadata.labels).toMatchObject({ other: "z" });
      expect(metadata.labels.team).toBeUndefined();
      expect(metadata.annotations.note).toBeUndefined();
      expect(leaf.serialNumber).toBe(before.leaf.serialNumber);
    });
  });

  it("are issued again when the Secret is deleted, and only once", async () => {
    await world.kubectl("delete", "secret", "web", "-n", space);
    await untilReady("web", 3);
    const { leaf } = await secret("web");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((await secret("web")).leaf.serialNumber).toBe(leaf.serialNumber);
    expect((await read("web")).revision).toBe(3);
  });

  it("say plainly when their issuer is unknown, and are issued when it comes", async () => {
    await world.apply(
      certificate(space, "late", ["late.test"], { issuerRef: { name: "own", kind: "Issuer" } }),
    );
    await eventually(async () =>
      expect(await ready("late")).toMatchObject({
        status: "False",
        reason: "IssuerNotFound",
        message: `Issuer "own" does not exist in namespace "${space}"; there is none`,
      }),
    );
    const issuer = (name: string, spec: object) => ({
      apiVersion: "cert-manager.io/v1",
      kind: "Issuer",
      metadata: { name, namespace: space },
      spec,
    });
    await world.apply(
      issuer("self", { selfSigned: {} }),
      certificate(space, "own-ca", [], {
        isCA: true,
        commonName: "own",
        issuerRef: { name: "self", kind: "Issuer" },
      }),
      issuer("own", { ca: { secretName: "own-ca" } }),
    );
    await untilReady("late", 1);
    const own = await secret("own-ca");
    const late = await secret("late");
    expect(late.root).toBe(own.root);
    expect(late.leaf.verify(own.leaf.publicKey)).toBe(true);
    // A new authority signs anew what the old one signed.
    await world.kubectl("delete", "secret", "own-ca", "-n", space);
    await untilReady("late", 2);
    expect((await secret("late")).root).not.toBe(own.root);
  });

  it("refuse what the sandbox does not honour, naming it", async () => {
    await world.apply(certificate(space, "strange", ["s.test"], { nameConstraints: { critical: true } }));
    await eventually(async () => {
      const condition = await ready("strange");
      expect(condition).toMatchObject({ status: "False", reason: "NotSupported" });
      expect(condition?.message).toContain("nameConstraints");
    });
  });

  it("leave their Secret when they go", async () => {
    await world.kubectl("delete", "certificate", "web", "-n", space);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await secret("web")).type).toBe("kubernetes.io/tls");
  });

  it("keep their authority when the controller's pod is replaced", async () => {
    await world.kubectl("rollout", "restart", "deploy/certificates", "-n", "cert-manager");
    await world.kubectl("rollout", "status", "deploy/certificates", "-n", "cert-manager", "--timeout=60s");
    const now = await world.kubectl(
      "get",
      "secret",
      "sandbox-ca",
      "-n",
      "cert-manager",
      "-o",
      "jsonpath={.data.tls\\.crt}",
    );
    expect(Buffer.from(now, "base64").toString("utf8")).toBe(world.ca);
    await world.apply(certificate(space, "after", ["after.test"]));
    await untilReady("after", 1);
    expect((await secret("after")).root).toBe(world.ca);
  });
});
