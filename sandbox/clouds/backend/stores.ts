/** The programs that hold a cloud's buckets: what each runs with, and how its owner works on it. */
import { imageRef } from "../../images/recipes.ts";
import type { CloudName } from "../core/backend.ts";
import { type Account, Gateway, type ObjectServer } from "./gateway.ts";
import { GcsServer } from "./gcs/client.ts";
import type { Reached, ServerSpec } from "./server.ts";

export interface Store {
  /** What names of its servers begin with. */
  readonly prefix: string;
  /** `owner`: Secret with the owner's accessKey and secretKey. */
  server(domain: string, owner: string): Pick<ServerSpec, "image" | "command" | "env">;
  open(reached: Reached, domain: string, owner: Account): ObjectServer;
}

const start = `set -eu
mkdir -p /data/buckets /data/metadata /data/versions /data/accounts
exec versitygw --port :443 --cert /tls/tls.crt --key /tls/tls.key --health /health --quiet \\
  --iam-dir /data/accounts --iam-cache-disable --virtual-domain "$DOMAIN" --region "$REGION" \\
  posix --sidecar /data/metadata --versioning-dir /data/versions /data/buckets
`;

const fromSecret = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } });

/** The region in the host, e.g. of `s3.eu-central-1.amazonaws.com`; a signature is good for one region only. */
export function regionOf(domain: string): string {
  return /^s3[.-]([a-z0-9-]+)\.amazonaws\./.exec(domain)?.[1] ?? "us-east-1";
}

const s3: Store = {
  prefix: "s3",
  server: (domain, owner) => ({
    image: imageRef("s3"),
    command: ["/bin/sh", "-c", start],
    env: [
      { name: "DOMAIN", value: domain },
      { name: "REGION", value: regionOf(domain) },
      { name: "ROOT_ACCESS_KEY", ...fromSecret(owner, "accessKey") },
      { name: "ROOT_SECRET_KEY", ...fromSecret(owner, "secretKey") },
    ],
  }),
  open: (reached, domain, owner) => new Gateway(reached, regionOf(domain), owner),
};

const gcs: Store = {
  prefix: "gcs",
  server: (_domain, owner) => ({
    image: imageRef("gcs"),
    command: ["/usr/local/bin/node", "/app/gcs.mjs"],
    env: [{ name: "OWNER", ...fromSecret(owner, "secretKey") }],
  }),
  open: (reached, _domain, { secretKey }) => new GcsServer(reached, secretKey),
};

export const stores: Readonly<Record<CloudName, Store>> = { aws: s3, azure: s3, gcp: gcs };
