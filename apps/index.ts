/** Every application, by name. Adding one is one file and one line here. */
import type { App } from "./app.ts";
import { orthanc } from "./orthanc.ts";
import { probe } from "./probe.ts";

export const apps: Readonly<Record<string, App>> = { orthanc, probe };
