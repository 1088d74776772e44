import type { ToolName } from "../toolchain/families.ts";

/** An image the sandbox builds. */
export type ImageName =
  | "pause"
  | "coredns"
  | "base"
  | "local-path-provisioner"
  | "metrics-server"
  | "postgres"
  | "redis"
  | "s3"
  | "gcs"
  | "orthanc"
  | "probe"
  | "edge"
  | "drain"
  | "cloud";

/** A file of a `files` layer and where it comes from. */
export type FileSource =
  | { readonly kind: "tool"; readonly tool: ToolName; readonly to: string }
  /** The Node binary that the npm package `node` carries. */
  | { readonly kind: "node"; readonly to: string }
  /** A program of this repository with everything it imports, bundled into one file. */
  | { readonly kind: "bundle"; readonly entry: string; readonly to: string }
  | { readonly kind: "folder"; readonly to: string; readonly mode: number };

/** One layer: what a Debian installation adds to the base, or files put in place. */
export type LayerRecipe =
  | {
      readonly kind: "debian";
      readonly packages: readonly string[];
      /** Shell, run as root inside the file system before and after the packages are installed. */
      readonly before: string;
      readonly after: string;
      /** Paths or folders that stay out of the layer, beside those that always do. */
      readonly drop: readonly string[];
    }
  | { readonly kind: "files"; readonly files: readonly FileSource[] };

/** How an image is made. */
export interface ImageRecipe {
  readonly name: ImageName;
  /** Where charts and manifests find it: `sandbox/<name>:<tag>`. */
  readonly ref: string;
  readonly from: "debian" | "scratch";
  readonly layers: readonly LayerRecipe[];
  /** The numeric user it runs as, so that `runAsNonRoot` can be checked. */
  readonly user: string;
  readonly env: { readonly [name: string]: string };
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
}

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const temporary: FileSource = { kind: "folder", to: "/tmp", mode: 0o1777 };
const node: LayerRecipe = { kind: "files", files: [{ kind: "node", to: "/usr/local/bin/node" }] };

/** Makes a user under its official image's number before the package would pick one. */
const user = (name: string, id: number, home: string) =>
  `groupadd --system --gid ${id} ${name}\n` +
  `useradd --system --uid ${id} --gid ${id} --home-dir ${home} --no-create-home --shell /usr/sbin/nologin ${name}\n`;

/** Perl's library, which only Debian's maintenance scripts use. */
const perl = [
  "/usr/share/perl",
  "/usr/share/perl5",
  "/usr/lib/x86_64-linux-gnu/perl",
  "/usr/lib/aarch64-linux-gnu/perl",
];

/** An image of one static Go program and nothing else. */
function program(name: ImageName & ToolName, tag: string, to = `/${name}`): ImageRecipe {
  return {
    name,
    ref: `sandbox/${name}:${tag}`,
    from: "scratch",
    layers: [{ kind: "files", files: [{ kind: "tool", tool: name, to }, temporary] }],
    user: "65532:65532",
    env: { PATH: path },
    entrypoint: [to],
    cmd: [],
    workingDir: "/",
  };
}

function debian(name: ImageName, tag: string, part: Partial<ImageRecipe>): ImageRecipe {
  return {
    name,
    ref: `sandbox/${name}:${tag}`,
    from: "debian",
    layers: [],
    user: "65532:65532",
    env: {},
    entrypoint: [],
    cmd: ["/bin/sh"],
    workingDir: "/",
    ...part,
  };
}

const everything: readonly ImageRecipe[] = [
  { ...program("pause", "3"), user: "65535:65535" },
  program("coredns", "1.13.1"),
  // The shell for the provisioner's helper pods and for whoever needs one: every other image shares its layer.
  debian("base", "12", { env: { PATH: path } }),
  program("local-path-provisioner", "0.0.30"),
  program("metrics-server", "0.9.0"),
  debian("postgres", "15", {
    layers: [
      {
        kind: "debian",
        packages: ["postgresql-15"],
        before: `${user("postgres", 999, "/var/lib/postgresql")}
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf`,
        after: "install -d -o 999 -g 999 -m 1777 /var/lib/postgresql/data /var/run/postgresql",
        // The just-in-time compiler is 130 MB, and Postgres goes without it where the library is absent. The
        // wrappers in /usr/bin need Perl; the programs themselves are first on PATH.
        drop: [
          ...perl,
          "/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1",
          "/usr/lib/aarch64-linux-gnu/libLLVM-14.so.1",
          "/usr/lib/llvm-14",
          "/usr/lib/x86_64-linux-gnu/libz3.so.4",
          "/usr/lib/aarch64-linux-gnu/libz3.so.4",
          "/usr/lib/postgresql/15/lib/bitcode",
          "/usr/lib/postgresql/15/lib/llvmjit.so",
          "/usr/share/postgresql-common",
          "/etc/ssl/private",
        ],
      },
    ],
    user: "999:999",
    env: {
      PATH: `/usr/lib/postgresql/15/bin:${path}`,
      LANG: "C.UTF-8",
      PGDATA: "/var/lib/postgresql/data",
      PG_MAJOR: "15",
    },
    cmd: ["postgres"],
  }),
  debian("redis", "7", {
    layers: [
      {
        kind: "debian",
        packages: ["redis-server"],
        before: user("redis", 999, "/data"),
        after: "install -d -o 999 -g 999 -m 755 /data",
        drop: ["/var/lib/redis", "/etc/redis"],
      },
    ],
    user: "999:999",
    env: { PATH: path },
    cmd: ["redis-server"],
    workingDir: "/data",
  }),
  debian("s3", "1", {
    layers: [{ kind: "files", files: [{ kind: "tool", tool: "versitygw", to: "/usr/local/bin/versitygw" }] }],
    user: "10001:10001",
    env: { PATH: path },
    entrypoint: ["/usr/local/bin/versitygw"],
    cmd: ["--help"],
  }),
  // Buckets of a simulated Google Cloud, behind a gate that knows whose each of them is.
  debian("gcs", "1", {
    layers: [
      node,
      {
        kind: "files",
        files: [
          { kind: "tool", tool: "fake-gcs-server", to: "/usr/local/bin/fake-gcs-server" },
          { kind: "bundle", entry: "sandbox/clouds/backend/gcs/main.ts", to: "/app/gcs.mjs" },
        ],
      },
    ],
    user: "10001:10001",
    env: { PATH: path, NODE_ENV: "production" },
    entrypoint: ["/usr/local/bin/node"],
    cmd: ["/app/gcs.mjs"],
    workingDir: "/app",
  }),
  debian("orthanc", "1.10.1", {
    layers: [
      {
        kind: "debian",
        packages: ["orthanc", "orthanc-postgresql"],
        // libpq looks for .postgresql under HOME and fails where it may not look.
        before: user("orthanc", 10001, "/"),
        after: "install -d -o 10001 -g 10001 -m 755 /var/lib/orthanc/db",
        drop: perl,
      },
    ],
    user: "10001:10001",
    env: { PATH: path, HOME: "/", LANG: "C.UTF-8" },
    entrypoint: ["/usr/sbin/Orthanc"],
    cmd: ["/etc/orthanc/"],
  }),
  debian("probe", "0.1.0", {
    layers: [
      node,
      { kind: "files", files: [{ kind: "bundle", entry: "probe/main.ts", to: "/app/main.mjs" }] },
    ],
    user: "10001:10001",
    env: { PATH: path, NODE_ENV: "production" },
    entrypoint: ["/usr/local/bin/node", "/app/main.mjs"],
    cmd: [],
    workingDir: "/app",
  }),
  debian("edge", "1", {
    layers: [
      node,
      {
        kind: "debian",
        packages: ["nginx", "libnginx-mod-stream"],
        before: user("edge", 10001, "/"),
        after: "",
        drop: [...perl, "/var/lib/nginx", "/var/www"],
      },
      {
        kind: "files",
        files: [
          { kind: "bundle", entry: "sandbox/controllers/edge/main.ts", to: "/app/edge.mjs" },
          { kind: "bundle", entry: "sandbox/controllers/certificates/main.ts", to: "/app/certificates.mjs" },
          {
            kind: "bundle",
            entry: "sandbox/controllers/externalSecrets/main.ts",
            to: "/app/external-secrets.mjs",
          },
        ],
      },
    ],
    user: "10001:10001",
    env: { PATH: path, NODE_ENV: "production" },
    entrypoint: ["/usr/local/bin/node"],
    cmd: ["/app/edge.mjs"],
    workingDir: "/app",
  }),
  // Node and nothing else, for the program that charts/drain brings: layers that the edge has, too.
  debian("drain", "24", {
    layers: [node],
    user: "10001:10001",
    env: { PATH: path, NODE_ENV: "production" },
    cmd: ["/usr/local/bin/node", "--version"],
  }),
  // What a simulated cloud has on its nodes: keys for pods. And what only Azure has: its directory, containers and vaults.
  debian("cloud", "1", {
    layers: [
      node,
      {
        kind: "files",
        files: [
          { kind: "bundle", entry: "sandbox/clouds/backend/agent/main.ts", to: "/app/cloud.mjs" },
          { kind: "bundle", entry: "sandbox/clouds/backend/azure/front/main.ts", to: "/app/azure.mjs" },
        ],
      },
    ],
    user: "10001:10001",
    env: { PATH: path, NODE_ENV: "production" },
    entrypoint: ["/usr/local/bin/node"],
    cmd: ["/app/cloud.mjs"],
    workingDir: "/app",
  }),
];

/** All images, small ones first. */
export const recipes: readonly ImageRecipe[] = everything;

/** Names of all images. */
export const imageNames: readonly ImageName[] = recipes.map((recipe) => recipe.name);

/** Whether a word is the name of an image. */
export function isImageName(word: string): word is ImageName {
  return recipes.some((recipe) => recipe.name === word);
}

/** The recipe of an image. */
export function recipeOf(name: ImageName): ImageRecipe {
  const recipe = recipes.find((one) => one.name === name);
  if (recipe === undefined) throw new Error(`image ${name} has no recipe: add it to recipes.ts`);
  return recipe;
}

/** The reference under which charts and manifests find an image, for example `sandbox/postgres:15`. */
export function imageRef(name: ImageName): string {
  return recipeOf(name).ref;
}
