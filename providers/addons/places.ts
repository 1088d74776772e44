/** Where add-ons are in a cluster: pure, so that whoever asks a cluster about them needs no SDK. */

/** Not the projects' usual ones, so that whatever else brings them does not share a namespace with ours. */
export const certManagerNamespace = "portolan-cert-manager";
export const externalSecretsNamespace = "portolan-external-secrets";

/** Definitions by which a project shows that it is in a cluster, under whatever release. */
export const certManagerDefinition = "certificates.cert-manager.io";
export const externalSecretsDefinition = "externalsecrets.external-secrets.io";
