import { z } from "zod";

/** What `pulumi stack output --json` tells, as far as the commands use it. Unknown keys are left alone. */
const tenant = z.object({
  url: z.string(),
  hosts: z.array(z.string()).min(1),
  state: z.string(),
  namespace: z.string(),
  release: z
    .object({
      name: z.string(),
      revision: z.number(),
      chart: z.string(),
      chartVersion: z.string(),
      appVersion: z.string(),
    })
    .nullable(),
  database: z.object({ host: z.string(), name: z.string() }).nullable(),
  secrets: z.array(z.string()),
  tcp: z.record(z.string(), z.object({ address: z.string().nullable(), port: z.number() })),
});

const outputs = z.object({
  platform: z.object({
    stack: z.string(),
    namespace: z.string(),
    /** A stack that an earlier version brought up says nothing of it. */
    retained: z.array(z.string()).default([]),
    edge: z.object({ namespace: z.string(), address: z.string().nullable(), domain: z.string() }),
  }),
  tenants: z.record(z.string(), tenant),
});

/** A tenant as the outputs tell it, with its slug. */
export type Tenant = z.infer<typeof tenant> & { readonly slug: string };

/** The outputs of a stack, read. */
export interface Outputs {
  readonly platform: z.infer<typeof outputs>["platform"];
  readonly tenants: readonly Tenant[];
}

/** Reads the text of `pulumi stack output --json`; throws when the stack has not been brought up. */
export function readOutputs(text: string): Outputs {
  const found = outputs.safeParse(JSON.parse(text));
  if (!found.success) {
    throw new Error(
      `the stack's outputs are not those of a stack that is up (${z.prettifyError(found.error)}); run \`make up\` first`,
    );
  }
  const { platform, tenants } = found.data;
  return { platform, tenants: Object.entries(tenants).map(([slug, facts]) => ({ slug, ...facts })) };
}
