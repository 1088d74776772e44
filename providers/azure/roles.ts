/** Assignments of Azure's built-in roles, each under a name that follows from what it says. */
import { createHash } from "node:crypto";
import { RoleAssignment } from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";

/** Ids of built-in roles: the same in every directory (Azure built-in roles). */
export const roles = {
  networkContributor: "4d97b98b-1d4f-4787-a291-c67834d212e7",
  privateDnsZoneContributor: "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
  clusterUser: "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
  clusterAdmin: "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
  blobDataContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  storageAccountContributor: "17d1049b-9a84-46fb-8f53-869881c3d3ab",
  vaultSecretsUser: "4633458b-17de-408a-b874-0445c86b69e6",
  vaultSecretsOfficer: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
} as const;

export interface RoleArgs {
  /** Id of the resource that the role is for. */
  readonly scope: pulumi.Input<string>;
  readonly principalId: pulumi.Input<string>;
  /** Must be said: the service's default, User, refuses every other kind. */
  readonly principalType: "ServicePrincipal" | "Group";
  readonly role: keyof typeof roles;
}

/**
 * The same three always have the same name, and another name for them would be refused: an assignment that a lost
 * state forgot is met again, not doubled.
 */
export function roleAssignment(
  resource: string,
  args: RoleArgs,
  opts: pulumi.CustomResourceOptions,
): RoleAssignment {
  const { principalType } = args;
  const guid = roles[args.role];
  const scope = pulumi.output(args.scope);
  const principalId = pulumi.output(args.principalId);
  return new RoleAssignment(
    resource,
    {
      roleAssignmentName: pulumi.all([scope, principalId]).apply((parts) => nameOf([...parts, guid])),
      scope,
      principalId,
      principalType,
      roleDefinitionId: scope.apply(
        (id) =>
          `/subscriptions/${subscriptionOf(id)}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
      ),
    },
    opts,
  );
}

/** The part after `/subscriptions/` of any resource's id. */
export function subscriptionOf(id: string): string {
  return /^\/subscriptions\/([^/]+)/i.exec(id)?.[1] ?? "";
}

/** Namespace of URLs (RFC 9562, appendix A): any fixed one would do. */
const namespace = Buffer.from("6ba7b8119dad11d180b400c04fd430c8", "hex");

/** A UUID of version 5. Ids of Azure compare without case. */
export function nameOf(parts: readonly string[]): string {
  const text = parts.map((part) => part.toLowerCase()).join("|");
  const bytes = createHash("sha1").update(namespace).update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
