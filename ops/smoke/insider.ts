import { expect } from "../checks.ts";
import { until } from "../kube.ts";
import type { Client, SmokeContext } from "./context.ts";

/** A pod in a tenant's namespace, with its network identity, its service account and its credentials. */
export interface Insider {
  /** Runs a bash script in the pod; answers its output, throws with it when the script fails. */
  bash(script: string): Promise<string>;
  close(): Promise<void>;
}

const podName = "portolan-insider";

/**
 * Starts the pod. It is not part of the application (no Service chooses it), but every policy that acts on the
 * namespace acts on it. Credentials come from the tenant's own Secret by reference; none pass through here.
 */
export async function openInsider(context: SmokeContext, client: Client): Promise<Insider> {
  const { kube } = context;
  const { namespace, secrets } = client.tenant;
  const close = async () => {
    await kube.kubectl([
      "-n",
      namespace,
      "delete",
      "pod",
      podName,
      "--ignore-not-found",
      "--grace-period=0",
      "--force",
    ]);
  };
  await close();
  await kube.core.createNamespacedPod({ namespace, body: manifest(context, secrets) });
  const run = (script: string) =>
    kube.kubectl(["-n", namespace, "exec", "-i", podName, "--", "bash", "-s"], { input: script });
  try {
    await until("a pod inside the tenant to run", async () => {
      const pod = await kube.core.readNamespacedPod({ namespace, name: podName });
      return pod.status?.containerStatuses?.[0]?.ready ? true : undefined;
    });
    // The policy's address sets follow a new pod; a check that comes before them would see no network at all.
    await until("the network policy to know the pod", () => run("true"), 10_000, 200);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { bash: run, close };
}

function manifest(context: SmokeContext, secrets: readonly string[]) {
  return {
    metadata: { name: podName, labels: { "app.kubernetes.io/name": podName } },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 999,
        runAsGroup: 999,
        fsGroup: 999,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "insider",
          image: context.toolImage,
          imagePullPolicy: "IfNotPresent",
          command: ["/bin/bash", "-c", "sleep 900"],
          // Secrets first: nothing else decides their names.
          envFrom: secrets.map((name) => ({ secretRef: { name } })),
          env: [{ name: "HOME", value: "/tmp" }],
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [
            { name: "roots", mountPath: "/roots", readOnly: true },
            { name: "tmp", mountPath: "/tmp" },
          ],
        },
      ],
      volumes: [
        { name: "roots", configMap: { name: "roots", optional: true } },
        { name: "tmp", emptyDir: {} },
      ],
    },
  };
}

/** Tries to open a TCP connection from inside; `open`, or why not. */
export async function knock(insider: Insider, host: string, port: number): Promise<string> {
  const out = await insider.bash(
    `if error=$( (timeout 4 bash -c 'exec 3<>/dev/tcp/${host}/${port}') 2>&1 ); then echo open; else echo "closed: $error"; fi`,
  );
  return out.trim();
}

/** Asserts that a connection is closed, while one to the tenant's own (the control) is open. */
export async function expectClosed(
  insider: Insider,
  own: readonly [string, number],
  foreign: readonly (readonly [string, number])[],
): Promise<string> {
  const control = await knock(insider, ...own);
  expect(
    control === "open",
    `the tenant cannot even reach its own ${own.join(":")} (${control}), so nothing is proven`,
  );
  for (const target of foreign) {
    const seen = await knock(insider, ...target);
    expect(seen !== "open", `a pod of the tenant opened ${target.join(":")}`);
  }
  return `${foreign.length} closed (${foreign.map((target) => target.join(":")).join(", ")}), own ${own.join(":")} open`;
}

/** Runs a statement with the insider's own password; `connection` is a libpq string without one. Verified TLS always. */
export function psql(insider: Insider, connection: string, statement = "select 1"): Promise<string> {
  return insider.bash(
    `PGPASSWORD="$DATABASE_PASSWORD" PGCONNECT_TIMEOUT=5 psql -XAtw ` +
      `"${connection} sslmode=verify-full sslrootcert=/roots/database.crt" -c "${statement}"`,
  );
}
