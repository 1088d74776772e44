/** Who talked to whom in the network: written down in production, where one day somebody has to know, and kept. */
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { FlowLog } from "@pulumi/aws/ec2/flowLog.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { keeps, nameIn, nameTag, policyDocument, type Scope } from "./scope.ts";
import { logDays } from "./sizes.ts";

/**
 * All traffic of the VPC, into a log group of its own. The group is there in disposable stacks too, empty: one that left the
 * program with production would be deleted by that `up`, and its protection would end it.
 */
export function flowLogs(scope: Scope, vpcId: pulumi.Output<string>): void {
  const { name, stack, lifecycle, suffix, parent } = scope;
  const group = new LogGroup(
    `${name}-flow-logs`,
    {
      name: pulumi.interpolate`/portolan/${stack}-${suffix}/flow`,
      retentionInDays: logDays[lifecycle],
    },
    { parent, ...keeps(lifecycle) },
  );
  if (lifecycle === "disposable") return;
  const role = new Role(
    `${name}-flow-logs`,
    {
      name: nameIn(scope, "role", "flow-logs"),
      assumeRolePolicy: policyDocument({
        Action: "sts:AssumeRole",
        Principal: { Service: "vpc-flow-logs.amazonaws.com" },
      }),
    },
    { parent },
  );
  const write = new RolePolicy(
    `${name}-flow-logs`,
    {
      role: role.name,
      policy: policyDocument({
        Action: [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
          "logs:DescribeLogGroups",
          "logs:DescribeLogStreams",
        ],
        Resource: [group.arn, pulumi.interpolate`${group.arn}:*`],
      }),
    },
    { parent },
  );
  new FlowLog(
    `${name}-flow-logs`,
    {
      vpcId,
      trafficType: "ALL",
      logDestination: group.arn,
      iamRoleArn: role.arn,
      tags: nameTag(scope),
    },
    { parent, dependsOn: [write] },
  );
}
