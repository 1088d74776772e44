import type { Engine } from "../../../sandbox/engine/index.ts";
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

/** Serves it; `attach` puts it in place of an engine's own. */
export async function serveClusterStub(): Promise<{ attach(engine: Engine): void; close(): void }> {
  const { service, close } = resourceProviderService(stub.version, () => stub);
  const served = await serve(providerService.ResourceProviderService, service);
  return {
    attach: ({ env }) => {
      const entries = (env.PULUMI_DEBUG_PROVIDERS ?? "").split(",");
      const others = entries.filter((entry) => !entry.startsWith("kubernetes:"));
      env.PULUMI_DEBUG_PROVIDERS = [...others, `kubernetes:${served.port}`].join(",");
    },
    close: () => {
      close();
      served.close();
    },
  };
}
