/**
 * EKS Pod Identity: what its webhook puts into a pod, and what its agent on each node answers.
 * Source: Amazon EKS user guide, "Understand how EKS Pod Identity works", and "Credentials" of the EKS Auth API.
 */
import type { KubeClient } from "../../../controllers/kube/client.ts";
import { accountOf, type PodAccount } from "./accounts.ts";
import type { CloudAgent, HttpAnswer, JsonPatch, PodToChange } from "./cloudAgent.ts";
import { reviewToken } from "./tokens.ts";

/** The agent's link-local address on every node. */
export const podIdentityAddress = "169.254.170.23";
const audience = "pods.eks.amazonaws.com";
const folder = `/var/run/secrets/${audience}/serviceaccount`;
const tokenFile = "eks-pod-identity-token";
const volume = "eks-pod-identity-token";

/** How long handed-out keys are good: shorter than the six hours of the real ones, so that renewing is seen. */
const lifetimeMs = 3600_000;

const environment = (region: string) => [
  { name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional" },
  { name: "AWS_DEFAULT_REGION", value: region },
  { name: "AWS_REGION", value: region },
  { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: `http://${podIdentityAddress}/v1/credentials` },
  { name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", value: `${folder}/${tokenFile}` },
];

/** The changes that give a pod its identity: environment and token in each container. What is set stays as it is. */
export function podIdentityPatch(pod: PodToChange, region: string): JsonPatch {
  const mount = { name: volume, mountPath: folder, readOnly: true };
  const containers = (["initContainers", "containers"] as const).flatMap((field) =>
    pod.spec[field].flatMap((container, index) => {
      const has = new Set(container.env.map(({ name }) => name));
      const env = [...container.env, ...environment(region).filter(({ name }) => !has.has(name))];
      const path = `/spec/${field}/${index}`;
      return [
        { op: "add" as const, path: `${path}/env`, value: env },
        { op: "add" as const, path: `${path}/volumeMounts`, value: [...container.volumeMounts, mount] },
      ];
    }),
  );
  const token = { serviceAccountToken: { audience, expirationSeconds: 86_400, path: tokenFile } };
  const volumes = [...pod.spec.volumes, { name: volume, projected: { sources: [token] } }];
  return [...containers, { op: "add", path: "/spec/volumes", value: volumes }];
}

/** What a container's SDK is answered. The keys are those of an account, so there is no session to name. */
export function credentialsAnswer(account: PodAccount, now: Date): HttpAnswer {
  return {
    status: 200,
    body: {
      AccessKeyId: account.accessKey,
      SecretAccessKey: account.secretKey,
      Token: "",
      AccountId: /^arn:[^:]*:iam::(\d{12}):/.exec(account.principal)?.[1] ?? "000000000000",
      Expiration: new Date(now.getTime() + lifetimeMs).toISOString(),
    },
  };
}

/** EKS Pod Identity as an agent of the sandbox. */
export function awsAgent(client: KubeClient, space: string): CloudAgent {
  return {
    async mutate(pod, namespace) {
      const account = await accountOf(client, space, namespace, pod.spec.serviceAccountName);
      return account === undefined ? [] : podIdentityPatch(pod, account.region);
    },
    async answer({ method, path, authorization }) {
      if (method !== "GET" || path !== "/v1/credentials") {
        return { status: 404, body: { message: `${method} ${path} is nothing that the agent answers` } };
      }
      if (authorization === undefined || authorization === "") {
        return { status: 400, body: { message: "Service account token cannot be empty" } };
      }
      const subject = await reviewToken(client, authorization, audience);
      if (subject === undefined) {
        return { status: 401, body: { message: `the token is not valid for audience ${audience}` } };
      }
      const { namespace, serviceAccount } = subject;
      const account = await accountOf(client, space, namespace, serviceAccount);
      if (account === undefined) {
        return { status: 404, body: { message: `no association for ${namespace}/${serviceAccount}` } };
      }
      return credentialsAnswer(account, new Date());
    },
  };
}
