import { createHash } from "node:crypto";
import type { ImageRecipe } from "./recipes.ts";

/** A layer as it stands in an archive: a tar compressed with zstd, which containerd unpacks faster than gzip. */
export interface Layer {
  /** Hash of what it was made from. */
  readonly key: string;
  /** `sha256:<hex>` of the compressed tar. */
  readonly digest: string;
  /** `sha256:<hex>` of the tar itself. */
  readonly diffId: string;
  /** Compressed. */
  readonly bytes: number;
}

/** A JSON document of an image with its digest. */
export interface Blob {
  readonly digest: string;
  readonly text: string;
}

/** Debian's and Go's word for this machine's processor, which image configurations use too. */
export function architecture(arch: string = process.arch): string {
  return arch === "x64" ? "amd64" : arch;
}

function blob(value: unknown): Blob {
  const text = JSON.stringify(value);
  return { text, digest: `sha256:${createHash("sha256").update(text).digest("hex")}` };
}

/** Path of a blob within an archive. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** The documents of an image archive that both OCI readers (containerd) and `docker load` understand. */
export interface Documents {
  readonly config: Blob;
  readonly manifest: Blob;
  /** Files at the archive's root, by name. */
  readonly root: { readonly [name: string]: string };
}

/** Writes the documents of an image. No time of day goes in: the same layers give the same digest. */
export function documents(recipe: ImageRecipe, layers: readonly Layer[]): Documents {
  const config = blob({
    architecture: architecture(),
    os: "linux",
    config: {
      User: recipe.user,
      Env: Object.entries(recipe.env).map(([name, value]) => `${name}=${value}`),
      ...(recipe.entrypoint.length > 0 ? { Entrypoint: recipe.entrypoint } : {}),
      ...(recipe.cmd.length > 0 ? { Cmd: recipe.cmd } : {}),
      WorkingDir: recipe.workingDir,
      Labels: { "org.opencontainers.image.title": recipe.name },
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created_by: `sandbox image ${recipe.name}` })),
  });
  const manifest = blob({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: config.digest,
      size: Buffer.byteLength(config.text),
    },
    layers: layers.map((layer) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar+zstd",
      digest: layer.digest,
      size: layer.bytes,
    })),
  });
  const index = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: manifest.digest,
        size: Buffer.byteLength(manifest.text),
        platform: { architecture: architecture(), os: "linux" },
        annotations: {
          // containerd takes the name as it is; kubelet asks for it in full.
          "io.containerd.image.name": `docker.io/${recipe.ref}`,
          "org.opencontainers.image.ref.name": recipe.ref.slice(recipe.ref.indexOf(":") + 1),
        },
      },
    ],
  };
  const docker = [
    {
      Config: blobPath(config.digest),
      RepoTags: [recipe.ref],
      Layers: layers.map((layer) => blobPath(layer.digest)),
    },
  ];
  return {
    config,
    manifest,
    root: {
      "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }),
      "index.json": JSON.stringify(index),
      "manifest.json": JSON.stringify(docker),
    },
  };
}
