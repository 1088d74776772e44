import { leafChanges } from "../../../sandbox/engine/rpc/compare.ts";
import { providerService } from "../../../sandbox/engine/rpc/protobuf.ts";
import type { Provider } from "../../../sandbox/engine/rpc/provider.ts";
import { serve } from "../../../sandbox/engine/rpc/serve.ts";
import { resourceProviderService } from "../../../sandbox/engine/rpc/service.ts";
import { type Bag, isBag, reveal } from "../../../sandbox/engine/rpc/values.ts";

const address: Bag = { loadBalancer: { ingress: [{ ip: "203.0.113.10" }] } };

function idOf(name: string, inputs: Bag): string {
  const { metadata } = reveal(inputs);
  return isBag(metadata) && typeof metadata.name === "string" ? metadata.name : name;
}

/** A provider `kubernetes` that takes everything for done: where the cluster is not the question. */
const stub: Provider = {
  version: "4.0.0",
  checkConfig: async ({ news }) => ({ inputs: news, failures: [] }),
  diffConfig: async () => ({ changes: [] }),
  configure: async () => {},
  check: async ({ news }) => ({ inputs: news, failures: [] }),
  diff: async ({ oldInputs, news }) => ({
    changes: leafChanges(reveal(oldInputs), reveal(news)).map(({ path, kind }) => ({
      path,
      kind,
      replace: false,
    })),
  }),
  create: async ({ name, news }) => ({ id: idOf(name, news), outputs: { ...news, status: address } }),
  read: async ({ id, inputs }) => ({ id, inputs, outputs: { ...inputs, status: address } }),
  update: async ({ news }) => ({ ...news, status: address }),
  delete: async () => {},
  invoke: async () => ({ result: {}, failures: [] }),
  cancel: async () => {},
};

/** Serves it; `entry` is its part of PULUMI_DEBUG_PROVIDERS. */
export async function serveClusterStub(): Promise<{ entry: string; close(): void }> {
  const { service, close } = resourceProviderService(stub.version, () => stub);
  const served = await serve(providerService.ResourceProviderService, service);
  return {
    entry: `kubernetes:${served.port}`,
    close: () => {
      close();
      served.close();
    },
  };
}
