import { afterEach } from "vitest";

export interface Verdict {
  /** Said at the end of what comes before the first rule. */
  begin(): void;
  /** Whether the rules have begun and none failed. Else the cluster is kept to be looked into, with its servers. */
  holds(): boolean;
}

/** Called in a `describe`, it hears of every rule in it. */
export function verdict(): Verdict {
  let holds = false;
  afterEach(({ task }) => {
    holds &&= task.result?.state !== "fail";
  });
  return {
    begin() {
      holds = true;
    },
    holds: () => holds,
  };
}
