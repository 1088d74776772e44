/** Tokens of the types that others name. */
export const t = {
  service: "gcp:projects/service:Service",
  projectMember: "gcp:projects/iAMMember:IAMMember",
  network: "gcp:compute/network:Network",
  subnet: "gcp:compute/subnetwork:Subnetwork",
  router: "gcp:compute/router:Router",
  nat: "gcp:compute/routerNat:RouterNat",
  address: "gcp:compute/address:Address",
  globalAddress: "gcp:compute/globalAddress:GlobalAddress",
  forwardingRule: "gcp:compute/forwardingRule:ForwardingRule",
  connection: "gcp:servicenetworking/connection:Connection",
  serviceAccount: "gcp:serviceaccount/account:Account",
  keyRing: "gcp:kms/keyRing:KeyRing",
  cryptoKey: "gcp:kms/cryptoKey:CryptoKey",
  keyMember: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
  cluster: "gcp:container/cluster:Cluster",
  database: "gcp:sql/databaseInstance:DatabaseInstance",
  databaseUser: "gcp:sql/user:User",
  zone: "gcp:dns/managedZone:ManagedZone",
  record: "gcp:dns/recordSet:RecordSet",
  redis: "gcp:redis/instance:Instance",
  bucket: "gcp:storage/bucket:Bucket",
  bucketMember: "gcp:storage/bucketIAMMember:BucketIAMMember",
  secret: "gcp:secretmanager/secret:Secret",
  secretVersion: "gcp:secretmanager/secretVersion:SecretVersion",
} as const;

/** What the cloud makes by itself, and no program declares here. */
export const own = {
  disk: "gcp:compute/disk:Disk",
  backup: "gcp:sql/backup:Backup",
} as const;
