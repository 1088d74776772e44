import { describe, expect, it } from "vitest";
import type { Settled } from "../../ops/mend/index.ts";
import { type Found, plan, searched } from "../../ops/mend/plan.ts";
import { fill } from "../../ops/mend/rules.ts";
import { withAdopted } from "../../ops/mend/state.ts";
import { readIds, describe as tell } from "../../ops/mend/text.ts";
import { readState, type State } from "../../stacks/exportedState.ts";
import { creationsIn, interruptedRun, pendingCreations } from "../../stacks/pendingCreations.ts";

const urn = (type: string, name: string) => `urn:pulumi:prod::portolan::portolan:aws:Cloud$${type}::${name}`;
const provider = "urn:pulumi:prod::portolan::pulumi:providers:aws::platform-aws";
const tags = { Name: "portolan-prod" };

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  readonly id?: string;
  readonly outputs?: Record<string, unknown>;
}
const entry = ({ type, name, ...rest }: Entry) => ({
  urn: urn(type, name),
  type,
  custom: true,
  provider: `${provider}::1`,
  ...rest,
});

const vpc = { type: "aws:ec2/vpc:Vpc", name: "platform-vpc", inputs: { cidrBlock: "10.0.0.0/16", tags } };
const role = { type: "aws:iam/role:Role", name: "platform-node", inputs: { name: "portolan-node-a1b2c3" } };
const target = {
  type: "aws:efs/mountTarget:MountTarget",
  name: "platform-shared-0",
  inputs: { fileSystemId: "fs-1", subnetId: "subnet-1" },
};

function state(pending: readonly Entry[], standing: readonly Entry[] = []): State {
  return readState(
    JSON.stringify({
      version: 3,
      deployment: {
        manifest: { kept: "as it is" },
        resources: [
          {
            urn: provider,
            type: "pulumi:providers:aws",
            custom: true,
            id: "1",
            inputs: { defaultTags: '{"tags":{"portolan:stack":"prod"}}' },
            outputs: { region: "us-east-1" },
          },
          ...standing.map(entry),
        ],
        pending_operations: pending.map((one) => ({ type: "creating", resource: entry(one) })),
      },
    }),
  );
}

const nothing: Found = { things: [], subscriptionId: undefined };
const thing = (id: string, more: Record<string, string> = {}) => ({
  arn: `arn:aws:ec2:us-east-1:1:vpc/${id}`,
  tags: { "portolan:stack": "prod", ...tags, ...more },
});
const found = (...ids: string[]): Found => ({ ...nothing, things: ids.map((id) => thing(id)) });
const one = (...args: Parameters<typeof plan>) => {
  const [step, ...others] = plan(...args);
  expect(others).toEqual([]);
  if (step === undefined) throw new Error("no step");
  const { resource: _, ...rest } = step;
  return rest;
};

describe("an interrupted creation", () => {
  it("of what has a name is looked for by it, without asking what carries tags", () => {
    expect(searched(state([role]))).toEqual([]);
    expect(one(state([role]), nothing, {})).toEqual({ kind: "adopt", id: "portolan-node-a1b2c3" });
  });

  it("of what has none is looked for by its tags, all of them", () => {
    const asked = state([vpc]);
    expect(searched(asked).map(({ type }) => type)).toEqual([vpc.type]);
    expect(one(asked, found("vpc-1"), {})).toEqual({ kind: "adopt", id: "vpc-1" });
    const other = { ...nothing, things: [{ ...thing("vpc-1"), tags: { "portolan:stack": "prod" } }] };
    expect(one(asked, other, {})).toMatchObject({ kind: "forget", why: expect.stringContaining("tags") });
  });

  it("is not taken for another thing of the state", () => {
    const other = { ...vpc, name: "other", id: "vpc-1", outputs: { arn: "x" } };
    expect(one(state([vpc], [other]), found("vpc-1", "vpc-2"), {})).toEqual({ kind: "adopt", id: "vpc-2" });
  });

  it("is somebody's to say where several things may be it, none can be told, or its type is not known", () => {
    expect(one(state([vpc]), found("vpc-1", "vpc-2"), {})).toMatchObject({
      kind: "ask",
      ids: ["vpc-1", "vpc-2"],
      look: "aws ec2 describe-vpcs --filters 'Name=tag:portolan:stack,Values=prod'",
    });
    const untagged = { ...vpc, inputs: { cidrBlock: "10.0.0.0/16" } };
    expect(one(state([untagged]), found("vpc-1"), {})).toMatchObject({ kind: "ask" });
    expect(one(state([target]), nothing, {})).toMatchObject({
      kind: "ask",
      look: "aws efs describe-mount-targets --file-system-id fs-1",
    });
    const strange = { type: "aws:sns/topic:Topic", name: "t", inputs: {} };
    expect(one(state([strange]), nothing, {})).toMatchObject({ kind: "ask" });
    const sealed = { ...role, inputs: { name: { ciphertext: "v1:x" } } };
    expect(one(state([sealed]), nothing, {})).toMatchObject({ kind: "ask", look: "its id is {name}" });
  });

  it("is what somebody says", () => {
    const name = "aws:efs/mountTarget:MountTarget::platform-shared-0";
    expect(one(state([target]), nothing, { [name]: "fsmt-1" })).toEqual({ kind: "adopt", id: "fsmt-1" });
    expect(one(state([target]), nothing, { [name]: "none" })).toMatchObject({ kind: "forget" });
  });

  it("of what was made again since leaves an orphan where it has no name, and none where it has", () => {
    const again = { ...vpc, id: "vpc-2", outputs: { arn: "x" } };
    expect(one(state([vpc], [again]), found("vpc-1", "vpc-2"), {})).toMatchObject({
      kind: "left",
      ids: ["vpc-1"],
    });
    expect(one(state([vpc], [again]), found("vpc-2"), {})).toMatchObject({ kind: "forget" });
    const named = { ...role, id: "portolan-node-a1b2c3", outputs: { arn: "x" } };
    expect(one(state([role], [named]), nothing, {})).toMatchObject({ kind: "forget" });
  });

  it("that a killed `mend` put into the state is asked for again", () => {
    const before = state([role]);
    const after = withAdopted(before, [{ resource: entryOf(before), id: "portolan-node-a1b2c3" }]);
    expect(after.deployment.pending_operations).toEqual([]);
    expect(one(after, nothing, {})).toEqual({ kind: "adopt", id: "portolan-node-a1b2c3" });
  });
});

function entryOf({ deployment }: State) {
  const [operation] = deployment.pending_operations;
  if (operation === undefined) throw new Error("nothing pending");
  return operation.resource;
}

describe("the state", () => {
  it("gets what was asked for, word for word, and keeps what is not known here", () => {
    const before = state([role]);
    const { deployment } = withAdopted(before, [{ resource: entryOf(before), id: "x" }]);
    expect(deployment.resources.at(-1)).toEqual({ ...entry(role), delete: false, id: "x", outputs: {} });
    expect(deployment.manifest).toEqual({ kept: "as it is" });
  });

  it("is refused where its form is another one", () => {
    expect(() => readState('{"deployment":{"resources":"none"}}')).toThrow(/another form/);
  });
});

describe("what is shown", () => {
  const resource = (of: Entry) => entryOf(state([of]));

  it("says what was done, and what is next", () => {
    expect(tell("prod", [])).toBe("Stack prod: no creation was interrupted. Nothing to mend.");
    const taken: Settled = { resource: resource(vpc), kind: "adopt", id: "vpc-1", outcome: "taken over" };
    expect(tell("prod", [taken])).toBe(
      [
        "Stack prod: 1 creation was interrupted.",
        "  taken over    aws:ec2/vpc:Vpc::platform-vpc (vpc-1)",
        "Now: pulumi preview --stack prod, and pulumi up --stack prod",
      ].join("\n"),
    );
  });

  it("says how to look and how to answer, in a form that the command reads", () => {
    const ask: Settled = {
      resource: resource(target),
      kind: "ask",
      ids: [],
      look: "look here",
      outcome: "yours to say",
    };
    const text = tell("prod", [ask]);
    expect(text).toContain("Nothing was changed yet.");
    const [, ids = ""] = /IDS='([^']+)'/.exec(text) ?? [];
    expect(readIds(ids)).toEqual({ "aws:efs/mountTarget:MountTarget::platform-shared-0": "ID" });
    expect(() => readIds("fsmt-1")).toThrow(/type::name=id/);
  });
});

it("a template is filled from the first bag that has a text, or not at all", () => {
  expect(fill("{a}/{b}", { a: "1" }, { a: "2", b: "3" })).toBe("1/3");
  expect(fill("{a}/{b}", { a: "1", b: 3 })).toBeUndefined();
});

describe("an `up` after an interrupted run", () => {
  const release = { type: "kubernetes:helm.sh/v3:Release", name: "acme", inputs: {} };
  it("is told of what was begun in its cloud, each once", () => {
    expect(creationsIn(state([vpc, role, vpc, release]), "aws")).toEqual([
      "aws:ec2/vpc:Vpc::platform-vpc",
      "aws:iam/role:Role::platform-node",
    ]);
    expect(creationsIn(state([vpc]), "gcp")).toEqual([]);
  });

  it("is told of what an interrupted `mend` put into the state, until the cloud was asked", () => {
    const before = state([role]);
    const half = withAdopted(before, [{ resource: entryOf(before), id: "portolan-node-a1b2c3" }]);
    expect(creationsIn(half, "aws")).toEqual(["aws:iam/role:Role::platform-node"]);
    expect(creationsIn(state([], [{ ...role, id: "x", outputs: { arn: "x" } }]), "aws")).toEqual([]);
  });

  it("goes on after updates and deletions", () => {
    const one = { type: "deleting", resource: entry(vpc) };
    expect(
      creationsIn(readState(JSON.stringify({ deployment: { pending_operations: [one] } })), "aws"),
    ).toEqual([]);
    expect(creationsIn(readState('{"deployment":{}}'), "aws")).toEqual([]);
  });

  it("names what to type", () => {
    expect(interruptedRun(["aws:ec2/vpc:Vpc::platform-vpc"], "us-prod")).toMatch(
      /nothing was changed.*\n {2}aws:ec2\/vpc:Vpc::platform-vpc\n.*`make mend STACK=us-prod`/s,
    );
  });

  it("goes on where the engine's command gives no answer", async () => {
    expect(await pendingCreations("aws", "organization/none/none")).toEqual([]);
  });
});
