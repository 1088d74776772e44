/** Google Cloud: ids as the section "Import" of each resource's page in the provider's documentation gives them. */
import type { Rule } from "./rules.ts";

const member: Rule = { again: "a member that a policy has already is not added twice" };
const regional = (collection: string): Rule => ({
  id: `projects/{project}/regions/{region}/${collection}/{name}`,
});

export const gcp: Readonly<Record<string, Rule>> = {
  "gcp:projects/service:Service": { again: "an API that is on is switched on again" },
  "gcp:projects/iAMMember:IAMMember": member,
  "gcp:storage/bucketIAMMember:BucketIAMMember": member,
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": member,
  "gcp:compute/network:Network": { id: "projects/{project}/global/networks/{name}" },
  "gcp:compute/subnetwork:Subnetwork": regional("subnetworks"),
  "gcp:compute/router:Router": regional("routers"),
  "gcp:compute/routerNat:RouterNat": { id: "{project}/{region}/{router}/{name}" },
  "gcp:compute/address:Address": regional("addresses"),
  "gcp:compute/globalAddress:GlobalAddress": { id: "projects/{project}/global/addresses/{name}" },
  "gcp:compute/forwardingRule:ForwardingRule": regional("forwardingRules"),
  "gcp:servicenetworking/connection:Connection": { id: "{network}:{service}" },
  "gcp:serviceaccount/account:Account": {
    id: "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
  },
  "gcp:kms/keyRing:KeyRing": { id: "projects/{project}/locations/{location}/keyRings/{name}" },
  "gcp:kms/cryptoKey:CryptoKey": { id: "{keyRing}/cryptoKeys/{name}" },
  "gcp:container/cluster:Cluster": { id: "projects/{project}/locations/{location}/clusters/{name}" },
  "gcp:sql/databaseInstance:DatabaseInstance": { id: "{name}" },
  "gcp:sql/user:User": { id: "{project}/{instance}/{name}" },
  "gcp:dns/managedZone:ManagedZone": { id: "projects/{project}/managedZones/{name}" },
  "gcp:dns/recordSet:RecordSet": { id: "projects/{project}/managedZones/{managedZone}/rrsets/{name}/{type}" },
  "gcp:redis/instance:Instance": { id: "projects/{project}/locations/{region}/instances/{name}" },
  "gcp:storage/bucket:Bucket": { id: "{name}" },
  "gcp:secretmanager/secret:Secret": { id: "projects/{project}/secrets/{secretId}" },
  "gcp:secretmanager/secretVersion:SecretVersion": {
    again: "the same value becomes one more version, and goes with its secret",
  },
};
