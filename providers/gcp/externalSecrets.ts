/** What secrets that the user keeps in Secret Manager take: leave for External Secrets to read them. */
import { IAMMember } from "@pulumi/gcp/projects/iammember.js";
import * as pulumi from "@pulumi/pulumi";
import { podPrincipal } from "./identity.ts";
import { labelValue } from "./names.ts";
import type { Scope } from "./scope.ts";
import type { GcpSettings } from "./settings.ts";

/** What ids of such secrets begin with: apart from the escrow's, which this leave is not for. */
export function externalPrefix(stack: string): string {
  return `portolan-external-${labelValue(stack)}-`;
}

/** A condition on the project's policy: a secret that is made later needs no change of the stack. */
export function externalSecretsAccess(
  scope: Scope,
  account: NonNullable<GcpSettings["externalSecrets"]>,
  projectNumber: pulumi.Output<string>,
  cluster: pulumi.Resource[],
): pulumi.Resource {
  const { name, stack, project, parent } = scope;
  const { namespace, serviceAccount } = account;
  return new IAMMember(
    `${name}-external-secrets`,
    {
      project,
      role: "roles/secretmanager.secretAccessor",
      member: podPrincipal({ project, projectNumber }, namespace, serviceAccount),
      condition: {
        title: `external secrets of ${stack}`.slice(0, 100),
        expression: pulumi.interpolate`resource.name.startsWith("projects/${projectNumber}/secrets/${externalPrefix(stack)}")`,
      },
    },
    // The pool of identities is born with the project's first cluster.
    { parent, dependsOn: cluster },
  );
}
