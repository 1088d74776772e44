/** The parts of azurite that are used: the package brings no types. */
declare module "azurite/dist/src/blob/BlobConfiguration.js" {
  type Configuration = { readonly brand: "BlobConfiguration" };
  const module: {
    readonly default: new (
      host: string,
      port: number,
      keepAliveTimeout: number,
      metadataDBPath: string,
      extentDBPath: string,
      persistencePathArray: { locationId: string; locationPath: string; maxConcurrency: number }[],
      enableAccessLog: boolean,
      accessLogWriteStream: undefined,
      enableDebugLog: boolean,
      debugLogFilePath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
      cert: string,
      key: string,
      pwd: string,
      oauth: "basic",
    ) => Configuration;
  };
  export default module;
}

declare module "azurite/dist/src/blob/BlobServer.js" {
  const module: {
    readonly default: new (configuration: {
      readonly brand: "BlobConfiguration";
    }) => { start(): Promise<void>; close(): Promise<void>; readonly accountDataStore: { refresh(): void } };
  };
  export default module;
}
