/** Built-in roles that the simulated Azure brings, by id: those this program and its add-ons have a use for. */
export const builtInRoles: ReadonlyMap<string, string> = new Map([
  ["4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor"],
  ["b12aa53e-6015-4669-85d0-8515ebb3ae7f", "Private DNS Zone Contributor"],
  ["4abbcc35-e782-43d8-92c5-2d3f1bd2253f", "Azure Kubernetes Service Cluster User Role"],
  ["b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b", "Azure Kubernetes Service RBAC Cluster Admin"],
  ["ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor"],
  ["db58b8e5-c6ad-4a2a-8342-4190687cbf4a", "Storage Blob Delegator"],
  ["17d1049b-9a84-46fb-8f53-869881c3d3ab", "Storage Account Contributor"],
  ["4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User"],
  ["b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer"],
]);

/** Those that read and write what is in containers. */
export const containerRoles: ReadonlySet<string> = new Set(["ba92f5b4-2d11-453d-a403-e96b0029c9fe"]);

/** Those that read secrets of vaults. */
export const secretRoles: ReadonlySet<string> = new Set([
  "4633458b-17de-408a-b874-0445c86b69e6",
  "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
]);

export const networkContributor = "4d97b98b-1d4f-4787-a291-c67834d212e7";
