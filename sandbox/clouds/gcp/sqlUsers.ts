/** Users of Cloud SQL: roles of the real server. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import type { PostgresSpec } from "../core/backend.ts";
import type { Kind, Making, World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { ipOf, majorOf } from "./sqlSettings.ts";
import { t } from "./types.ts";
import { given, guarded } from "./words.ts";

/** The server of an instance, for one of its users. */
export function specOf(
  { id, inputs, outputs }: Pick<Making, "id" | "inputs" | "outputs">,
  user: Pick<PostgresSpec, "username" | "password">,
): PostgresSpec {
  const [host = "", ...names] = textsAt(outputs, "dnsNames[].name").map((name) => name.replace(/\.$/, ""));
  return {
    id,
    host,
    names,
    port: 5432,
    version: String(majorOf(inputs)),
    ...user,
    requireTls: ["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"].includes(
      textOf(ipOf(inputs), "sslMode"),
    ),
  };
}

/** The instance of a user, with what a server needs of it. */
function instanceOf(world: World, inputs: PlainBag) {
  return world.store.find(t.database, textOf(inputs, "instance"));
}

const guardedUser: Kind = guarded("sqladmin", {
  inputs: {
    instance: { refers: { to: t.database, by: ["name", "id"], atDelete: "cascade" }, replaces: true },
    name: { range: [1, 63], replaces: true },
    host: { replaces: true },
    type: {
      options: ["BUILT_IN", "CLOUD_IAM_USER", "CLOUD_IAM_SERVICE_ACCOUNT", "CLOUD_IAM_GROUP"],
      replaces: true,
    },
    password: { secret: true, range: [1, 128] },
  },
  refuse: (inputs) => [
    ...(inputs.password === undefined && (inputs.type ?? "BUILT_IN") === "BUILT_IN"
      ? ['"password" is needed with type BUILT_IN']
      : []),
    ...((inputs.type ?? "BUILT_IN") === "BUILT_IN"
      ? []
      : ['"type" must be BUILT_IN: accounts of IAM are not simulated']),
    ...(/^cloudsql/.test(given({ inputs }, "name"))
      ? ['"name" must not begin with "cloudsql": Google keeps these']
      : []),
  ],
  // The API updates a user that is there already.
  puts: true,
  id: (making) => `${given(making, "name")}//${given(making, "instance")}`,
  imports: (record) => `${record.account}/${given(record, "instance")}/${given(record, "name")}`,
  behind: async ({ world, inputs }) => {
    const server = instanceOf(world, inputs);
    if (server === undefined) return undefined;
    const login = { username: given({ inputs }, "name"), password: given({ inputs }, "password") };
    await world.backend.postgres.ensure(specOf(server, login));
    return undefined;
  },
  remove: async ({ world, record }) => {
    const server = instanceOf(world, record.inputs);
    if (server === undefined || server.kept !== undefined) return;
    // Nobody knows the password any more: what is left of the role cannot log in.
    const password = digest(40, "gone", record.id, String(world.now()), String(Math.random()));
    await world.backend.postgres.ensure(
      specOf(server, { username: textOf(record.inputs, "name"), password }),
    );
  },
});

/** An abandoned user is the instance's, and goes with it. */
export const user: Kind = { ...guardedUser, keeps: () => undefined };
