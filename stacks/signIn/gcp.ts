/**
 * What the Google Cloud provider signs in with (its reference, "Provider Configuration", and Application Default
 * Credentials), and what the kubeconfig's plugin does: by default it asks `gcloud`, not those credentials.
 */
import { join } from "node:path";
import { isSet, type Machine } from "./machine.ts";
import type { Command, SignIn } from "./signIn.ts";

const given = [
  "GOOGLE_OAUTH_ACCESS_TOKEN",
  "GOOGLE_CREDENTIALS",
  "GOOGLE_CLOUD_KEYFILE_JSON",
  "GCLOUD_KEYFILE_JSON",
];

export const gcpSignIn: SignIn = {
  cloud: "Google Cloud",
  kind: "gcp",
  plugin: "gcp",
  ways:
    "application default credentials (`gcloud auth application-default login`, or a file that " +
    "GOOGLE_APPLICATION_CREDENTIALS names), GOOGLE_CREDENTIALS, GOOGLE_OAUTH_ACCESS_TOKEN, or the account of an instance",
  remedy:
    "`gcloud auth application-default login` on a laptop; in a pipeline, set GOOGLE_APPLICATION_CREDENTIALS to the file of its workload identity federation",
  lacks,
  commands,
};

function lacks(machine: Machine): string | undefined {
  const { env, home } = machine;
  if (given.some((name) => isSet(machine, name))) return undefined;
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  // A file that is named and missing is an error to Google's libraries: they look no further.
  if (named) {
    return machine.has(named)
      ? undefined
      : `GOOGLE_APPLICATION_CREDENTIALS names ${named}, which is not there`;
  }
  const folder =
    env.CLOUDSDK_CONFIG || (env.APPDATA ? join(env.APPDATA, "gcloud") : join(home, ".config", "gcloud"));
  if (machine.has(join(folder, "application_default_credentials.json"))) return undefined;
  return isSet(machine, "GCE_METADATA_HOST") || /google/i.test(machine.maker) ? undefined : "none of them";
}

function commands(machine: Machine): readonly Command[] {
  const plugin: Command = {
    name: "gke-gcloud-auth-plugin",
    why: "the cluster's kubeconfig calls it for each token",
    remedy:
      "`gcloud components install gke-gcloud-auth-plugin`: without it nothing in the cluster could be made once the cluster stands",
    signsIn: false,
  };
  if (isSet(machine, "CLOUDSDK_AUTH_ACCESS_TOKEN")) return [plugin];
  const gcloud: Command = {
    name: "gcloud",
    why: "`gke-gcloud-auth-plugin` asks it who runs Portolan",
    remedy:
      "install the Google Cloud CLI and `gcloud auth login` (in a pipeline `gcloud auth login --cred-file=...`), or set CLOUDSDK_AUTH_ACCESS_TOKEN",
    signsIn: true,
  };
  return [plugin, gcloud];
}
