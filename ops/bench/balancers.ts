/** The cloud's part of a Service of type LoadBalancer where no controller's pod can run: an address. */
import type { Kube } from "../kube.ts";

/** Any address will do: nobody calls it. */
const address = "192.0.2.1";

/** Gives addresses until it is stopped. */
export function playBalancers(kube: Kube): { stop(): void } {
  let busy = false;
  const look = setInterval(async () => {
    if (busy) return;
    busy = true;
    // Asked again in a moment, whatever came of it.
    await giveAddresses(kube).catch(() => undefined);
    busy = false;
  }, 250);
  return { stop: () => clearInterval(look) };
}

async function giveAddresses(kube: Kube): Promise<void> {
  const { items } = await kube.core.listServiceForAllNamespaces();
  const waiting = items.filter(
    ({ spec, status }) => spec?.type === "LoadBalancer" && !status?.loadBalancer?.ingress?.length,
  );
  for (const { metadata } of waiting) {
    const { name = "", namespace = "" } = metadata ?? {};
    const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: address }] } } });
    await kube.kubectl([
      "patch",
      "service",
      name,
      `--namespace=${namespace}`,
      "--subresource=status",
      "--type=merge",
      `--patch=${status}`,
    ]);
  }
}
