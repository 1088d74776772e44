import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { releaseSources } from "../../sandbox/images/debian.ts";
import { documents } from "../../sandbox/images/oci.ts";
import { imageNames, recipeOf, recipes } from "../../sandbox/images/recipes.ts";
import { type Entry, layerOf, type Tree } from "../../sandbox/images/tree.ts";

const file = (part: Partial<Entry> = {}): Entry => ({
  kind: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtimeMs: 0,
  target: "",
  ...part,
});

describe("a layer over a base", () => {
  it("adds what is new or changed, and only that", () => {
    const base: Tree = new Map([
      ["/etc/same", file()],
      ["/etc/longer", file()],
      ["/etc/owner", file()],
    ]);
    const full: Tree = new Map([
      ["/etc/same", file()],
      ["/etc/longer", file({ size: 2 })],
      ["/etc/owner", file({ uid: 999 })],
      ["/etc/new", file()],
    ]);
    expect(layerOf(base, full, [])).toEqual({ add: ["/etc/longer", "/etc/owner", "/etc/new"], hide: [] });
  });

  const opt: [string, Entry][] = [
    ["/opt", file({ kind: "folder" })],
    ["/opt/a", file({ kind: "folder" })],
    ["/opt/a/b", file()],
    ["/opt/ab", file()],
  ];

  it("hides what is gone, a folder once for all that is in it", () => {
    expect(layerOf(new Map(opt), new Map(opt.slice(0, 1)), []).hide).toEqual(["/opt/a", "/opt/ab"]);
    expect(layerOf(new Map(opt), new Map(), []).hide).toEqual(["/opt"]);
  });

  it("hides nothing inside a folder whose name a link has taken", () => {
    const full: Tree = new Map([...opt.slice(0, 1), ["/opt/a", file({ kind: "link" })], ["/opt/ab", file()]]);
    expect(layerOf(new Map(opt), full, [])).toEqual({ add: ["/opt/a"], hide: [] });
  });

  it("leaves out documents, caches and logs, and keeps licences", () => {
    const full: Tree = new Map(
      [
        "/usr/share/doc/x/README",
        "/usr/share/doc/x/copyright",
        "/var/cache/apt/pkgcache.bin",
        "/var/log/dpkg.log",
        "/etc/resolv.conf",
        "/var/lib/dpkg/status",
        "/var/lib/dpkg/status-old",
        "/dev/null",
      ].map((path) => [path, file()]),
    );
    expect(layerOf(new Map(), full, []).add).toEqual(["/usr/share/doc/x/copyright", "/var/lib/dpkg/status"]);
  });

  it("drops a named folder and no neighbour whose name starts alike", () => {
    const full: Tree = new Map(
      ["/usr/share/perl", "/usr/share/perl/x", "/usr/share/perl6"].map((p) => [p, file()]),
    );
    expect(layerOf(new Map(), full, ["/usr/share/perl"]).add).toEqual(["/usr/share/perl6"]);
  });

  it("laid over the base gives the whole again", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const tree = fc.dictionary(
      name.map((one) => `/srv/${one}`),
      fc.record({ size: fc.nat(2), mode: fc.constantFrom(0o644, 0o755) }),
    );
    fc.assert(
      fc.property(tree, tree, (left, right) => {
        const make = (from: typeof left): Tree =>
          new Map([
            ["/srv", file({ kind: "folder" })],
            ...Object.entries(from).map(([path, part]): [string, Entry] => [path, file(part)]),
          ]);
        const [base, full] = [make(left), make(right)];
        const { add, hide } = layerOf(base, full, []);
        const merged = new Map([...base].filter(([path]) => !hide.includes(path)));
        for (const path of add) merged.set(path, full.get(path) ?? file());
        expect(new Map([...merged].sort())).toEqual(new Map([...full].sort()));
      }),
    );
  });
});

describe("apt's sources of the release", () => {
  const deb822 = `# a comment
Types: deb
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://vendor.test/apt
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/vendor.gpg

Types: deb
URIs: http://mirror.test/debian
Suites: trixie
Components: main

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main
`;

  it("are read from .sources files, without other releases, vendors and disabled ones", () => {
    expect(releaseSources(deb822, true)).toEqual([
      "deb http://mirror.test/debian bookworm main",
      "deb http://mirror.test/debian bookworm-updates main",
    ]);
  });

  it("are read from .list files", () => {
    const list = `deb http://mirror.test/debian bookworm main contrib # ours
# deb http://off.test/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/vendor.gpg] http://vendor.test/apt bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/security bookworm-security main
deb http://mirror.test/ubuntu noble main
deb-src http://mirror.test/debian bookworm main
`;
    expect(releaseSources(list, false)).toEqual([
      "deb http://mirror.test/debian bookworm main",
      "deb http://mirror.test/security bookworm-security main",
    ]);
  });
});

describe("image recipes", () => {
  it("have a reference of their own each, under no other project's name", () => {
    expect(new Set(recipes.map((recipe) => recipe.ref)).size).toBe(imageNames.length);
    for (const recipe of recipes) expect(recipe.ref).toMatch(/^sandbox\/[a-z0-9-]+:[0-9][0-9.]*$/);
  });

  it("run as a numeric user that is not root", () => {
    for (const recipe of recipes) expect(recipe.user, recipe.name).toMatch(/^[1-9][0-9]*:[1-9][0-9]*$/);
  });
});

describe("an archive's documents", () => {
  const layers = [{ key: "k", digest: "sha256:aa", diffId: "sha256:bb", bytes: 7 }];

  it("name the compressed layer in the manifest and the plain one in the configuration", () => {
    const { config, manifest, root } = documents(recipeOf("redis"), layers);
    expect(JSON.parse(config.text)).toMatchObject({
      rootfs: { diff_ids: ["sha256:bb"] },
      config: { User: "999:999", Cmd: ["redis-server"], WorkingDir: "/data" },
    });
    expect(JSON.parse(manifest.text)).toMatchObject({ layers: [{ digest: "sha256:aa", size: 7 }] });
    expect(JSON.parse(root["index.json"] ?? "")).toMatchObject({
      manifests: [
        {
          digest: manifest.digest,
          annotations: { "io.containerd.image.name": "docker.io/sandbox/redis:7" },
        },
      ],
    });
  });

  it("hold no time, so that the same layers give the same digest", () => {
    const twice = [1, 2].map(() => documents(recipeOf("redis"), layers).manifest.digest);
    expect(twice[0]).toBe(twice[1]);
  });
});
