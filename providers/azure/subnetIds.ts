/** What a subnet's full id tells. */

/** `/subscriptions/.../virtualNetworks/<name>/subnets/<name>` without its last two parts: the network's id. */
export function networkOf(subnetId: string): string {
  return subnetId.replace(/\/subnets\/[^/]+$/i, "");
}
