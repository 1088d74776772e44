/** Names that both the front and who works on it use. */

/** The simulated directory; the table in ../../azure hands out the same. */
export const tenant = "99999999-0000-4000-8000-000000000009";

export const loginHost = "login.microsoftonline.com";
export const blobSuffix = ".blob.core.windows.net";

/** What ServiceAccounts' tokens are for (Azure AD workload identity). */
export const exchangeAudience = "api://AzureADTokenExchange";
export const storageAudience = "https://storage.azure.com";
export const vaultAudience = "https://vault.azure.net";

/** The application that is the cloud itself, or who runs the engine: everything is open to it. */
export const owner = "owner";

/** Port of the vaults for a process on the node, which knows neither their names nor their authority. */
export const operatorPort = 8080;

/** Where the directory's known identities are put. */
export const controlPath = "/_control";
