/** Resource Groups Tagging: what carries certain tags. */
import type { CloudFunction, World } from "../core/kind.ts";
import { bagOf, textOf, textsAt } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { t } from "./types.ts";
import { arn } from "./words.ts";

/** Services whose things the tagging API finds, by their types. What carries no tags it does not know. */
const tagged: Readonly<Record<string, (record: CloudRecord, world: World) => string>> = {
  ...Object.fromEntries(
    [
      [t.vpc, "vpc"],
      [t.subnet, "subnet"],
      [t.internetGateway, "internet-gateway"],
      [t.eip, "elastic-ip"],
      [t.natGateway, "natgateway"],
      [t.routeTable, "route-table"],
      [t.vpcEndpoint, "vpc-endpoint"],
      [t.securityGroup, "security-group"],
      [t.flowLog, "vpc-flow-log"],
      [t.ingressRule, "security-group-rule"],
    ].map(([type = "", word = ""]) => [type, ({ id }, world) => arn(world, "ec2", `${word}/${id}`)]),
  ),
  [t.podIdentityAssociation]: ({ id, inputs }, world) =>
    arn(world, "eks", `podidentityassociation/${textOf(inputs, "clusterName")}/${id}`),
  [t.key]: ({ id }, world) => arn(world, "kms", `key/${id}`),
  [t.secret]: ({ id }) => id,
  [t.fileSystem]: ({ id }, world) => arn(world, "elasticfilesystem", `file-system/${id}`),
};

export const getResources: CloudFunction = (args, world) => {
  const filters = Array.isArray(args.tagFilters)
    ? args.tagFilters.map((filter) => bagOf({ filter }, "filter"))
    : [];
  const found = world.store.living(Object.keys(tagged)).filter((record) => {
    const tags = bagOf(record.outputs, "tagsAll");
    return (
      record.region === world.region &&
      filters.every((filter) => textsAt(filter, "values[]").includes(textOf(tags, textOf(filter, "key"))))
    );
  });
  return {
    ...args,
    id: world.region,
    region: world.region,
    resourceTagMappingLists: found.map((record) => ({
      resourceArn: tagged[record.type]?.(record, world) ?? "",
      tags: bagOf(record.outputs, "tagsAll"),
      complianceDetails: [],
    })),
  };
};
