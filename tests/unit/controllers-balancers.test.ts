import { describe, expect, it } from "vitest";
import { type Balanced, balancingSteps, finalizer } from "../../sandbox/controllers/edge/balancers.ts";

const balancer = (name: string, more: Partial<Balanced["metadata"]> = {}, ip?: string): Balanced => ({
  metadata: { namespace: "edge", name, uid: name, finalizers: [], ...more },
  spec: { type: "LoadBalancer" },
  ...(ip ? { status: { loadBalancer: { ingress: [{ ip }] } } } : {}),
});
const said = (services: readonly Balanced[]) =>
  balancingSteps(services).map((step) => [
    step.kind,
    step.service.metadata.name,
    ...(step.kind === "address" ? [step.address] : []),
  ]);

describe("a Service of type LoadBalancer", () => {
  it("gets a finalizer and an address that no other has", () => {
    const there = balancer("there", { finalizers: [finalizer] }, "10.99.0.2");
    expect(said([balancer("one"), there, balancer("two")])).toEqual([
      ["hold", "one"],
      ["address", "one", "10.99.0.3"],
      ["hold", "two"],
      ["address", "two", "10.99.0.4"],
    ]);
  });

  it("is left alone once it has both", () => {
    expect(said([balancer("one", { finalizers: ["other", finalizer] }, "10.99.0.2")])).toEqual([]);
  });

  it("is released when it was deleted, or is none any more", () => {
    const gone = balancer("gone", { finalizers: [finalizer], deletionTimestamp: "now" }, "10.99.0.2");
    const plain = { ...balancer("plain", { finalizers: [finalizer] }), spec: { type: "ClusterIP" } };
    const waiting = balancer("waiting", { finalizers: ["other"], deletionTimestamp: "now" });
    expect(said([gone, plain, waiting])).toEqual([
      ["release", "gone"],
      ["release", "plain"],
    ]);
  });
});

it("a Service of another type is nobody's business", () => {
  expect(said([{ ...balancer("inner"), spec: { type: "ClusterIP" } }])).toEqual([]);
});
