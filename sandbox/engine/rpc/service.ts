import type grpc from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type {
  CheckRequest,
  CheckResponse as CheckResponseMessage,
  DiffRequest,
  DiffResponse as DiffResponseMessage,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { grpcError, unimplemented } from "./errors.ts";
import { Instances } from "./instances.ts";
import { empty, pluginMessages, providerMessages } from "./protobuf.ts";
import {
  type CheckArgs,
  type Checked,
  type DiffArgs,
  type Difference,
  type Failure,
  type PropertyChange,
  type ProviderFactory,
  targetOf,
} from "./provider.ts";
import { readStruct, writeStruct } from "./values.ts";

const {
  CheckFailure,
  CheckResponse,
  ConfigureResponse,
  CreateResponse,
  DiffResponse,
  GetMappingResponse,
  GetMappingsResponse,
  GetSchemaResponse,
  InvokeResponse,
  PropertyDiff,
  ProviderHandshakeResponse,
  ReadResponse,
  UpdateResponse,
} = providerMessages;

type Unary<Request, Response> = grpc.handleUnaryCall<Request, Response>;

function answer<Request, Response>(
  handle: (request: Request, peer: string) => Promise<Response>,
): Unary<Request, Response> {
  return (call, callback) => {
    handle(call.request, call.getPeer()).then(
      (response) => callback(null, response),
      (error: unknown) => callback(grpcError(error)),
    );
  };
}

function refuse<Request, Response>(what: string): Unary<Request, Response> {
  return (_call, callback) => callback(unimplemented(what));
}

function failureList(failures: Failure[]): InstanceType<typeof CheckFailure>[] {
  return failures.map(({ property, reason }) => {
    const message = new CheckFailure();
    message.setProperty(property);
    message.setReason(reason);
    return message;
  });
}

function checkArgs(request: CheckRequest): CheckArgs {
  return {
    ...targetOf(request.getUrn()),
    olds: readStruct(request.getOlds()),
    news: readStruct(request.getNews()),
    randomSeed: request.getRandomseed_asU8(),
  };
}

function checkResponse(checked: Checked): CheckResponseMessage {
  const response = new CheckResponse();
  response.setInputs(writeStruct(checked.inputs));
  response.setFailuresList(failureList(checked.failures));
  return response;
}

function diffArgs(request: DiffRequest | UpdateRequest): DiffArgs {
  return {
    ...targetOf(request.getUrn()),
    id: request.getId(),
    oldInputs: readStruct(request.getOldInputs()),
    oldOutputs: readStruct(request.getOlds()),
    news: readStruct(request.getNews()),
    ignoreChanges: request.getIgnorechangesList(),
  };
}

const { Kind } = PropertyDiff;
const kinds = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

function propertyDiff(change: PropertyChange): InstanceType<typeof PropertyDiff> {
  const message = new PropertyDiff();
  message.setKind(kinds[change.kind][change.replace ? 1 : 0]);
  message.setInputdiff(true);
  return message;
}

function diffResponse(difference: Difference): DiffResponseMessage {
  const response = new DiffResponse();
  const { changes } = difference;
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  response.setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setHasdetaileddiff(true);
  for (const change of changes) response.getDetaileddiffMap().set(change.path, propertyDiff(change));
  const top = (path: string): string => path.split(/[.[]/)[0] ?? path;
  response.setDiffsList([...new Set(changes.map((change) => top(change.path)))]);
  response.setReplacesList(changes.filter((change) => change.replace).map((change) => change.path));
  response.setDeletebeforereplace(difference.deleteBeforeReplace === true);
  return response;
}

/** The gRPC service around a provider. `version` is what the CLI shows and what a state file records. */
export function resourceProviderService(
  version: string,
  factory: ProviderFactory,
): { service: IResourceProviderServer; close(): void } {
  const instances = new Instances(factory);
  const at = (peer: string) => instances.configured(peer).provider;
  const service: IResourceProviderServer = {
    handshake: answer(async (request, peer) => {
      instances.begin(peer).engine = request.getEngineAddress();
      const response = new ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),
    attach: answer(async (request, peer) => {
      instances.of(peer).engine = request.getAddress();
      return new empty.Empty();
    }),
    getPluginInfo: answer(async () => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    getSchema: answer(async () => {
      const response = new GetSchemaResponse();
      response.setSchema("{}");
      return response;
    }),
    checkConfig: answer(async (request, peer) =>
      checkResponse(await instances.of(peer).provider.checkConfig(checkArgs(request))),
    ),
    diffConfig: answer(async (request, peer) =>
      diffResponse(await instances.of(peer).provider.diffConfig(diffArgs(request))),
    ),
    configure: answer(async (request, peer) => {
      const instance = instances.of(peer);
      await instance.provider.configure(readStruct(request.getArgs()));
      instance.configured = true;
      const response = new ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: answer(async (request, peer) => checkResponse(await at(peer).check(checkArgs(request)))),
    diff: answer(async (request, peer) => diffResponse(await at(peer).diff(diffArgs(request)))),
    create: answer(async (request, peer) => {
      const created = await at(peer).create({
        ...targetOf(request.getUrn()),
        news: readStruct(request.getProperties()),
        preview: request.getPreview(),
        timeout: request.getTimeout(),
      });
      const response = new CreateResponse();
      response.setId(created.id);
      response.setProperties(writeStruct(created.outputs));
      return response;
    }),
    read: answer(async (request, peer) => {
      const found = await at(peer).read({
        ...targetOf(request.getUrn()),
        id: request.getId(),
        inputs: readStruct(request.getInputs()),
        outputs: readStruct(request.getProperties()),
        timeout: request.getTimeout(),
      });
      const response = new ReadResponse();
      if (found === undefined) return response;
      response.setId(found.id);
      response.setInputs(writeStruct(found.inputs));
      response.setProperties(writeStruct(found.outputs));
      return response;
    }),
    update: answer(async (request, peer) => {
      const outputs = await at(peer).update({
        ...diffArgs(request),
        preview: request.getPreview(),
        timeout: request.getTimeout(),
      });
      const response = new UpdateResponse();
      response.setProperties(writeStruct(outputs));
      return response;
    }),
    delete: answer(async (request, peer) => {
      await at(peer).delete({
        ...targetOf(request.getUrn()),
        id: request.getId(),
        inputs: readStruct(request.getOldInputs()),
        outputs: readStruct(request.getProperties()),
        timeout: request.getTimeout(),
      });
      return new empty.Empty();
    }),
    invoke: answer(async (request, peer) => {
      const { result, failures } = await at(peer).invoke(
        request.getTok(),
        readStruct(request.getArgs()),
        request.getPreview(),
      );
      const response = new InvokeResponse();
      response.setReturn(writeStruct(result));
      response.setFailuresList(failureList(failures));
      return response;
    }),
    cancel: answer(async (_request, peer) => {
      await instances.of(peer).provider.cancel();
      return new empty.Empty();
    }),
    getMapping: answer(async () => new GetMappingResponse()),
    getMappings: answer(async () => new GetMappingsResponse()),
    parameterize: refuse("Parameterize"),
    call: refuse("Call"),
    construct: refuse("Construct"),
    list: (call) => {
      call.emit("error", unimplemented("List"));
    },
  };
  return { service, close: () => instances.close() };
}
