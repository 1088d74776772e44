import { describe, expect, it } from "vitest";
import { randomProvider } from "../../sandbox/engine/random/index.ts";
import { Instances } from "../../sandbox/engine/rpc/instances.ts";

describe("the providers of connections", () => {
  it("are one for each, and a new one when another engine comes from the same port", () => {
    const instances = new Instances(randomProvider("0.0.0"));
    const first = instances.begin("127.0.0.1:5000");
    first.configured = true;
    expect(instances.of("127.0.0.1:5000")).toBe(first);
    expect(instances.of("127.0.0.1:5001")).not.toBe(first);
    const second = instances.begin("127.0.0.1:5000");
    expect(second).not.toBe(first);
    expect(second.configured).toBe(false);
  });

  it("serve a connection that began anew without settings only when one provider alone has any", () => {
    const instances = new Instances(randomProvider("0.0.0"));
    expect(() => instances.configured("127.0.0.1:1")).toThrow(
      "has not been configured. Run the command again",
    );
    const only = instances.begin("127.0.0.1:2");
    only.configured = true;
    expect(instances.configured("127.0.0.1:1")).toBe(only);
    instances.begin("127.0.0.1:3").configured = true;
    expect(() => instances.configured("127.0.0.1:1")).toThrow("has not been configured");
  });
});
