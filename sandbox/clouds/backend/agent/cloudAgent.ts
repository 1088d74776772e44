/** What one cloud's agent does: it changes pods as they are made, and answers what they ask for by HTTP. */
import { z } from "zod";

const list = <T extends z.ZodType>(item: T) => z.array(item).default([]);
const containerSchema = z.object({
  env: list(z.looseObject({ name: z.string() })),
  volumeMounts: list(z.looseObject({ name: z.string() })),
});

/** A pod as far as agents look at it. */
export const podSchema = z.object({
  metadata: z
    .object({
      labels: z.record(z.string(), z.string()).default({}),
      annotations: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
  spec: z.object({
    serviceAccountName: z.string().default("default"),
    initContainers: list(containerSchema),
    containers: list(containerSchema),
    volumes: list(z.looseObject({ name: z.string() })),
  }),
});
export type PodToChange = z.infer<typeof podSchema>;

/** RFC 6902; `add` of a member that is there replaces it. */
export type JsonPatch = readonly { op: "add"; path: string; value: unknown }[];

export interface HttpQuestion {
  readonly method: string;
  /** Without what follows a question mark. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Who asks: an IPv4 address. */
  readonly address: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** In place of the body: plain text. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CloudAgent {
  /** The changes that a new pod of this namespace gets; none for one without an identity. */
  mutate(pod: PodToChange, namespace: string): Promise<JsonPatch>;
  answer(question: HttpQuestion): Promise<HttpAnswer>;
}
