/** What the AWS provider and `aws eks get-token` sign in with, which is the same (AWS SDKs, credential providers). */
import { join } from "node:path";
import { isSet, type Machine, unset } from "./machine.ts";
import type { SignIn } from "./signIn.ts";

const keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
const webIdentity = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"];

export const awsSignIn: SignIn = {
  cloud: "AWS",
  kind: "aws",
  plugin: "aws",
  ways:
    "AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE, or the default one) in ~/.aws/config or " +
    "~/.aws/credentials, AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the role of a container or an instance",
  remedy:
    "`aws configure sso` once and `aws sso login` from then on, or `aws configure` for keys; in a pipeline, let it assume its role before this step",
  lacks,
  commands: () => [
    {
      name: "aws",
      why: "the cluster's kubeconfig calls it for each token",
      remedy:
        "install the AWS CLI, version 2: without it nothing in the cluster could be made once the cluster stands",
      signsIn: false,
    },
  ],
};

function lacks(machine: Machine): string | undefined {
  const { env, home } = machine;
  const files = [
    env.AWS_SHARED_CREDENTIALS_FILE || join(home, ".aws", "credentials"),
    env.AWS_CONFIG_FILE || join(home, ".aws", "config"),
  ];
  const isThere =
    unset(machine, keys).length === 0 ||
    unset(machine, webIdentity).length === 0 ||
    isSet(machine, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
    isSet(machine, "AWS_CONTAINER_CREDENTIALS_FULL_URI") ||
    files.some((file) => machine.has(file)) ||
    hasInstanceRole(machine);
  if (isThere) return undefined;
  const halves = [keys, webIdentity].flatMap((both) => {
    const missing = unset(machine, both);
    return missing.length === 1 ? [`${both.find((name) => isSet(machine, name))} without ${missing[0]}`] : [];
  });
  const profile = isSet(machine, "AWS_PROFILE") ? [`AWS_PROFILE without ${files.join(" or ")}`] : [];
  return [...halves, ...profile].join(", ") || "none of them";
}

/** Whether the machine may have one; only a call could tell whether it does, so it gets the benefit of the doubt. */
function hasInstanceRole(machine: Machine): boolean {
  if (machine.env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === "true") return false;
  return isSet(machine, "AWS_EC2_METADATA_SERVICE_ENDPOINT") || /amazon|\bec2\b/i.test(machine.maker);
}
