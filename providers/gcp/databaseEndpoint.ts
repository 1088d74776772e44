/**
 * The way from the network to the database: Private Service Connect, in every lifecycle.
 *
 * Not the peering of private services access, for two reasons. Its connection cannot be deleted for days after the last
 * instance is gone, so a disposable stack would leave its network behind. And by Private Service Connect an instance has
 * a DNS name, which is in a certificate of Google's CA service: `verify-full` holds, where an instance's own authority
 * behind a peering allows `verify-ca` at best.
 *
 * Address, endpoint, zone and record are made here, and not by Google's automation: so they are in the state, their
 * order of destruction is known, and nothing is left in the network.
 */
import { Address } from "@pulumi/gcp/compute/address.js";
import { ForwardingRule } from "@pulumi/gcp/compute/forwardingRule.js";
import { ManagedZone } from "@pulumi/gcp/dns/managedZone.js";
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import type { DatabaseInstance } from "@pulumi/gcp/sql/databaseInstance.js";
import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "../mistakes.ts";
import type { Network } from "./network.ts";
import { nameIn, type Scope } from "./scope.ts";

export interface DatabaseEndpoint {
  /** The name that is in the server's certificate. */
  readonly host: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

export function databaseEndpoint(scope: Scope, made: DatabaseInstance, within: Network): DatabaseEndpoint {
  const { name, region, parent } = scope;
  const address = new Address(
    `${name}-postgres`,
    {
      name: nameIn(scope, "address", "postgres"),
      region,
      addressType: "INTERNAL",
      subnetwork: within.subnetId,
    },
    { parent, dependsOn: scope.apis },
  );
  const rule = new ForwardingRule(
    `${name}-postgres`,
    {
      name: nameIn(scope, "forwardingRule", "postgres"),
      region,
      network: within.id,
      ipAddress: address.selfLink,
      target: made.pscServiceAttachmentLink,
      // What an endpoint has in place of a load balancer's scheme.
      loadBalancingScheme: "",
      noAutomateDnsZone: true,
    },
    { parent },
  );
  // Of this one name: the rest of Google's domain stays what it is everywhere.
  const dnsName = pulumi.all([made.dnsNames, made.dnsName]).apply(([names, one]) => instanceName(names, one));
  const zone = new ManagedZone(
    `${name}-postgres`,
    {
      name: nameIn(scope, "zone", "postgres"),
      dnsName,
      description: "The database's name, as it is in its certificate",
      visibility: "private",
      privateVisibilityConfig: { networks: [{ networkUrl: within.id }] },
    },
    { parent, dependsOn: scope.apis },
  );
  const record = new RecordSet(
    `${name}-postgres`,
    { managedZone: zone.name, name: dnsName, type: "A", ttl: 300, rrdatas: [address.address] },
    { parent },
  );
  return { host: dnsName.apply((dns) => dns.replace(/\.$/, "")), ready: [rule, record] };
}

interface DnsName {
  readonly connectionType: string;
  readonly dnsScope: string;
  readonly name: string;
}

/** The instance's own name by Private Service Connect, with its final dot. `one`: the only one that older answers have. */
export function instanceName(names: readonly DnsName[] | undefined, one: string | undefined): string {
  const found = names?.find(
    ({ connectionType, dnsScope }) => connectionType === "PRIVATE_SERVICE_CONNECT" && dnsScope === "INSTANCE",
  );
  const name = found?.name ?? one;
  if (!name) throw new Refusal("Cloud SQL gave the instance no DNS name: run `pulumi up` again");
  return name.endsWith(".") ? name : `${name}.`;
}
