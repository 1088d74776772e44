import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { TestStack } from "./support/stack.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();
const repository = join(import.meta.dirname, "..", "..");

/** No pods run here: a Deployment that wants none is ready. */
const program = (kind: string) => `
  const { AppRelease } = await import("${repository}/components/appRelease.ts");
  const { additionsOf } = await import("${repository}/components/additions.ts");
  const { notes } = await import("${repository}/tests/foreign/app.ts");
  const route = { kind: "${kind}", className: "outer", hosts: ["carl.example.com"], tlsSecret: "edge-tls", tcp: {} };
  const repair = { records: async () => [], removeRecord: async () => {} };
  const space = new k8s.core.v1.Namespace("space", { metadata: { name: "notes-carl" } });
  new AppRelease("carl", {
    release: "pad", namespace: space.metadata.name, chart: notes.chart, values: { replicas: 0 },
    additions: additionsOf(notes, "pad", route), timeout: 60, repair, ready: [],
  });
`;

async function foreignStack(): Promise<TestStack> {
  const stack = await world.stack("foreign");
  for (const name of ["charts", "tests"]) await symlink(join(repository, name), join(stack.folder, name));
  return stack;
}

it("gives somebody else's chart a route to its Service and a budget for its pods, and takes both away again", async () => {
  const stack = await foreignStack();
  await stack.program(program("ingress"));
  await stack.up();
  const at = "/namespaces/notes-carl";
  const pods = await world.get(`/apis/apps/v1${at}/deployments/pad-notes`);
  const budget = await world.get(`/apis/policy/v1${at}/poddisruptionbudgets/additions`);
  expect(budget).toMatchObject({ spec: { maxUnavailable: 1 } });
  // The budget selects the very labels that the chart gives its pods.
  expect(Reflect.get(Object(budget.spec), "selector")).toEqual(Reflect.get(Object(pods.spec), "selector"));
  const service = await world.get(`/api/v1${at}/services/pad-notes`);
  expect(service).toMatchObject({ spec: { ports: [{ port: 80 }] } });
  expect(await world.get(`/apis/networking.k8s.io/v1${at}/ingresses/additions`)).toMatchObject({
    spec: {
      ingressClassName: "outer",
      tls: [{ hosts: ["carl.example.com"], secretName: "edge-tls" }],
      rules: [
        {
          host: "carl.example.com",
          http: { paths: [{ backend: { service: { name: "pad-notes", port: { number: 80 } } } }] },
        },
      ],
    },
  });
  expect(await stack.preview()).toEqual({});
  await stack.destroy();
  await expect(world.get(`/apis/policy/v1${at}/poddisruptionbudgets/additions`)).rejects.toThrow();
});
