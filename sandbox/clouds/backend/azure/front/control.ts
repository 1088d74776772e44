/** What the backend tells the front; nobody else has its key. */
import { timingSafeEqual } from "node:crypto";
import { controlPath } from "../names.ts";
import { bearer } from "../tokens.ts";
import type { Answer, Question } from "./answer.ts";
import { accountsSchema, directorySchema, type State } from "./state.ts";

export function answerControl(state: State, key: string, question: Question): Answer {
  const given = Buffer.from(bearer(question.authorization) ?? "");
  const wanted = Buffer.from(key);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return { status: 403, body: { message: "this is for the backend of the simulated cloud" } };
  const { method } = question;
  const [, what = "", name = ""] = question.url.pathname.slice(controlPath.length).split("/");
  const { [name]: kept, ...others } = state.now.vaults;
  if (method === "PUT" && what === "directory") {
    state.change({ directory: directorySchema.parse(JSON.parse(question.body)) });
    return { status: 200, body: {} };
  }
  if (method === "PUT" && what === "accounts") {
    state.change({ accounts: accountsSchema.parse(JSON.parse(question.body)) });
    return { status: 200, body: {} };
  }
  if (what !== "vaults" || name === "") return { status: 404, body: { message: question.url.pathname } };
  if (method === "PUT") state.change({ vaults: { ...others, [name]: kept ?? {} } });
  if (method === "DELETE") state.change({ vaults: others });
  return { status: 200, body: {} };
}
