/** A platform's facts: what its tenants, and cells on it, are made from. */
import type * as pulumi from "@pulumi/pulumi";
import { factsVersion, type PlatformFacts } from "../platform.ts";
import type { EksCluster } from "./cluster.ts";
import type { AwsFacts } from "./facts.ts";
import { awsOffers } from "./offers.ts";
import type { AwsPlatformArgs } from "./platform.ts";
import type { Postgres } from "./postgres.ts";
import { estimate } from "./prices.ts";
import { type Redis, redisPort } from "./redis.ts";
import type { Scope } from "./scope.ts";
import { sharedClass } from "./sharedVolume.ts";
import { blockClass } from "./storage.ts";

/** What only this provider reads: see facts.ts. */
export function ownFacts(
  scope: Scope,
  args: AwsPlatformArgs,
  eks: EksCluster,
  keyArn: pulumi.Output<string>,
  cache: Redis | undefined,
  issuer: pulumi.Output<string> | undefined,
): AwsFacts {
  const { settings, roots } = args;
  return {
    region: settings.region,
    suffix: scope.suffix,
    clusterName: eks.name,
    clusterArn: eks.arn,
    clusterEndpoint: eks.endpoint,
    clusterCertificateAuthority: eks.certificateAuthority,
    keyArn,
    ...(issuer ? { tokenIssuer: issuer } : {}),
    ...redisFacts(args, cache),
    ...(roots.objectStore ? { objectStoreRoots: roots.objectStore } : {}),
  };
}

function redisFacts({ settings, roots }: AwsPlatformArgs, cache: Redis | undefined): Partial<AwsFacts> {
  if (settings.redis.kind === "existing") {
    const { host, port, isolation, tls } = settings.redis;
    const caPem = roots.redis ?? (tls.roots === "system" ? undefined : tls.roots.caPem);
    return {
      redisHost: host,
      redisPort: String(port),
      redisIsolation: isolation,
      ...(caPem ? { redisRoots: caPem } : {}),
    };
  }
  if (!cache) return {};
  return {
    redisHost: cache.host,
    redisPort: String(redisPort),
    redisIsolation: "acl",
    redisUserGroup: cache.userGroup,
    ...(roots.redis ? { redisRoots: roots.redis } : {}),
  };
}

/** What components, outputs and cells read. */
export function platformFacts(
  args: AwsPlatformArgs,
  eks: EksCluster,
  own: AwsFacts,
  address: pulumi.Output<string>,
  database: Postgres | undefined,
): PlatformFacts<pulumi.Input<string>> {
  const { kind, className, domain, issuer, namespace, tcpPorts } = args.edge;
  const monthly = estimate(args);
  const shared = { className: sharedClass, accessMode: "ReadWriteMany" } as const;
  return {
    version: factsVersion,
    target: "aws",
    stack: args.stack,
    lifecycle: args.lifecycle,
    size: args.size,
    // Of the stack; the name that EKS knows, which has a random end, is among `own`.
    cluster: { name: `portolan-${args.stack}`, identifier: eks.identifier },
    namespace: args.namespace,
    edge: { kind, className, domain, issuer, namespace, address, tcpPorts },
    storage: { block: blockClass, shared: args.needs.sharedVolume ? shared : null },
    offers: awsOffers(args.settings),
    ...(database ? { databaseServer: database.server } : {}),
    ...(args.externalSecrets ? { secretStores: true } : {}),
    ...(monthly ? { estimate: monthly } : {}),
    own: { ...own },
  };
}
