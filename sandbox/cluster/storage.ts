import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAUSE_IMAGE } from "./configs.ts";
import type { Daemons } from "./daemons.ts";
import type { ClusterPaths } from "./handle.ts";
import { labels, type Manifest, read, userRole } from "./manifests.ts";

/** The default StorageClass: ReadWriteOnce. */
export const LOCAL_PATH = "local-path";

/** The StorageClass for ReadWriteMany, as a cloud's file system service would give it. */
export const LOCAL_SHARED = "local-shared";

const NAMESPACE = "local-path-storage";
const PROVISIONER = "rancher.io/local-path";
const HELPER = "local-path-helper";
const SCRIPTS = "local-path-scripts";
const USER = "system:local-path-provisioner";
const PODS = `${HELPER}-pods`;

/** What a further provisioner of the same program shares: the namespace of its helpers, and the rights to bind. */
export const provisioner = {
  namespace: NAMESPACE,
  clusterRole: `system:sandbox:${USER.replace("system:", "")}`,
  podsRole: PODS,
  args: [
    `--namespace=${NAMESPACE}`,
    `--configmap-name=${SCRIPTS}`,
    `--service-account-name=${HELPER}`,
    `--helper-image=${PAUSE_IMAGE}`,
  ],
} as const;

/** Folders of the host a shell needs; absent ones are left out, as a missing hostPath would be made on the host. */
const SHELL_FOLDERS = ["/bin", "/lib", "/lib64", "/usr"];

/** Starts local-path-provisioner as a process on the node. Its helper pods make and remove the volumes' folders. */
export async function startStorage(
  program: string,
  paths: ClusterPaths,
  daemons: Daemons,
  kubeconfig: string,
) {
  const folders = { local: join(paths.volumes, "local"), shared: join(paths.volumes, "shared") };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const config = join(paths.run, "local-path.json");
  writeFileSync(config, JSON.stringify(storageConfig(folders)));
  const helperPod = join(paths.run, "local-path-helper.json");
  writeFileSync(helperPod, JSON.stringify(helperPodTemplate()));
  await daemons.start("local-path-provisioner", [
    program,
    "start",
    `--config=${config}`,
    `--helper-pod-file=${helperPod}`,
    `--kubeconfig=${kubeconfig}`,
    ...provisioner.args,
    `--provisioner-name=${PROVISIONER}`,
  ]);
}

/** One provisioner serves both classes: a class with a shared file system may be mounted by many. */
function storageConfig(folders: { local: string; shared: string }) {
  return {
    storageClassConfigs: {
      [LOCAL_PATH]: { nodePathMap: [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [folders.local] }] },
      [LOCAL_SHARED]: { sharedFileSystemPath: folders.shared },
    },
  };
}

/** The helper borrows the host's shell through read-only mounts, so no image is needed but the pause image. */
export function helperPodTemplate(): Manifest {
  const folders = SHELL_FOLDERS.filter((folder) => existsSync(folder));
  const nameOf = (folder: string) => `host-${folder.slice(1)}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "helper-pod", labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      volumes: folders.map((path) => ({ name: nameOf(path), hostPath: { path, type: "Directory" } })),
      containers: [
        {
          name: "helper-pod",
          image: PAUSE_IMAGE,
          imagePullPolicy: "IfNotPresent",
          // The volume's owner may be any user, so only root can empty it.
          securityContext: { runAsUser: 0 },
          volumeMounts: folders.map((path) => ({ name: nameOf(path), mountPath: path, readOnly: true })),
        },
      ],
    },
  };
}

/** Namespace, rights, scripts and the two StorageClasses. */
export function storageManifests(): Manifest[] {
  const rbac = "rbac.authorization.k8s.io";
  const metadata = { namespace: NAMESPACE, labels };
  const storageClass = (name: string, isDefault: boolean, volumeBindingMode: string): Manifest => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: {
      name,
      labels,
      annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) },
    },
    provisioner: PROVISIONER,
    reclaimPolicy: "Delete",
    volumeBindingMode,
  });
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: NAMESPACE,
        labels: { ...labels, "pod-security.kubernetes.io/enforce": "privileged" },
      },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { ...metadata, name: HELPER } },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, name: SCRIPTS },
      data: {
        setup: 'set -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
        teardown: 'set -eu\nrm -rf "$VOL_DIR"\n',
      },
    },
    ...userRole(USER, [
      {
        apiGroups: [""],
        resources: ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"],
        verbs: read,
      },
      {
        apiGroups: [""],
        resources: ["persistentvolumes"],
        verbs: [...read, "create", "patch", "update", "delete"],
      },
      { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
      { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: read },
    ]),
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { ...metadata, name: PODS },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: [...read, "create", "delete"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { ...metadata, name: PODS },
      roleRef: { apiGroup: rbac, kind: "Role", name: PODS },
      subjects: [{ apiGroup: rbac, kind: "User", name: USER }],
    },
    // Binding waits for a pod, as with a cloud's disks; a shared file system is bound at once.
    storageClass(LOCAL_PATH, true, "WaitForFirstConsumer"),
    storageClass(LOCAL_SHARED, false, "Immediate"),
  ];
}
