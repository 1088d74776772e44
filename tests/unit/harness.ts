/**
 * Runs a piece of the program without an engine and records every resource with its inputs and its options. The SDK's
 * own mocks see inputs only; what follows from `lifecycle` (protect, ignored changes, order) is in the options, so they
 * are read off the request as the engine would get it.
 */
import * as pulumi from "@pulumi/pulumi";

export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly custom: boolean;
  readonly inputs: Record<string, unknown>;
  readonly options: {
    readonly protect: boolean;
    readonly ignoreChanges: readonly string[];
    /** Names that the resource had before. */
    readonly aliases: readonly string[];
    readonly dependsOn: readonly string[];
    readonly replaceWith: readonly string[];
    readonly parent: string;
    readonly provider: string;
    readonly hooks: readonly string[];
    readonly retainOnDelete: boolean;
    /** How long the engine gives a creation and a deletion; empty: as long as the provider says. */
    readonly timeouts: { readonly create: string; readonly delete: string };
  };
}

export interface RunOptions {
  readonly stack?: string;
  readonly preview?: boolean;
  readonly config?: Readonly<Record<string, string>>;
  /** Another text gives other random values, as a lost state does. Default: the first run's. */
  readonly randomness?: string;
  /** Outputs by full stack name, as StackReferences find them. */
  readonly stackOutputs?: Readonly<Record<string, Record<string, unknown>>>;
}

export interface Run<T> {
  readonly result: T;
  readonly resources: readonly Recorded[];
  /** Custom resources, which are what a provider makes. */
  readonly custom: readonly Recorded[];
  find(type: string, name: string): Recorded;
}

/** Everything that `name` waits for, directly or not: on a destroy, what outlives it, as `type::name`. */
export function outlives(stack: Run<unknown>, type: string, name: string): Set<string> {
  const byUrn = new Map(stack.resources.map((one) => [one.urn, one]));
  const seen = new Set<string>();
  const visit = (urn: string) => {
    const resource = byUrn.get(urn);
    if (!resource || seen.has(urn)) return;
    seen.add(urn);
    for (const next of resource.options.dependsOn) visit(next);
    if (resource.options.provider) visit(resource.options.provider.replace(/::[^:]*$/, ""));
  };
  visit(stack.find(type, name).urn);
  return new Set([...seen].map((urn) => urn.split("::").slice(-2).join("::").replace(/^.*\$/, "")));
}

/** The parts of a RegisterResourceRequest that are read here; the SDK does not export the message's type. */
interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProtect(): boolean;
  getProvider(): string;
  getRetainondelete(): boolean;
  getCustomtimeouts(): { getCreate(): string; getDelete(): string } | undefined;
  getIgnorechangesList(): string[];
  getAliasesList(): { getSpec(): { getName(): string } | undefined }[];
  getDependenciesList(): string[];
  getReplaceWithList(): string[];
  getHooks():
    | { getBeforeCreateList(): string[]; getBeforeUpdateList(): string[]; getBeforeDeleteList(): string[] }
    | undefined;
}

type Callback = (error: unknown, response: { getUrn(): string }) => void;

interface Monitor {
  registerResource(request: Request, callback: Callback): Promise<void>;
  registerResourceHook?: (request: unknown, callback: (error: unknown, response: unknown) => void) => void;
}

/** Sets other mocks in place of those of `run`, in terms of them. To be called in a program. */
export function remock(make: (plain: pulumi.runtime.Mocks) => pulumi.runtime.Mocks): void {
  // The mock monitor is an object of the SDK's own; its mocks are all that is changed of it.
  const monitor = pulumi.runtime.getMonitor() as unknown as { mocks: pulumi.runtime.Mocks };
  monitor.mocks = make(monitor.mocks);
}

/** Runs `program` to the end, with every output resolved, before anything can be asserted. */
export async function run<T>(program: () => Promise<T> | T, options: RunOptions = {}): Promise<Run<T>> {
  const resources: Recorded[] = [];
  const inputsOf = new Map<string, Record<string, unknown>>();
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        inputsOf.set(`${args.type}::${args.name}`, args.inputs);
        return { id: `${args.name}-id`, state: { ...args.inputs, ...outputsOf(args, options) } };
      },
      call: (args) => args.inputs,
    },
    "portolan",
    options.stack ?? "test",
    options.preview ?? false,
    "organization",
  );
  pulumi.runtime.setAllConfig({ ...options.config });
  record(resources, inputsOf);
  const result = await resolved(await program());
  await pulumi.runtime.disconnect();
  return {
    result,
    resources,
    custom: resources.filter(({ custom }) => custom),
    find(type, name) {
      const found = resources.find((one) => one.type === type && one.name === name);
      if (found) return found;
      const known = resources.map((one) => `${one.type}::${one.name}`).join("\n  ");
      throw new Error(`no resource ${type}::${name} among\n  ${known}`);
    },
  };
}

function record(resources: Recorded[], inputsOf: ReadonlyMap<string, Record<string, unknown>>): void {
  // The mock monitor is an object of the SDK's own; these two calls are all that is changed of it.
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (!error) resources.push(recorded(request, response.getUrn(), inputsOf));
      callback(error, response);
    });
  monitor.registerResourceHook = (_request, callback) => callback(null, {});
}

function recorded(
  request: Request,
  urn: string,
  inputsOf: ReadonlyMap<string, Record<string, unknown>>,
): Recorded {
  const hooks = request.getHooks();
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    custom: request.getCustom(),
    inputs: inputsOf.get(`${request.getType()}::${request.getName()}`) ?? {},
    options: {
      protect: request.getProtect(),
      ignoreChanges: request.getIgnorechangesList(),
      aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getName() ?? ""),
      dependsOn: request.getDependenciesList(),
      replaceWith: request.getReplaceWithList(),
      parent: request.getParent(),
      provider: request.getProvider(),
      hooks: [
        ...(hooks?.getBeforeCreateList() ?? []),
        ...(hooks?.getBeforeUpdateList() ?? []),
        ...(hooks?.getBeforeDeleteList() ?? []),
      ],
      retainOnDelete: request.getRetainondelete(),
      timeouts: {
        create: request.getCustomtimeouts()?.getCreate() ?? "",
        delete: request.getCustomtimeouts()?.getDelete() ?? "",
      },
    },
  };
}

/** What providers would answer, as far as the program reads it. */
function outputsOf(args: pulumi.runtime.MockResourceArgs, options: RunOptions): Record<string, unknown> {
  switch (args.type) {
    case "pulumi:pulumi:StackReference":
      return {
        outputs: options.stackOutputs?.[args.name === "last-run" ? "self" : String(args.inputs.name)] ?? {},
        secretOutputNames: [],
      };
    case "random:index/randomBytes:RandomBytes":
      return {
        base64: Buffer.from(`${options.randomness ?? ""}${args.name}`.padEnd(32, "#")).toString("base64"),
        hex: "",
      };
    case "random:index/randomPassword:RandomPassword":
      return { result: `random-${args.name}` };
    case "kubernetes:helm.sh/v3:Release":
      return {
        status: { revision: 1, chart: "chart", version: "0.1.0", appVersion: "1.0.0", status: "deployed" },
      };
    case "tls:index/selfSignedCert:SelfSignedCert":
    case "tls:index/locallySignedCert:LocallySignedCert":
      return { certPem: `-----BEGIN CERTIFICATE-----\n${args.name}\n-----END CERTIFICATE-----\n` };
    case "tls:index/privateKey:PrivateKey":
      return { privateKeyPem: `private-${args.name}` };
    case "tls:index/certRequest:CertRequest":
      return { certRequestPem: `request-${args.name}` };
    default:
      return {};
  }
}

function resolved<T>(value: T): Promise<T> {
  return new Promise((resolve) => pulumi.output(value).apply(() => resolve(value)));
}
