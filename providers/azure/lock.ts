/** Locks of production, beside the engine's own protection: they also hold against a hand in the portal. */
import { ManagementLockByScope } from "@pulumi/azure-native/authorization/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { localName, type Scope } from "./scope.ts";

/** On the cluster and the database server only: a lock further up would hold what AKS and tenants must be able to delete. */
export function lock(scope: Scope, part: string, id: pulumi.Output<string>, after: pulumi.Resource[]): void {
  const { name, parent } = scope;
  new ManagementLockByScope(
    `${name}-lock-${part}`,
    {
      lockName: localName(scope, "lock", part),
      level: "CanNotDelete",
      scope: id,
      notes: "Portolan: production.",
    },
    { parent, dependsOn: after },
  );
}
