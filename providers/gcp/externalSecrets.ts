/** What secrets that the user keeps in Secret Manager take: leave to read a tenant's, for an account of its namespace. */
import { IAMMember } from "@pulumi/gcp/projects/iammember.js";
import * as pulumi from "@pulumi/pulumi";
import { readerAccount, tenantStore } from "../addons/index.ts";
import type { KeyRequest, KeySource, TenantRequest } from "../platform.ts";
import { secretNameOf } from "../secretNames.ts";
import type { GcpFacts } from "./facts.ts";
import { podPrincipal } from "./identity.ts";
import type { TenantSources } from "./tenantSources.ts";

/**
 * A condition on the project's policy, not a policy of the secret: the secret may be made before the tenant or after it,
 * and by somebody who may not change policies.
 */
export function tenantKeys(
  stack: string,
  own: GcpFacts,
  request: TenantRequest & { readonly keys: KeyRequest },
  { provider, after }: TenantSources,
): KeySource {
  const { slug, namespace, keys, parent } = request;
  const secret = keys.secret ?? secretNameOf("gcp", { stack, app: keys.app, slug });
  const granted = new IAMMember(
    `${slug}-keys`,
    {
      project: own.project,
      role: "roles/secretmanager.secretAccessor",
      member: podPrincipal(own, namespace, readerAccount),
      condition: {
        title: `keys of ${slug}`,
        expression: pulumi.interpolate`resource.name.startsWith("projects/${own.projectNumber}/secrets/${secret}/versions/")`,
      },
    },
    // The pool of identities is born with the project's first cluster.
    { parent, provider, dependsOn: after.identity },
  );
  return tenantStore(
    {
      slug,
      namespace,
      request: keys,
      secret,
      serviceAccountAnnotations: {},
      provider: {
        gcpsm: {
          projectID: own.project,
          auth: {
            workloadIdentity: {
              clusterProjectID: own.project,
              clusterLocation: own.clusterLocation ?? own.region,
              clusterName: own.clusterName,
              serviceAccountRef: { name: readerAccount },
            },
          },
        },
      },
    },
    { parent, dependsOn: [granted] },
  );
}
