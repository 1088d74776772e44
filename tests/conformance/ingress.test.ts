/** Rules for an edge that takes Ingress, and for charts that bring no routes of their own. On the sandbox's edge. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeCount } from "../../ops/pulumi/events.ts";
import { openClient, reach } from "../../ops/smoke/context.ts";
import { otherProgram } from "../otherProgram.ts";
import { isWhole, theRun } from "./target.ts";
import { openWorld, type World } from "./world.ts";

describe.runIf(isWhole() && theRun().target === "local")("an edge of kind ingress", () => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld();
  });

  afterAll(async () => {
    await world.close();
  });

  const listed = async (what: string, namespace: string): Promise<string[]> => {
    const text = await world.inside.kube.kubectl(["get", what, "-n", namespace, "-o", "name"]);
    return text.split("\n").filter((line) => line !== "");
  };

  it("serves a whole stack of the probe: up, every check, an empty second up, gone", async () => {
    const stack = await world.another("ingress");
    stack.set("edge", ["kind"], "ingress");
    stack.set("tenants", [], {
      ada: { hosts: ["ada.portolan.test", "lovelace.portolan.test"] },
      bea: { hosts: ["bea.portolan.test"] },
    });
    await stack.upWell("ingress-up");
    expect(await listed("ingresses", "probe-ada")).toEqual(["ingress.networking.k8s.io/probe"]);
    expect(await listed("ingressroutes,ingressroutetcps,middlewares", "probe-ada")).toEqual([]);
    await stack.healthy();
    expect(changeCount((await stack.upWell("ingress-second")).operation)).toBe(0);
    const destroyed = await stack.destroy("ingress-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
  });

  it("serves somebody else's chart, which has a Deployment and a Service only, and Traefik's kind does too", async () => {
    const project = otherProgram("foreign", join(world.inside.workspace.folder, "foreign-project"));
    const stack = await world.another("foreign", project);
    const image = world.inside.run.images.probe;
    if (image === undefined) throw new Error("the run names no image of the probe");
    stack.set("edge", ["kind"], "ingress");
    stack.set("app", [], { name: "notes", version: "0.1.0", values: { replicas: 2 } });
    stack.set("images", ["notes"], image);
    stack.set("tenants", [], { carl: { hosts: ["carl.portolan.test"] } });
    await stack.upWell("foreign-up");
    const served = async () => {
      const smoke = await world.inside.smoke(await stack.outputs());
      const { status, body } = await reach(smoke, await openClient(smoke, "carl"), "/");
      return `${status} ${body.toString()}`;
    };
    expect(await served()).toBe("200 notes");
    await oneAtATime("notes-carl");
    stack.set("edge", ["kind"], "traefik");
    await stack.upWell("foreign-traefik");
    expect(await listed("ingresses", "notes-carl")).toEqual([]);
    await expect.poll(served, { timeout: 30_000, interval: 500 }).toBe("200 notes");
    expect(changeCount((await stack.upWell("foreign-second")).operation)).toBe(0);
    const destroyed = await stack.destroy("foreign-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
  });

  /** As a drained node does: two pods are asked to go at the same time, and one of them is refused. */
  async function oneAtATime(namespace: string): Promise<void> {
    const { kube } = world.inside;
    const allowed = async () => {
      const path = ["get", "pdb", "-n", namespace, "-o", "jsonpath={.items[*].status.disruptionsAllowed}"];
      return (await kube.kubectl(path)).trim();
    };
    await expect.poll(allowed, { timeout: 60_000, interval: 500 }).toBe("1");
    const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector: "app=notes" });
    const names = items.map(({ metadata }) => metadata?.name ?? "");
    expect(names).toHaveLength(2);
    const answers: string[] = [];
    for (const name of names) {
      const body = { metadata: { name, namespace } };
      const answer = await kube.core.createNamespacedPodEviction({ name, namespace, body }).then(
        () => "goes",
        (error: unknown) => String(error),
      );
      answers.push(answer);
    }
    expect(answers[0]).toBe("goes");
    expect(answers[1]).toContain("disruption budget");
    await expect.poll(allowed, { timeout: 60_000, interval: 500 }).toBe("1");
  }
});
