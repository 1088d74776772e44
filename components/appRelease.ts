/** Installs an application's chart as one Helm release, on whatever platform the bindings came from. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChartRef, ChartValues } from "../apps/app.ts";

export interface AppReleaseArgs {
  /** Name of the Helm release, and of what the chart names after it. */
  readonly release: string;
  readonly namespace: pulumi.Input<string>;
  readonly chart: ChartRef;
  readonly values: ChartValues;
  /** Seconds until a release that is not ready is rolled back. */
  readonly timeout: number;
  /** Mend what an interrupted run left of it. */
  readonly hooks: pulumi.ResourceHookBinding;
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
    this.release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: args.release,
        namespace: args.namespace,
        ...chartArgs(args.chart),
        values: args.values,
        // A failed migration or a pod that never gets ready puts the release back to what served before.
        atomic: true,
        cleanupOnFail: true,
        waitForJobs: true,
        timeout: args.timeout,
        maxHistory: 5,
        takeOwnership: true,
      },
      {
        parent: this,
        dependsOn: [...args.ready],
        hooks: args.hooks,
      },
    );
    const { status } = this.release;
    this.revision = status.revision;
    this.chart = status.chart;
    this.chartVersion = status.version;
    this.appVersion = status.appVersion;
    this.registerOutputs({ revision: this.revision, appVersion: this.appVersion });
  }
}

function chartArgs(chart: ChartRef): Pick<k8s.helm.v3.ReleaseArgs, "chart" | "version" | "repositoryOpts"> {
  if ("path" in chart) return { chart: chart.path };
  if ("oci" in chart) return { chart: chart.oci, version: chart.version };
  return { chart: chart.name, version: chart.version, repositoryOpts: { repo: chart.repository } };
}
