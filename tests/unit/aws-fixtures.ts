/** A platform on AWS with two tenants, as the tests of providers/aws declare it. */
import * as pulumi from "@pulumi/pulumi";
import { AwsPlatform } from "../../providers/aws/platform.ts";
import type { AwsSettings } from "../../providers/aws/settings.ts";
import type { CloudRequest } from "../../providers/cloud.ts";
import type { Lifecycle, Needs, TenantRequest } from "../../providers/platform.ts";
import { keyRequest, requestsOf } from "./cloud-requests.ts";
import { type Run, remock, run } from "./harness.ts";

export const settings: AwsSettings = {
  region: "us-east-1",
  account: undefined,
  network: { kind: "new", cidr: "10.20.0.0/16" },
  cluster: {
    kind: "new",
    version: "1.35",
    endpoint: { access: "private", cidrs: [] },
    adminRoles: ["arn:aws:iam::123456789012:role/ci/deploy"],
    serviceCidr: undefined,
  },
  database: { kind: "new", version: "17" },
  redis: { kind: "new", version: "8.1" },
  dns: undefined,
};

export const needs: Needs = {
  database: { engine: "postgres" },
  redis: { isolation: ["acl"] },
  objectStore: { protocols: ["s3"] },
};

export const { request, tenantRequest } = requestsOf("us-prod", "example.com", needs);
export { keyRequest };

/** What AWS and the cluster would answer, as far as the provider reads it. */
function answersOf({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  const arn = `arn:aws:test:us-east-1:123456789012:${type.split("/")[0]?.split(":")[1]}/${name}`;
  switch (type) {
    case "random:index/randomId:RandomId":
      return { hex: "a1b2c3" };
    case "aws:eks/cluster:Cluster":
      return {
        arn,
        endpoint: "https://eks.example.com",
        createdAt: "2026-01-01T00:00:00Z",
        certificateAuthority: { data: "Y2E=" },
        identities: [{ oidcs: [{ issuer: "https://oidc.example.com/id/ABC" }] }],
        vpcConfig: { ...inputs.vpcConfig, clusterSecurityGroupId: "sg-cluster" },
      };
    case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
      return { arn: "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/ABC" };
    case "aws:rds/instance:Instance":
      return { arn, address: "postgres.example.com" };
    case "aws:elasticache/replicationGroup:ReplicationGroup":
      return { arn, primaryEndpointAddress: "redis.example.com" };
    case "aws:efs/fileSystem:FileSystem":
      return { arn: "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-1" };
    case "kubernetes:core/v1:Service":
      return { status: { loadBalancer: { ingress: [{ hostname: "nlb.example.com" }] } } };
    default:
      return type.startsWith("aws:") ? { arn } : {};
  }
}

/** Answers to invokes, by token; a test may replace them. */
export type Answers = Readonly<Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>>;

const usualAnswers: Answers = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": () => ({
    names: ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"],
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    accountId: "123456789012",
    arn: "arn:aws:sts::123456789012:assumed-role/deploy/somebody",
  }),
  "aws:iam/getSessionContext:getSessionContext": () => ({
    issuerArn: "arn:aws:iam::123456789012:role/ci/deploy",
  }),
  "aws:route53/getZone:getZone": () => ({ name: "example.com" }),
  "aws:lb/getHostedZoneId:getHostedZoneId": () => ({ id: "Z-NLB" }),
  "aws:secretsmanager/getSecrets:getSecrets": () => ({ names: [], arns: [] }),
};

/** To be called first in a program: the harness's own mocks know nothing of a cloud. */
export function simulate(answers: Answers = {}): void {
  const all = { ...usualAnswers, ...answers };
  remock((plain) => ({
    newResource: async (args) => {
      const { id, state } = await plain.newResource(args);
      return { id, state: { ...state, ...answersOf(args) } };
    },
    call: (args) => all[args.token]?.(args.inputs) ?? plain.call(args),
  }));
}

export interface Made {
  readonly platform: AwsPlatform;
  readonly tenants: Record<string, ReturnType<AwsPlatform["tenantServices"]>>;
}

export interface Over {
  readonly settings?: Partial<AwsSettings>;
  readonly request?: Partial<CloudRequest>;
  readonly tenant?: Partial<TenantRequest>;
  readonly answers?: Answers;
}

/** Declares the platform and its tenants, each below a component of its own, as the program does. */
export function declared(lifecycle: Lifecycle, over: Over = {}): Promise<Run<() => Made>> {
  return run(
    () => {
      simulate(over.answers);
      const asked = request(lifecycle, over.request);
      const platform = new AwsPlatform("platform", { ...asked, settings: { ...settings, ...over.settings } });
      const tenants = asked.tenants.map((slug) => {
        const parent = new pulumi.ComponentResource("test:Tenant", slug, {});
        return [
          slug,
          platform.tenantServices({
            ...tenantRequest(slug, lifecycle, parent, { needs: asked.needs, ...over.tenant }),
            ...(asked.externalSecrets ? { keys: keyRequest } : {}),
          }),
        ] as const;
      });
      const made: Made = { platform, tenants: Object.fromEntries(tenants) };
      return () => made;
    },
    { stack: "us-prod" },
  );
}
