import { defineConfig } from "vitest/config";

/** Each cloud's provider and simulation: as fast as unit tests one by one, and many. */
const clouds = "tests/unit/{aws,azure,gcp,clouds,cloud-backend}-*.test.ts";

/** `unit` is what `npm test` runs: no cluster, no engine, nothing but npm. The others are run by `make test`. */
export default defineConfig({
  test: {
    // Left to itself, vitest keeps one processor free: half of them, where there are two.
    maxWorkers: "100%",
    projects: [
      {
        test: { name: "unit", include: ["tests/unit/**/*.test.ts"], exclude: [clouds], testTimeout: 10_000 },
      },
      { test: { name: "clouds", include: [clouds], testTimeout: 60_000 } },
      { test: { name: "charts", include: ["tests/charts/**/*.test.ts"], testTimeout: 120_000 } },
      {
        test: {
          name: "engine",
          include: ["tests/engine/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "conformance",
          include: ["tests/conformance/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          bail: 1,
        },
      },
      {
        test: {
          name: "sandbox",
          include: ["tests/sandbox/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
