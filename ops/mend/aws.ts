/** AWS: ids as the section "Import" of each resource's page in the provider's documentation gives them. */
import type { Rule } from "./rules.ts";

const put: Rule = { again: "AWS puts it: the same request again changes nothing" };

/** A thing whose id AWS makes up: `arn` finds it by its tags, and has its id in the first group. */
const tagged = (arn: RegExp, look: string): Rule => ({ find: { arn, look } });

const ec2 = (word: string, describe: string, prefix: string): Rule =>
  tagged(
    new RegExp(`:ec2:[^:]*:\\d*:${word}/(${prefix}-\\w+)$`),
    `aws ec2 ${describe} --filters 'Name=tag:portolan:stack,Values={stack}'`,
  );

const files = "aws efs describe-mount-targets --file-system-id {fileSystemId}";

export const aws: Readonly<Record<string, Rule>> = {
  "aws:ec2/vpc:Vpc": ec2("vpc", "describe-vpcs", "vpc"),
  "aws:ec2/subnet:Subnet": ec2("subnet", "describe-subnets", "subnet"),
  "aws:ec2/internetGateway:InternetGateway": ec2("internet-gateway", "describe-internet-gateways", "igw"),
  "aws:ec2/eip:Eip": ec2("elastic-ip", "describe-addresses", "eipalloc"),
  "aws:ec2/natGateway:NatGateway": ec2("natgateway", "describe-nat-gateways", "nat"),
  "aws:ec2/routeTable:RouteTable": ec2("route-table", "describe-route-tables", "rtb"),
  "aws:ec2/route:Route": { id: "{routeTableId}_{destinationCidrBlock}" },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": { id: "{subnetId}/{routeTableId}" },
  "aws:ec2/vpcEndpoint:VpcEndpoint": ec2("vpc-endpoint", "describe-vpc-endpoints", "vpce"),
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    again: "it is the VPC's own, and only adopted",
  },
  "aws:ec2/securityGroup:SecurityGroup": ec2("security-group", "describe-security-groups", "sg"),
  "aws:ec2/flowLog:FlowLog": ec2("vpc-flow-log", "describe-flow-logs", "fl"),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ec2(
    "security-group-rule",
    "describe-security-group-rules",
    "sgr",
  ),
  "aws:eks/cluster:Cluster": { id: "{name}" },
  "aws:eks/accessEntry:AccessEntry": { id: "{clusterName}:{principalArn}" },
  "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": put,
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
    find: {
      arn: /:eks:[^:]*:\d*:podidentityassociation\/[^/]+\/(a-\w+)$/,
      id: "{clusterName},{found}",
      look: "aws eks list-pod-identity-associations --cluster-name {clusterName} --namespace {namespace}",
    },
  },
  "aws:eks/addon:Addon": { id: "{clusterName}:{addonName}" },
  "aws:iam/role:Role": { id: "{name}" },
  "aws:iam/rolePolicy:RolePolicy": { id: "{role}:{name}" },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": put,
  "aws:kms/key:Key": tagged(
    /:kms:[^:]*:\d*:key\/([\w-]+)$/,
    "aws resourcegroupstaggingapi get-resources --resource-type-filters kms:key --tag-filters 'Key=portolan:stack,Values={stack}'",
  ),
  "aws:kms/alias:Alias": { id: "{name}" },
  "aws:cloudwatch/logGroup:LogGroup": { id: "{name}" },
  "aws:rds/subnetGroup:SubnetGroup": { id: "{name}" },
  "aws:rds/parameterGroup:ParameterGroup": { id: "{name}" },
  "aws:rds/instance:Instance": { id: "{identifier}" },
  "aws:elasticache/replicationGroup:ReplicationGroup": { id: "{replicationGroupId}" },
  "aws:elasticache/user:User": { id: "{userId}" },
  "aws:elasticache/userGroup:UserGroup": { id: "{userGroupId}" },
  "aws:elasticache/userGroupAssociation:UserGroupAssociation": { id: "{userGroupId},{userId}" },
  "aws:elasticache/parameterGroup:ParameterGroup": { id: "{name}" },
  "aws:elasticache/subnetGroup:SubnetGroup": { id: "{name}" },
  "aws:s3/bucket:Bucket": { id: "{bucket}" },
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": put,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": put,
  "aws:s3/bucketVersioning:BucketVersioning": put,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": put,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": put,
  "aws:s3/bucketPolicy:BucketPolicy": put,
  "aws:route53/record:Record": { id: "{zoneId}_{name}_{type}" },
  "aws:secretsmanager/secret:Secret": {
    find: {
      named: true,
      arn: /^(arn:[^:]+:secretsmanager:[^:]*:\d*:secret:.+)$/,
      look: "aws secretsmanager describe-secret --secret-id {name}",
    },
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    again: "the same value becomes one more version, and goes with its secret",
  },
  "aws:efs/fileSystem:FileSystem": tagged(
    /:elasticfilesystem:[^:]*:\d*:file-system\/(fs-\w+)$/,
    "aws efs describe-file-systems",
  ),
  "aws:efs/backupPolicy:BackupPolicy": put,
  "aws:efs/fileSystemPolicy:FileSystemPolicy": put,
  // IAM's tags are asked for in another region than the stack's.
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
    find: { look: "aws iam list-open-id-connect-providers" },
  },
  // It carries no tags.
  "aws:efs/mountTarget:MountTarget": { find: { look: files } },
};
