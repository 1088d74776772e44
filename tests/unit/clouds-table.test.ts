/** The simulated clouds' tables say nothing that the SDKs do not know, and lack nothing that the program uses. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Cloud } from "../../sandbox/clouds/core/kind.ts";
import type { Member, Members, Shape, Shapes } from "../../sandbox/clouds/core/shapes.ts";
import { loadCloud, shapesOf } from "../../sandbox/clouds/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The member at a rule's path such as `a.b[].c`; undefined when the SDK has none. */
function memberAt(shapes: Shapes, members: Members, path: string): Member | undefined {
  let known: Members | undefined = members;
  let found: Member | undefined;
  for (const step of path.split(".")) {
    const key = step.replaceAll("[]", "");
    found = known?.[key];
    let shape: Shape | undefined = found?.shape;
    for (let list = (step.length - key.length) / 2; list > 0; list--)
      shape = shape?.is === "list" ? shape.of : undefined;
    if (found === undefined || shape === undefined) return undefined;
    found = { ...found, shape };
    known = shape.is === "object" ? shapes.objects[shape.named] : undefined;
  }
  return found;
}

/** What a file of the program takes from an SDK: modules of aws, tokens of azure-native. */
const importsOf = {
  gcp: (text: string) =>
    [...text.matchAll(/^import \{[^}]*\} from "@pulumi\/gcp\/([\w/]+)\.js"/gm)]
      .map(([, module = ""]) => module.toLowerCase())
      .filter((module) => module !== "provider"),
  aws: (text: string) =>
    [...text.matchAll(/^import (type )?\{[^}]*\} from "@pulumi\/aws\/([\w/]+)\.js"/gm)]
      .filter(([, type]) => type === undefined)
      .map(([, , module = ""]) => module)
      .filter((module) => module !== "provider"),
  azure: (text: string) =>
    [...text.matchAll(/^import \{([^}]*)\} from "@pulumi\/azure-native\/(\w+)\/index\.js"/gm)].flatMap(
      ([, names = "", module = ""]) =>
        names
          .split(",")
          .map((one) => one.trim())
          .filter((one) => one !== "" && !one.startsWith("type "))
          .map((one) => `azure-native:${module}:${one.replace(/Output$/, "")}`),
    ),
};

/** The module of a token, e.g. `ec2/vpc`. Google's SDK has other capitals in the names of its files. */
function moduleOf(name: "aws" | "gcp", token: string): string {
  const module = (token.split(":")[1] ?? "").replace(/^index\//, "");
  return name === "gcp" ? module.toLowerCase() : module;
}

describe.each(["aws", "azure", "gcp"] as const)("the table of %s", (name) => {
  let cloud: Cloud;
  let shapes: Shapes;
  beforeAll(async () => {
    cloud = await loadCloud(name);
    shapes = await shapesOf(cloud);
  }, 60_000);
  const declared = () => Object.entries(cloud.kinds).filter(([, { internal }]) => internal !== true);

  it("has rules for inputs that the SDK has, and no others", () => {
    const strays = declared().flatMap(([type, kind]) =>
      Object.keys(kind.inputs ?? {})
        .filter((path) => memberAt(shapes, shapes.types[type]?.inputs ?? {}, path) === undefined)
        .map((path) => `${type} ${path}`),
    );
    expect(strays).toEqual([]);
  });

  it("answers outputs that the SDK has, and no others", () => {
    const strays = declared().flatMap(([type, kind]) =>
      Object.keys(kind.outputs ?? {})
        .map((path) => path.split(".")[0] ?? "")
        .filter((key) => shapes.types[type]?.outputs[key] === undefined)
        .map((key) => `${type} ${key}`),
    );
    expect(strays).toEqual([]);
  });

  it("names by inputs that the SDK has", () => {
    const strays = declared().filter(
      ([type, { naming }]) =>
        naming !== undefined && shapes.types[type]?.inputs[naming.property] === undefined,
    );
    expect(strays.map(([type]) => type)).toEqual([]);
  });

  it("refers to types that it has, by outputs that they have", () => {
    const strays = declared().flatMap(([type, kind]) =>
      Object.entries(kind.inputs ?? {}).flatMap(([path, { refers }]) =>
        [refers?.to ?? []].flat().flatMap((target) => {
          const outputs = shapes.types[target]?.outputs;
          const unknown = (refers?.by ?? ["id"]).filter(
            (key) => key !== "id" && outputs?.[key] === undefined,
          );
          return outputs === undefined || unknown.length > 0
            ? [`${type} ${path} -> ${target} ${unknown.join()}`]
            : [];
        }),
      ),
    );
    expect(strays).toEqual([]);
  });

  it("knows every resource type and function that the program uses", () => {
    const folder = join(root, "providers", name);
    const used = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .flatMap((path) => importsOf[name](readFileSync(join(folder, path), "utf8")));
    expect(used.length).toBeGreaterThan(20);
    const known = new Set(
      [...declared().map(([type]) => type), ...Object.keys(cloud.functions)].map((token) =>
        name === "azure" ? token : moduleOf(name, token),
      ),
    );
    expect([...new Set(used)].filter((module) => !known.has(module))).toEqual([]);
  });
});

describe("what is read of an SDK", () => {
  it("is names, types and what is required, nested too", async () => {
    const cloud = await loadCloud("aws");
    const { types, objects } = await shapesOf(cloud);
    expect(types["aws:ec2/vpc:Vpc"]?.inputs.cidrBlock).toEqual({ shape: { is: "text" }, required: false });
    expect(types["aws:ec2/subnet:Subnet"]?.inputs.vpcId).toEqual({ shape: { is: "text" }, required: true });
    expect(types["aws:eks/cluster:Cluster"]?.inputs.vpcConfig).toEqual({
      shape: { is: "object", named: "eks.ClusterVpcConfig" },
      required: true,
    });
    expect(objects["eks.ClusterVpcConfig"]?.subnetIds).toEqual({
      shape: { is: "list", of: { is: "text" } },
      required: true,
    });
    expect(types["aws:ec2/vpc:Vpc"]?.outputs.arn).toEqual({ shape: { is: "text" }, required: true });
    expect(types["aws:index/getAvailabilityZones:getAvailabilityZones"]?.outputs.names?.required).toBe(true);
  });
});
