/** A program that the sandbox runs. `helm` is Helm 4, `helm3` the last Helm 3. */
export type ToolName =
  | "pulumi"
  | "helm"
  | "helm3"
  | "kubectl"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubelet"
  | "kube-proxy"
  | "etcd"
  | "coredns"
  | "kwok"
  | "versitygw"
  | "fake-gcs-server"
  | "local-path-provisioner"
  | "metrics-server"
  | "pause";

/** Programs that come from one Go module folder and are built by one `go build`. */
export interface Family {
  /** Also the name of the folder below `modules/`. */
  readonly name: string;
  /** Version of the programs, as their own `version` command says it, without the `v`. */
  readonly version: string;
  /** Tool name to the Go package that holds its main function. */
  readonly tools: { readonly [K in ToolName]?: string };
  readonly tags: readonly string[];
  /** Values for the linker: Go variable to text. A build from the module proxy has no git to read them from. */
  readonly stamps: { readonly [variable: string]: string };
}

const kubernetes = "1.36.3";
const kubernetesStamps = (variablePackage: string) => ({
  [`${variablePackage}.gitVersion`]: `v${kubernetes}`,
  [`${variablePackage}.gitMajor`]: "1",
  [`${variablePackage}.gitMinor`]: "36",
  [`${variablePackage}.gitTreeState`]: "clean",
});

/** In build order: what most others wait for comes first. */
export const families: readonly Family[] = [
  {
    name: "kubernetes",
    version: kubernetes,
    tools: {
      "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
      "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
      "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
      kubectl: "k8s.io/kubernetes/cmd/kubectl",
      kubelet: "k8s.io/kubernetes/cmd/kubelet",
      "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    },
    tags: [],
    stamps: {
      ...kubernetesStamps("k8s.io/component-base/version"),
      ...kubernetesStamps("k8s.io/client-go/pkg/version"),
    },
  },
  {
    name: "etcd",
    version: "3.6.14",
    tools: { etcd: "go.etcd.io/etcd/server/v3" },
    tags: [],
    stamps: {},
  },
  {
    name: "pause",
    version: "1.0.0",
    tools: { pause: "." },
    tags: [],
    stamps: {},
  },
  {
    name: "pulumi",
    version: "3.259.0",
    tools: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
    tags: ["osusergo", "grpcnotrace"],
    stamps: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.259.0" },
  },
  {
    name: "helm3",
    version: "3.22.0",
    tools: { helm3: "helm.sh/helm/v3/cmd/helm" },
    tags: [],
    // Without the last four `helm template` believes in Kubernetes 1.20.
    stamps: {
      "helm.sh/helm/v3/internal/version.version": "v3.22.0",
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor": "1",
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor": "36",
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": "1",
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": "36",
    },
  },
  {
    name: "helm4",
    version: "4.3.1",
    tools: { helm: "helm.sh/helm/v4/cmd/helm" },
    tags: [],
    stamps: { "helm.sh/helm/v4/internal/version.version": "v4.3.1" },
  },
  {
    name: "coredns",
    version: "1.13.1",
    tools: { coredns: "github.com/coredns/coredns" },
    tags: [],
    stamps: {},
  },
  {
    name: "local-path-provisioner",
    version: "0.0.30",
    tools: { "local-path-provisioner": "github.com/rancher/local-path-provisioner" },
    tags: [],
    stamps: {},
  },
  {
    name: "versitygw",
    version: "1.8.0",
    tools: { versitygw: "github.com/versity/versitygw/cmd/versitygw" },
    tags: [],
    stamps: { "main.Version": "v1.8.0" },
  },
  {
    name: "fake-gcs-server",
    version: "1.56.1",
    tools: { "fake-gcs-server": "github.com/fsouza/fake-gcs-server" },
    tags: [],
    stamps: {},
  },
  {
    name: "metrics-server",
    version: "0.9.0",
    tools: { "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server" },
    tags: [],
    stamps: { "k8s.io/client-go/pkg/version.gitVersion": "v0.9.0" },
  },
  {
    name: "kwok",
    version: "0.8.0",
    tools: { kwok: "sigs.k8s.io/kwok/cmd/kwok" },
    tags: [],
    stamps: { "sigs.k8s.io/kwok/pkg/consts.Version": "v0.8.0" },
  },
];

const owners = new Map<string, Family>(
  families.flatMap((family) => Object.keys(family.tools).map((tool) => [tool, family] as const)),
);

/** Whether a word is the name of a tool. */
export function isToolName(word: string): word is ToolName {
  return owners.has(word);
}

/** All tools, in build order. */
export const toolNames: readonly ToolName[] = [...owners.keys()].filter(isToolName);

/** The family a tool is built with. */
export function familyOf(tool: ToolName): Family {
  const family = owners.get(tool);
  if (family === undefined) throw new Error(`tool ${tool} belongs to no family: add it to families.ts`);
  return family;
}
