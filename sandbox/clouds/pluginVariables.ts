/**
 * Variables that the engine sets for the stand-ins of the clouds' commands: the sandbox's kubeconfig, and the Node that
 * runs them.
 */
export const pluginVariables = { kubeconfig: "PORTOLAN_CLOUD_KUBECONFIG", node: "PORTOLAN_NODE" } as const;
