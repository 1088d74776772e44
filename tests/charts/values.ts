/** Values that exercise as much of each chart as one release can. */
import type { Chart, Values } from "./helm.ts";

const roots = { configMap: "portolan-roots", key: "ca.crt" };
const database = {
  host: "services-postgres.portolan-local.svc",
  name: "orthanc_bhc",
  username: "orthanc_bhc",
  existingSecret: "app",
  roots,
};
const tls = { secretName: "bhc-tls" };

export const full: Readonly<Record<Chart, Values>> = {
  orthanc: {
    auth: { existingSecret: "app" },
    database,
    route: {
      kind: "traefik",
      hosts: ["bhc.example.com", "b.example.com"],
      tls,
      tcp: [{ name: "dicom", entryPoint: "tcp-11112", tls }],
    },
    autoscaling: { enabled: true },
    networkPolicy: { enabled: true },
    podLabels: { "example.com/team": "imaging" },
    serviceAccount: { annotations: { "example.com/role": "reader" } },
  },
  probe: {
    secrets: { existingSecret: "app" },
    database,
    redis: { host: "services-redis.portolan-local.svc", existingSecret: "app", roots },
    objectStore: {
      endpoint: "https://services-s3.portolan-local.svc:7070",
      region: "us-east-1",
      bucket: "bhc",
      existingSecret: "app",
      roots,
    },
    route: { kind: "ingress", className: "sandbox", hosts: ["bhc.example.com"], tls },
    networkPolicy: { enabled: true },
  },
  "data-services": {
    disposable: true,
    clients: { stack: "local" },
    postgres: { tls: { secretName: "services-tls", revision: "1" }, adminSecret: { name: "admin" } },
    redis: { tls: { secretName: "services-tls" }, existingSecret: "services" },
    objectStore: { tls: { secretName: "services-tls" }, existingSecret: "services" },
  },
  "database-account": {
    server: {
      host: "services-postgres.portolan-local.svc",
      adminSecret: { name: "admin" },
      roots: { secret: "database-bhc" },
    },
    account: {
      database: "orthanc_bhc",
      role: "orthanc_bhc",
      verifierSecret: { name: "database-bhc" },
      revision: "r1",
    },
    dropOnDelete: true,
  },
  drain: {
    claims: true,
    also: [{ group: "karpenter.sh", version: "v1", resource: "nodepools", selector: "example.com/own" }],
    namespaces: "example.com/own=yes",
    imagePullSecrets: ["registry"],
    podLabels: { "example.com/team": "imaging" },
  },
  additions: {
    service: { name: "notes", port: 80, tcp: { dicom: 104 } },
    route: {
      kind: "traefik",
      hosts: ["bhc.example.com"],
      tls,
      tcp: [{ name: "dicom", entryPoint: "tcp-11112", tls }],
    },
    podDisruptionBudget: { podLabels: { app: "notes" } },
  },
};
