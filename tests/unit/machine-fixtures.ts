/** Machines of a test's own making: what `stacks/signIn` looks at, and nothing of the machine that runs the test. */
import type { Machine } from "../../stacks/signIn/machine.ts";

export interface MachineParts {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly commands?: readonly string[];
  readonly maker?: string;
}

export function machine({ env = {}, files = [], commands = [], maker = "" }: MachineParts = {}): Machine {
  return {
    env,
    home: "/home/me",
    maker,
    has: (file) => files.includes(file),
    runs: (command) => commands.includes(command),
  };
}

/** Signed in everywhere: the provider of each cloud is attached, and each kubeconfig's command is there. */
export const attached = machine({
  env: { PULUMI_DEBUG_PROVIDERS: "aws:1,azure-native:2,gcp:3" },
  commands: ["aws", "kubelogin", "gke-gcloud-auth-plugin"],
});
