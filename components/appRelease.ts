/**
 * Installs an application's chart as one Helm release, on whatever platform the bindings came from, and beside it what
 * that chart leaves out.
 */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChartRef, ChartValues } from "../apps/app.ts";
import { additionsChart, additionsRelease } from "./additions.ts";

export interface AppReleaseArgs {
  /** Name of the Helm release, and of what the chart names after it. */
  readonly release: string;
  readonly namespace: pulumi.Input<string>;
  readonly chart: ChartRef;
  readonly values: ChartValues;
  /** Values of charts/additions; undefined where the chart draws everything itself. */
  readonly additions: ChartValues | undefined;
  /** Seconds until a release that is not ready is rolled back. */
  readonly timeout: number;
  /** Mends what an interrupted run left of it: one pair of hooks for all releases of a stack. */
  readonly repair: pulumi.ResourceHookBinding;
  /** What else must be so before it is installed or upgraded. */
  readonly hooks?: pulumi.ResourceHookBinding | undefined;
  /** What must stand first. An argument, because a component's own `dependsOn` does not reach its children. */
  readonly ready: readonly pulumi.Resource[];
}

export class AppRelease extends pulumi.ComponentResource {
  readonly release: k8s.helm.v3.Release;
  readonly revision: pulumi.Output<number>;
  readonly chart: pulumi.Output<string>;
  readonly chartVersion: pulumi.Output<string>;
  readonly appVersion: pulumi.Output<string>;

  constructor(name: string, args: AppReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:AppRelease", name, {}, opts);
    const { chart, values, ready } = args;
    this.release = this.#install(`${name}-release`, args, { release: args.release, chart, values, ready });
    if (args.additions) {
      this.#install(`${name}-additions`, args, {
        release: additionsRelease,
        chart: additionsChart,
        values: args.additions,
        ready: [this.release],
      });
    }
    const { status } = this.release;
    this.revision = status.revision;
    this.chart = status.chart;
    this.chartVersion = status.version;
    this.appVersion = status.appVersion;
    this.registerOutputs({ revision: this.revision, appVersion: this.appVersion });
  }

  #install(
    name: string,
    { namespace, timeout, repair, hooks }: AppReleaseArgs,
    { release, chart, values, ready }: Pick<AppReleaseArgs, "release" | "chart" | "values" | "ready">,
  ): k8s.helm.v3.Release {
    return new k8s.helm.v3.Release(
      name,
      {
        name: release,
        namespace,
        ...chartArgs(chart),
        values,
        // A failed migration or a pod that never gets ready puts the release back to what served before.
        atomic: true,
        cleanupOnFail: true,
        waitForJobs: true,
        timeout,
        maxHistory: 5,
        takeOwnership: true,
      },
      {
        parent: this,
        dependsOn: [...ready],
        hooks: joined(repair, hooks),
      },
    );
  }
}

function joined(
  one: pulumi.ResourceHookBinding,
  other: pulumi.ResourceHookBinding = {},
): pulumi.ResourceHookBinding {
  return {
    beforeCreate: [...(one.beforeCreate ?? []), ...(other.beforeCreate ?? [])],
    beforeUpdate: [...(one.beforeUpdate ?? []), ...(other.beforeUpdate ?? [])],
  };
}

function chartArgs(chart: ChartRef): Pick<k8s.helm.v3.ReleaseArgs, "chart" | "version" | "repositoryOpts"> {
  if ("path" in chart) return { chart: chart.path };
  if ("oci" in chart) return { chart: chart.oci, version: chart.version };
  return { chart: chart.name, version: chart.version, repositoryOpts: { repo: chart.repository } };
}
