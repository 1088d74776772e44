import { expect, it } from "vitest";
import { optionsOf } from "../../charts/drain/files/drain.mts";
import { environment, pick, podOf, render } from "./helm.ts";

it.each([
  ["all of the cluster", {}, undefined],
  ["only the named namespaces", { namespaces: "portolan.dev/stack=us-prod" }, "portolan.dev/stack=us-prod"],
])("tells its job to drain %s", async (_, more, namespaces) => {
  const pod = podOf(pick(await render("drain", { claims: true, ...more }), "Job"));
  const options = optionsOf(JSON.parse((pod && environment(pod).DRAIN) ?? ""));
  expect(options).toMatchObject({ claims: true, also: [], waitSeconds: 900 });
  expect(options.namespaces).toBe(namespaces);
});
