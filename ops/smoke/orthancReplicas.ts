import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type CheckSpec, expect } from "../checks.ts";
import { type Kube, until } from "../kube.ts";
import type { Tenant } from "../outputs.ts";
import { openAssociation } from "./association.ts";
import type { SmokeContext } from "./context.ts";
import { element } from "./dicom.ts";
import type { Archive } from "./orthanc.ts";
import { findInstance, readInstance } from "./orthancRest.ts";
import { type AppPod, podsOf, readyPods } from "./pods.ts";

/**
 * Reads a file from the Orthanc in the pod itself: the image has bash and no curl, and the pod's own password never
 * leaves it.
 */
function readInPod(instance: string): string {
  return `set -euo pipefail
exec 3<>/dev/tcp/127.0.0.1/8042
token=$(printf '%s:%s' "$ORTHANC_USERNAME" "$ORTHANC_PASSWORD" | base64 -w 0)
printf 'GET /instances/${instance}/file HTTP/1.0\\r\\nAuthorization: Basic %s\\r\\n\\r\\n' "$token" >&3
LC_ALL=C sed '1,/^\\r$/d' <&3 | sha256sum | cut -d' ' -f1`;
}

/** Scales an archive to two pods, reads the same image from each, and scales back. */
function twoServeOne(context: SmokeContext, archive: Archive): CheckSpec {
  const { client, images } = archive;
  const { tenant } = client;
  const { kube } = context;
  return {
    name: `two replicas of ${tenant.slug} serve one archive`,
    run: async () => {
      const before = (await podsOf(kube, tenant)).length;
      const scale = (count: number) =>
        kube.kubectl([
          "-n",
          tenant.namespace,
          "scale",
          `deployment/${tenant.release?.name}`,
          `--replicas=${count}`,
        ]);
      const [id] = await findInstance(context, client, await element(images.stored, "SOPInstanceUID"));
      expect(id !== undefined, "the image stored before is not there");
      const whole = createHash("sha256")
        .update(await readInstance(context, client, id))
        .digest("hex");
      await scale(Math.max(2, before));
      try {
        const pods = await readyPods(kube, tenant, Math.max(2, before));
        for (const pod of pods) {
          const at = ["-n", tenant.namespace, "exec", "-i", pod.name, "--", "bash", "-s"];
          const seen = (await kube.kubectl(at, { input: readInPod(id) })).trim();
          expect(seen === whole, `${pod.name} gives sha256 ${seen}, the archive has ${whole}`);
        }
        return `${pods.length} pods, each gave sha256 ${whole.slice(0, 16)}…`;
      } finally {
        await scale(before);
        await readyPods(kube, tenant, before);
      }
    },
  };
}

/** Established connections at the DICOM port, 4242 (hexadecimal 1092), as the kernel lists them. */
const countAssociations =
  "cat /proc/net/tcp /proc/net/tcp6 | grep -cE '^ *[0-9]+: [0-9A-F]+:1092 [0-9A-F:]+ 01 ' || true";

/** The pod that has an association open. */
async function holderOf(kube: Kube, tenant: Tenant, pods: readonly AppPod[]): Promise<AppPod | undefined> {
  for (const pod of pods) {
    const at = ["-n", tenant.namespace, "exec", "-i", pod.name, "--", "bash", "-s"];
    if (Number(await kube.kubectl(at, { input: countAssociations })) > 0) return pod;
  }
  return undefined;
}

/**
 * An association, and the standing pod that has it. A pod on its way out still takes associations until the edge has
 * heard of it: one that went there is closed, and another opened.
 */
function associate(kube: Kube, archive: Archive): Promise<{ association: TLSSocket; pod: AppPod }> {
  const { tenant } = archive.client;
  return until(
    `a pod of ${tenant.slug} to have an association`,
    async () => {
      const association = await openAssociation(archive.peer);
      const pod = await holderOf(kube, tenant, await podsOf(kube, tenant)).catch((thrown: unknown) => {
        association.destroy();
        throw thrown;
      });
      if (pod !== undefined) return { association, pod };
      association.destroy();
      return undefined;
    },
    60_000,
  );
}

/** Stops the pod that holds an open, silent association, and times it. */
function stopsInTime(context: SmokeContext, archive: Archive): CheckSpec {
  const { tenant } = archive.client;
  const { kube } = context;
  return {
    name: `a pod of ${tenant.slug} with an open association stops within its grace period`,
    run: async () => {
      const before = (await podsOf(kube, tenant)).length;
      const { association, pod } = await associate(kube, archive);
      try {
        await kube.kubectl(["-n", tenant.namespace, "delete", "pod", pod.name, "--wait=false"]);
        const start = performance.now();
        await until(
          `${pod.name} to be gone`,
          async () => {
            const { items } = await kube.core.listNamespacedPod({ namespace: tenant.namespace });
            return items.some((item) => item.metadata?.uid === pod.uid) ? undefined : true;
          },
          (pod.grace + 30) * 1000,
          200,
        );
        const seconds = (performance.now() - start) / 1000;
        // At the whole period kubelet would have killed it.
        expect(seconds < pod.grace, `it took ${seconds.toFixed(1)} s, and it had ${pod.grace} s`);
        return `${seconds.toFixed(1)} s of ${pod.grace} s`;
      } finally {
        association.destroy();
        await readyPods(kube, tenant, before);
      }
    },
  };
}

/** What only shows with more than one pod, or with one that goes. */
export const orthancReplicas = { twoServeOne, stopsInTime };
