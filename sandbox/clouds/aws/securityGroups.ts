/** Security groups and their rules, each a resource of its own. */
import { type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { inVpc, onlyOne } from "./networkRules.ts";
import { t } from "./types.ts";
import { arn, freshId, given } from "./words.ts";

const anyGroup = { to: [t.securityGroup, t.defaultSecurityGroup] } as const;
export const groups = { refers: anyGroup } as const;

const securityGroup: Kind = {
  inputs: {
    vpcId: inVpc,
    name: {
      range: [1, 255],
      pattern: /^(?!sg-)/,
      says: "a name that does not begin with sg-",
      replaces: true,
    },
    description: {
      default: "Managed by Pulumi",
      pattern: /^[0-9A-Za-z_ .:/()#,@[\]+=&;{}!$*-]*$/,
      says: "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*",
      range: [0, 255],
      replaces: true,
    },
  },
  naming: {
    property: "name",
    scope: "region",
    within: "vpcId",
    auto: { limit: 255 },
    taken: "InvalidGroup.Duplicate",
  },
  id: () => freshId("sg"),
  outputs: {
    arn: ({ world, id }) => arn(world, "ec2", `security-group/${id}`),
    ownerId: ({ world }) => world.account,
  },
};

/** The VPC's own group: adopted, never made; it stays when it is forgotten. */
const defaultSecurityGroup: Kind = {
  inputs: { vpcId: { refers: { to: t.vpc, atDelete: "cascade" }, replaces: true, required: true } },
  puts: true,
  id: ({ world, inputs }) => {
    const id = world.store.find(t.vpc, given({ inputs }, "vpcId"))?.outputs.defaultSecurityGroupId;
    return typeof id === "string" ? id : "";
  },
  outputs: {
    arn: ({ world, id }) => arn(world, "ec2", `security-group/${id}`),
    name: () => "default",
    description: () => "default VPC security group",
    ownerId: ({ world }) => world.account,
  },
};

const sources = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];

function rule(type: string): Kind {
  return {
    inputs: {
      securityGroupId: { refers: { ...anyGroup, atDelete: "cascade" }, replaces: true },
      referencedSecurityGroupId: { refers: anyGroup },
      fromPort: { range: [-1, 65535] },
      toPort: { range: [-1, 65535] },
    },
    refuse: (inputs) => [
      ...onlyOne(inputs, sources),
      ...(inputs.ipProtocol !== "-1" && (inputs.fromPort === undefined || inputs.toPort === undefined)
        ? ['"fromPort" and "toPort" are needed unless "ipProtocol" is "-1"']
        : []),
    ],
    id: () => freshId("sgr"),
    admit: ({ world, inputs, id }) => {
      const key = (from: typeof inputs) =>
        digest(
          16,
          ...["securityGroupId", "ipProtocol", "fromPort", "toPort", ...sources].map((name) =>
            JSON.stringify(from[name]),
          ),
        );
      const other = world.store
        .living([type])
        .find((found) => found.id !== id && key(found.inputs) === key(inputs));
      if (other !== undefined)
        throw new Refused(`InvalidPermission.Duplicate: the specified rule already exists, ${other.id}`);
    },
    outputs: {
      arn: ({ world, id }) => arn(world, "ec2", `security-group-rule/${id}`),
      securityGroupRuleId: ({ id }) => id,
    },
  };
}

export const securityGroups: Readonly<Record<string, Kind>> = {
  [t.securityGroup]: securityGroup,
  [t.defaultSecurityGroup]: defaultSecurityGroup,
  [t.ingressRule]: rule(t.ingressRule),
  [t.egressRule]: rule(t.egressRule),
};
