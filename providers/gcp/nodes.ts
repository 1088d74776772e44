/** Who the nodes are: an account of their own, in place of the project's default one, which may edit everything. */
import { IAMMember } from "@pulumi/gcp/projects/iammember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import type * as pulumi from "@pulumi/pulumi";
import { nameIn, type Scope } from "./scope.ts";

export interface NodeIdentity {
  readonly email: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** Logs and metrics; then images of this project. */
const roles = { node: "roles/container.defaultNodeServiceAccount", images: "roles/artifactregistry.reader" };

export function nodeIdentity(scope: Scope): NodeIdentity {
  const { name, project, stack, parent } = scope;
  const account = new Account(
    `${name}-nodes`,
    { accountId: nameIn(scope, "serviceAccount", "nodes"), displayName: `Nodes of Portolan ${stack}` },
    { parent, dependsOn: scope.apis },
  );
  const ready = Object.entries(roles).map(
    ([purpose, role]) =>
      new IAMMember(`${name}-nodes-${purpose}`, { project, role, member: account.member }, { parent }),
  );
  return { email: account.email, ready };
}
