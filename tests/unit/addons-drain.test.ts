/** The program of charts/drain against a small API: objects in a map, finalizers that somebody releases later. */
import { describe, expect, it } from "vitest";
import type { Answer, Call } from "../../charts/drain/files/api.mts";
import { type DrainOptions, drain, Refused } from "../../charts/drain/files/drain.mts";

interface Stored {
  readonly metadata: Record<string, unknown>;
  readonly [key: string]: unknown;
}

/** Paths of objects, and what happens to each at every look: a claim goes once no pod uses it, and so on. */
class Api {
  readonly objects = new Map<string, Stored>();
  readonly deletions: string[] = [];
  /** Kinds by prefix and plural that the cluster has; others answer 404. */
  readonly kinds = new Set<string>();
  refuses = "";
  tick: () => void = () => {};

  put(prefix: string, resource: string, path: string, rest: Record<string, unknown> = {}): string {
    const [namespace, name] = path.includes("/") ? path.split("/") : ["", path];
    const scope = namespace ? `/namespaces/${namespace}` : "";
    const key = `${prefix}${scope}/${resource}/${name}`;
    const { metadata = {}, ...others } = rest;
    this.kinds.add(`${prefix}/${resource}`);
    this.objects.set(key, {
      ...others,
      metadata: { name, ...(namespace ? { namespace } : {}), ...Object(metadata) },
    });
    return key;
  }

  readonly call: Call = async (method, full, body) => {
    const [path = "", query = ""] = full.split("?");
    if (this.refuses && path.includes(this.refuses))
      return { status: 403, body: { message: `${this.refuses} is forbidden` } };
    if (method === "PATCH") return this.#patch(path, body ?? {});
    return method === "GET" ? this.#get(path, new URLSearchParams(query)) : this.#delete(path);
  };

  #get(path: string, query: URLSearchParams): Answer {
    const one = this.objects.get(path);
    if (one) return { status: 200, body: one };
    if (!this.kinds.has(path)) return { status: 404, body: {} };
    if (path === "/api/v1/services") this.tick();
    const [prefix = "", plural = ""] = split(path);
    const all = [...this.objects].filter(
      ([key]) => key.startsWith(prefix) && key.split("/").at(-2) === plural,
    );
    const balancers = query.get("fieldSelector") === "spec.type=LoadBalancer";
    const [key, value] = query.get("labelSelector")?.split("=") ?? [];
    const items = all
      .map(([, object]) => object)
      .filter((object) => !balancers || Object(object.spec).type === "LoadBalancer")
      .filter(({ metadata }) => key === undefined || Object(metadata.labels)[key] === value);
    // Pages of one, so that a list is never read only halfway.
    const at = Number(query.get("continue") ?? 0);
    const more = at + 1 < items.length ? { continue: String(at + 1) } : {};
    return { status: 200, body: { items: items.slice(at, at + 1), metadata: more } };
  }

  #patch(path: string, { spec }: Readonly<Record<string, unknown>>): Answer {
    const one = this.objects.get(path);
    if (!one) return { status: 404, body: {} };
    this.objects.set(path, { ...one, spec: { ...Object(one.spec), ...Object(spec) } });
    return { status: 200, body: {} };
  }

  #delete(path: string): Answer {
    this.deletions.push(path);
    const one = this.objects.get(path);
    if (!one) return { status: 404, body: {} };
    if (one.metadata.finalizers === undefined) this.objects.delete(path);
    else this.objects.set(path, { ...one, metadata: { ...one.metadata, deletionTimestamp: "now" } });
    return { status: 200, body: {} };
  }
}

function split(path: string): [string, string] {
  const cut = path.lastIndexOf("/");
  return [path.slice(0, cut), path.slice(cut + 1)];
}

const quick: DrainOptions = { claims: false, also: [], waitSeconds: 5, pollMs: 1 };
const late: DrainOptions = { ...quick, waitSeconds: 0.02 };
const core = "/api/v1";
const balancer = { spec: { type: "LoadBalancer" } };
const address = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };

/** A cluster with something of everything. */
function cluster(): Api {
  const api = new Api();
  for (const kind of ["services", "pods", "persistentvolumes", "persistentvolumeclaims"])
    api.kinds.add(`${core}/${kind}`);
  return api;
}

const run = (api: Api, options: DrainOptions) => drain(api.call, options, () => {});

describe("load balancers", () => {
  it("go in every namespace, and nothing else does", async () => {
    const api = cluster();
    const gone = [
      api.put(core, "services", "edge/traefik", balancer),
      api.put(core, "services", "own/other", balancer),
      api.put("/apis/networking.k8s.io/v1", "ingresses", "own/balanced", address),
      api.put("/apis/gateway.networking.k8s.io/v1", "gateways", "own/gateway", {
        status: { addresses: [{ value: "192.0.2.2" }] },
      }),
    ];
    api.put(core, "services", "own/inner", { spec: { type: "ClusterIP" } });
    api.put("/apis/networking.k8s.io/v1", "ingresses", "own/unserved");
    api.put(core, "persistentvolumeclaims", "own/data");
    expect(await run(api, quick)).toEqual([]);
    expect([...api.deletions].sort()).toEqual([...gone].sort());
  });

  it("are asked for once, and waited for until their finalizer is gone", async () => {
    const api = cluster();
    const path = api.put(core, "services", "edge/traefik", {
      ...balancer,
      metadata: { finalizers: ["service.kubernetes.io/load-balancer-cleanup"] },
    });
    let looks = 0;
    api.tick = () => {
      looks += 1;
      if (looks === 5) api.objects.delete(path);
    };
    expect(await run(api, quick)).toEqual([]);
    expect(looks).toBe(5);
    expect(api.deletions).toEqual([path]);
  });

  it("that stay are named with the finalizers they wait for", async () => {
    const api = cluster();
    api.put(core, "services", "edge/traefik", { ...balancer, metadata: { finalizers: ["cloud/cleanup"] } });
    expect(await run(api, late)).toEqual([
      "/api/v1/namespaces/edge/services/traefik is being deleted and waits for cloud/cleanup",
    ]);
  });

  it("of the cluster itself are left alone", async () => {
    const api = cluster();
    api.put(core, "services", "edge/edge", {
      ...balancer,
      metadata: { labels: { "portolan.dev/drain": "skip" } },
    });
    expect(await run(api, quick)).toEqual([]);
    expect(api.deletions).toEqual([]);
  });
});

it("leaves alone what is in a namespace of the cluster's own, with its volumes", async () => {
  const api = cluster();
  api.put(core, "namespaces", "cloud", { metadata: { labels: { "portolan.dev/drain": "skip" } } });
  api.put(core, "namespaces", "own");
  api.put(core, "services", "cloud/balancer", balancer);
  api.put(core, "persistentvolumeclaims", "cloud/data");
  api.put(core, "persistentvolumes", "pv-1", {
    spec: { persistentVolumeReclaimPolicy: "Delete", claimRef: { namespace: "cloud" } },
    status: { phase: "Bound" },
  });
  const mine = api.put(core, "services", "own/balancer", balancer);
  expect(await run(api, { ...quick, claims: true })).toEqual([]);
  expect(api.deletions).toEqual([mine]);
});

describe("in a cluster that others use too", () => {
  const own = { ...quick, claims: true, namespaces: "portolan.dev/stack=us-prod" };
  const stack = (name: string) => ({ metadata: { labels: { "portolan.dev/stack": name } } });
  const volume = (namespace: string, policy: string) => ({
    metadata: { annotations: { "pv.kubernetes.io/provisioned-by": "disk.csi" } },
    spec: { persistentVolumeReclaimPolicy: policy, claimRef: { namespace } },
    status: { phase: "Bound" },
  });

  function shared(): { api: Api; mine: string[]; theirs: string[] } {
    const api = cluster();
    api.put(core, "namespaces", "app-bhc", stack("us-prod"));
    api.put(core, "namespaces", "app-other", stack("eu-prod"));
    api.put(core, "namespaces", "shop");
    const claimed = { spec: { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] } };
    const put = (space: string) => [
      api.put(core, "services", `${space}/balancer`, balancer),
      api.put("/apis/networking.k8s.io/v1", "ingresses", `${space}/balanced`, address),
      api.put("/apis/gateway.networking.k8s.io/v1", "gateways", `${space}/gateway`, {
        status: { addresses: [{ value: "192.0.2.2" }] },
      }),
      api.put(core, "pods", `${space}/user`, claimed),
      api.put(core, "persistentvolumeclaims", `${space}/data`),
    ];
    const mine = put("app-bhc");
    return { api, mine, theirs: [...put("app-other"), ...put("shop")] };
  }

  it("touches and awaits nothing outside of the namespaces that it is given", async () => {
    const { api, mine, theirs } = shared();
    const volumes = [
      api.put(core, "persistentvolumes", "pv-retained", volume("shop", "Retain")),
      api.put(core, "persistentvolumes", "pv-bound", volume("app-other", "Delete")),
      api.put(core, "persistentvolumes", "pv-gone", volume("gone", "Retain")),
    ];
    const before = new Map(api.objects);
    expect(await run(api, own)).toEqual([]);
    expect([...api.deletions].sort()).toEqual([...mine].sort());
    for (const path of [...theirs, ...volumes]) expect(api.objects.get(path), path).toBe(before.get(path));
  });

  it("takes the volumes of claims in them along", async () => {
    const { api } = shared();
    const path = api.put(core, "persistentvolumes", "pv-mine", volume("app-bhc", "Retain"));
    api.tick = () => {
      if (Object(api.objects.get(path)?.spec).persistentVolumeReclaimPolicy === "Delete")
        api.objects.delete(path);
    };
    expect(await run(api, own)).toEqual([]);
    expect(api.objects.has(path)).toBe(false);
  });

  it("leaves what is in no namespace alone, whatever else it is told to remove", async () => {
    const api = cluster();
    api.put("/apis/karpenter.sh/v1", "nodepools", "gpu");
    const also = [{ group: "karpenter.sh", version: "v1", resource: "nodepools" }];
    expect(await run(api, { ...own, also })).toEqual([]);
    expect(api.deletions).toEqual([]);
  });

  it("removes nothing when no namespace is left", async () => {
    const api = cluster();
    api.put(core, "services", "shop/balancer", balancer);
    expect(await run(api, own)).toEqual([]);
    expect(api.deletions).toEqual([]);
  });
});

describe("claims", () => {
  const withClaim = { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] };
  const controlledBy = (kind: string, name: string) => ({
    ownerReferences: [{ kind, name, controller: true }],
  });

  it("stay without the word for it, and so do the volumes that they hold", async () => {
    const api = cluster();
    api.put(core, "persistentvolumeclaims", "own/data");
    api.put(core, "pods", "own/user", { spec: withClaim });
    api.put(core, "persistentvolumes", "pv-1", {
      spec: { persistentVolumeReclaimPolicy: "Delete" },
      status: { phase: "Bound" },
    });
    expect(await run(api, late)).toEqual([]);
    expect(api.deletions).toEqual([]);
  });

  it("go with the pods that use them and with what would make those again", async () => {
    const api = cluster();
    const doomed = [
      api.put("/apis/apps/v1", "deployments", "own/app"),
      api.put("/apis/apps/v1", "statefulsets", "own/store"),
      api.put(core, "pods", "own/app-1-x", {
        metadata: controlledBy("ReplicaSet", "app-1"),
        spec: withClaim,
      }),
      api.put(core, "pods", "own/store-0", {
        metadata: controlledBy("StatefulSet", "store"),
        spec: withClaim,
      }),
      api.put(core, "pods", "own/alone", { spec: { volumes: [{ ephemeral: {} }] } }),
      api.put(core, "persistentvolumeclaims", "own/data"),
      api.put(core, "persistentvolumeclaims", "own/more"),
    ];
    api.put("/apis/apps/v1", "replicasets", "own/app-1", { metadata: controlledBy("Deployment", "app") });
    api.put(core, "pods", "own/bystander", { spec: { volumes: [{ emptyDir: {} }] } });
    api.put(core, "pods", "own/done", { spec: withClaim, status: { phase: "Succeeded" } });
    expect(await run(api, { ...quick, claims: true })).toEqual([]);
    expect([...api.deletions].sort()).toEqual([...doomed].sort());
  });

  it("are waited for until their volumes are gone too", async () => {
    const api = cluster();
    api.put(core, "persistentvolumeclaims", "own/data");
    const volume = api.put(core, "persistentvolumes", "pv-1", {
      metadata: { finalizers: ["disk.csi/attacher"] },
      spec: { persistentVolumeReclaimPolicy: "Delete" },
      status: { phase: "Failed", message: "disk is attached" },
    });
    api.put(core, "persistentvolumes", "pv-2", { spec: { persistentVolumeReclaimPolicy: "Retain" } });
    expect(await run(api, { ...late, claims: true })).toEqual([
      "/api/v1/persistentvolumes/pv-1 is there and waits for disk.csi/attacher (disk is attached)",
    ]);
    expect(api.deletions).not.toContain(volume);
  });
});

describe("volumes that were made to stay", () => {
  const retained = (more: Record<string, unknown>) => ({
    spec: { persistentVolumeReclaimPolicy: "Retain" },
    status: { phase: "Released" },
    ...more,
  });
  const made = { annotations: { "pv.kubernetes.io/provisioned-by": "disk.csi" } };

  it("go in a disposable stack when a driver made them, and stay when somebody did", async () => {
    const api = cluster();
    const disk = api.put(core, "persistentvolumes", "pv-1", retained({ metadata: made }));
    const byHand = api.put(core, "persistentvolumes", "pv-2", retained({}));
    // The volume controller: what is released and goes with its claim is deleted.
    api.tick = () => {
      if (Object(api.objects.get(disk)?.spec).persistentVolumeReclaimPolicy === "Delete")
        api.objects.delete(disk);
    };
    expect(await run(api, { ...quick, claims: true })).toEqual([]);
    expect([api.objects.has(disk), api.objects.has(byHand)]).toEqual([false, true]);
  });

  it("stay in production", async () => {
    const api = cluster();
    const disk = api.put(core, "persistentvolumes", "pv-1", retained({ metadata: made }));
    expect(await run(api, quick)).toEqual([]);
    expect(Object(api.objects.get(disk)?.spec).persistentVolumeReclaimPolicy).toBe("Retain");
  });
});

describe("further kinds", () => {
  const nodePools = { group: "karpenter.sh", version: "v1", resource: "nodepools" };

  it("go too", async () => {
    const api = cluster();
    const pool = api.put("/apis/karpenter.sh/v1", "nodepools", "gpu");
    expect(await run(api, { ...quick, also: [nodePools] })).toEqual([]);
    expect(api.deletions).toEqual([pool]);
  });

  it("that the cluster does not have are no mistake", async () => {
    expect(await run(cluster(), { ...quick, also: [nodePools] })).toEqual([]);
  });
});

it("ends at once, and with the API's words, when a call is refused", async () => {
  const api = cluster();
  api.put(core, "services", "edge/traefik", balancer);
  api.refuses = "namespaces/edge/services";
  await expect(run(api, { ...quick, waitSeconds: 60 })).rejects.toThrow(
    new Refused("deleting /api/v1/namespaces/edge/services/traefik: namespaces/edge/services is forbidden"),
  );
});
