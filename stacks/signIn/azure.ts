/**
 * What the Azure Native provider signs in with: the first of these ways that is switched on, and then no other
 * (pulumi-azure-native, auth_azidentity.go); the Azure CLI when none is.
 */
import { join } from "node:path";
import type { Login } from "../../providers/azure/settings.ts";
import { isSet, type Machine, unset } from "./machine.ts";
import type { Command, SignIn } from "./signIn.ts";

/** `subscription`: whether the stack file names one, which every way but the CLI's needs. */
export function azureSignIn(login: Login, subscription: boolean): SignIn {
  return {
    cloud: "Azure",
    kind: "azure",
    plugin: "azure-native",
    ways:
      "`az login`; ARM_CLIENT_SECRET or ARM_CLIENT_CERTIFICATE_PATH with ARM_CLIENT_ID and ARM_TENANT_ID; " +
      "ARM_USE_OIDC=true with both and a token; or ARM_USE_MSI=true",
    remedy:
      "`az login` on a laptop; in a pipeline, set the variables that are missing (ARM_USE_OIDC=true keeps it free of stored secrets)",
    lacks: (machine) => lacks(machine, subscription),
    commands: () => commands(login),
  };
}

function lacks(machine: Machine, subscription: boolean): string | undefined {
  const isOn = (name: string) => machine.env[name] === "true";
  const account = subscription ? [] : ["ARM_SUBSCRIPTION_ID"];
  const application = ["ARM_CLIENT_ID", "ARM_TENANT_ID", ...account];
  if (isOn("ARM_USE_DEFAULT_AZURE_CREDENTIAL"))
    return without(machine, "ARM_USE_DEFAULT_AZURE_CREDENTIAL=true", account);
  for (const name of ["ARM_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_SECRET"])
    if (isSet(machine, name)) return without(machine, name, application);
  if (isOn("ARM_USE_OIDC")) return without(machine, "ARM_USE_OIDC=true", application, oidcToken(machine));
  if (isOn("ARM_USE_MSI")) return without(machine, "ARM_USE_MSI=true", account);
  const folder = machine.env.AZURE_CONFIG_DIR || join(machine.home, ".azure");
  if (!machine.runs("az")) return "none of them, and no `az` on PATH";
  return machine.has(join(folder, "azureProfile.json")) ? undefined : "`az`, and nobody signed in";
}

function oidcToken(machine: Machine): string[] {
  const exchange = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  const has =
    isSet(machine, "ARM_OIDC_TOKEN") ||
    isSet(machine, "ARM_OIDC_TOKEN_FILE_PATH") ||
    unset(machine, exchange).length === 0;
  return has ? [] : [`ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH or ${exchange.join(" with ")}`];
}

function without(machine: Machine, way: string, needs: readonly string[], more: readonly string[] = []) {
  const missing = [...unset(machine, needs), ...more];
  return missing.length === 0 ? undefined : `${way} without ${missing.join(", ")}`;
}

function commands(login: Login): readonly Command[] {
  const kubelogin: Command = {
    name: "kubelogin",
    why: "the cluster's kubeconfig calls it for each token",
    remedy:
      "`az aks install-cli`, or see https://aka.ms/aks/kubelogin: without it nothing in the cluster could be made once the cluster stands",
    signsIn: false,
  };
  const asks = { azurecli: "az", azd: "azd" } as const;
  if (login !== "azurecli" && login !== "azd") return [kubelogin];
  const caller: Command = {
    name: asks[login],
    why: `\`kubelogin\` asks it who runs Portolan, because portolan:platform.login is ${login}`,
    remedy: "install it, or choose another portolan:platform.login: workloadidentity in most pipelines",
    signsIn: true,
  };
  return [kubelogin, caller];
}
