import { createHash } from "node:crypto";
import { type CheckSpec, expect } from "../checks.ts";
import { until } from "../kube.ts";
import { openAssociation } from "./association.ts";
import type { SmokeContext } from "./context.ts";
import { element } from "./dicom.ts";
import type { Archive } from "./orthanc.ts";
import { findInstance, readInstance } from "./orthancRest.ts";
import { podsOf, readyPods } from "./pods.ts";

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

/** Stops the pod that holds an open, silent association, and times it. */
function stopsInTime(context: SmokeContext, archive: Archive): CheckSpec {
  const { tenant } = archive.client;
  const { kube } = context;
  return {
    name: `a pod of ${tenant.slug} with an open association stops within its grace period`,
    run: async () => {
      const pods = await podsOf(kube, tenant);
      const association = await openAssociation(archive.peer);
      try {
        const [pod] = pods;
        expect(
          pod !== undefined && pods.length === 1,
          `${pods.length} pods: one is needed to know where it is open`,
        );
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
        await readyPods(kube, tenant, pods.length);
      }
    },
  };
}

/** What only shows with more than one pod, or with one that goes. */
export const orthancReplicas = { twoServeOne, stopsInTime };
