/**
 * A tenant's identity: its ServiceAccount in the cluster, named in the bucket's own policy. No account of Google's
 * between them, of which a project has about a hundred, and nothing for the pods to carry.
 */
import type { Bucket } from "@pulumi/gcp/storage/bucket.js";
import { BucketIAMMember } from "@pulumi/gcp/storage/bucketIAMMember.js";
import * as pulumi from "@pulumi/pulumi";
import type { TenantRequest } from "../platform.ts";
import type { GcpFacts } from "./facts.ts";
import type { TenantSources } from "./tenantSources.ts";

/**
 * A principal of the project's one pool of workload identities, which is born with the project's first cluster. The
 * pool knows namespaces and names, not clusters: the same pair in another cluster of the project is the same identity,
 * so a platform should have its project to itself.
 */
export function podPrincipal(
  own: Pick<GcpFacts, "project" | "projectNumber">,
  namespace: pulumi.Input<string>,
  serviceAccount: string,
): pulumi.Output<string> {
  const pool = pulumi.interpolate`projects/${own.projectNumber}/locations/global/workloadIdentityPools/${own.project}.svc.id.goog`;
  return pulumi.interpolate`principal://iam.googleapis.com/${pool}/subject/ns/${namespace}/sa/${serviceAccount}`;
}

export function bucketAccess(
  own: GcpFacts,
  bucket: Bucket,
  request: TenantRequest,
  { provider, after }: TenantSources,
): pulumi.Resource {
  const { slug, namespace, serviceAccount, parent } = request;
  return new BucketIAMMember(
    `${slug}-identity`,
    {
      bucket: bucket.name,
      // Objects: read, write, list, delete. Neither the bucket's settings nor its policy.
      role: "roles/storage.objectUser",
      member: podPrincipal(own, namespace, serviceAccount),
    },
    // The pool of identities is born with the project's first cluster.
    { parent, provider, dependsOn: after.identity },
  );
}
