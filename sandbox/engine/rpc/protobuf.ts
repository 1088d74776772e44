import { createRequire } from "node:module";

/**
 * The generated gRPC modules of the Pulumi SDK, and the google-protobuf that they use.
 * The SDK brings a google-protobuf of its own: a Struct made by another copy would not serialise inside its messages.
 */
const load = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));

export const providerMessages: typeof import("@pulumi/pulumi/proto/provider_pb.js") = load(
  "@pulumi/pulumi/proto/provider_pb.js",
);
export const providerService: typeof import("@pulumi/pulumi/proto/provider_grpc_pb.js") = load(
  "@pulumi/pulumi/proto/provider_grpc_pb.js",
);
export const languageMessages: typeof import("@pulumi/pulumi/proto/language_pb.js") = load(
  "@pulumi/pulumi/proto/language_pb.js",
);
export const languageService: typeof import("@pulumi/pulumi/proto/language_grpc_pb.js") = load(
  "@pulumi/pulumi/proto/language_grpc_pb.js",
);
export const pluginMessages: typeof import("@pulumi/pulumi/proto/plugin_pb.js") = load(
  "@pulumi/pulumi/proto/plugin_pb.js",
);
export const engineMessages: typeof import("@pulumi/pulumi/proto/engine_pb.js") = load(
  "@pulumi/pulumi/proto/engine_pb.js",
);
export const engineService: typeof import("@pulumi/pulumi/proto/engine_grpc_pb.js") = load(
  "@pulumi/pulumi/proto/engine_grpc_pb.js",
);
export const statusMessages: typeof import("@pulumi/pulumi/proto/status_pb.js") = load(
  "@pulumi/pulumi/proto/status_pb.js",
);
export const struct: typeof import("google-protobuf/google/protobuf/struct_pb.js") = load(
  "google-protobuf/google/protobuf/struct_pb.js",
);
export const empty: typeof import("google-protobuf/google/protobuf/empty_pb.js") = load(
  "google-protobuf/google/protobuf/empty_pb.js",
);
export const any: typeof import("google-protobuf/google/protobuf/any_pb.js") = load(
  "google-protobuf/google/protobuf/any_pb.js",
);
