import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckSpec, expect, expectFailure } from "../checks.ts";
import { type Client, openClient, reach, type SmokeContext } from "./context.ts";
import { echo, element, type Peer, pixels, store } from "./dicom.ts";
import { orthancIsolation } from "./orthancIsolation.ts";
import { orthancReplicas } from "./orthancReplicas.ts";
import { findInstance, readInstance, studiesOf, systemOf, uploadInstance } from "./orthancRest.ts";
import { imagesOf, type TestImages } from "./testImages.ts";
import { strangerCa } from "./wrongCa.ts";

/** A tenant's archive with all that is needed to use it as a hospital would. */
export interface Archive {
  readonly client: Client;
  readonly images: TestImages;
  readonly peer: Peer;
  /** The same peer, with an authority that signed nothing. */
  readonly stranger: Peer;
}

/** Opens the archive of a tenant: writes the certificates that dcmtk reads into the work folder. */
export async function openArchive(
  context: SmokeContext,
  slug: string,
  imagesFolder: string,
): Promise<Archive> {
  const client = await openClient(context, slug);
  const dicom = client.tenant.tcp.dicom;
  if (dicom === undefined) throw new Error(`tenant ${slug} has no TCP service dicom: the edge gave it none`);
  mkdirSync(context.work, { recursive: true });
  const [caFile, strangerFile] = [
    join(context.work, `${slug}-ca.pem`),
    join(context.work, `${slug}-stranger.pem`),
  ];
  writeFileSync(caFile, client.ca);
  writeFileSync(strangerFile, await strangerCa());
  const { DicomAet } = await systemOf(context, client);
  const peer = { address: dicom.address ?? context.edge, port: dicom.port, caFile, aet: DicomAet };
  return { client, images: imagesOf(imagesFolder, slug), peer, stranger: { ...peer, caFile: strangerFile } };
}

/** The checks of one archive that need no other. */
function ownChecks(context: SmokeContext, archive: Archive): CheckSpec[] {
  const { client, images, peer, stranger } = archive;
  const { slug } = client.tenant;
  return [
    {
      name: `${slug} answers over HTTPS with a verified certificate`,
      run: async () => {
        const { names } = await reach(context, client, "/");
        const { Name, Version } = await systemOf(context, client);
        return `Orthanc ${Version} "${Name}", certificate for ${names}`;
      },
    },
    {
      name: `${slug} refuses a client without credentials`,
      run: async () => {
        const { status } = await reach(context, client, "/system");
        expect(status === 401, `HTTP ${status} without credentials, expected 401`);
        return "HTTP 401";
      },
    },
    {
      name: `a client with the wrong CA is refused by ${slug} over HTTPS`,
      run: async () => {
        const ca = readFileSync(stranger.caFile, "utf8");
        return await expectFailure(
          "HTTPS",
          () => reach(context, client, "/system", { ca }),
          /[^.;]*(certificate|signature)[^.;]*/i,
        );
      },
    },
    {
      name: `a client with the wrong CA is refused by ${slug} over DICOM`,
      run: () => expectFailure("C-ECHO", () => echo(stranger), /certificate verify failed/i),
    },
    {
      name: `${slug} answers C-ECHO over TLS`,
      run: async () => {
        await echo(peer);
        return `${peer.aet} at ${peer.address}:${peer.port}`;
      },
    },
    {
      name: `${slug} stores an image by C-STORE and gives the same pixel data back over REST`,
      run: async () => {
        await store(peer, images.stored);
        return await samePixels(context, archive);
      },
    },
    {
      name: `${slug} gives an upload over HTTPS back byte for byte`,
      run: async () => {
        const sent = readFileSync(images.uploaded);
        const back = await readInstance(context, client, await uploadInstance(context, client, sent));
        expect(sent.equals(back), `${sent.length} bytes sent, ${back.length} other bytes came back`);
        return `${sent.length} bytes, sha256 ${hash(sent).slice(0, 16)}…`;
      },
    },
  ];
}

function hash(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Asserts that the image that was sent is in the archive, once, with the pixels it had. Also: "data intact". */
export async function samePixels(context: SmokeContext, archive: Archive): Promise<string> {
  const { client, images } = archive;
  const slug = client.tenant.slug;
  const found = await findInstance(context, client, await element(images.stored, "SOPInstanceUID"));
  const [id] = found;
  expect(
    id !== undefined && found.length === 1,
    `${slug} holds the image ${found.length} times, expected once`,
  );
  const work = join(context.work, `pixels-${slug}`);
  const file = `${work}.dcm`;
  writeFileSync(file, await readInstance(context, client, id));
  const [sent, back] = [await pixels(images.stored, `${work}-sent`), await pixels(file, `${work}-back`)];
  expect(sent.hash === back.hash, `pixel data differs: sent ${sent.hash}, read ${back.hash}`);
  return `${sent.bytes} bytes of pixels, sha256 ${sent.hash.slice(0, 16)}…`;
}

/** Between two archives: nothing of one is seen or taken by the other. */
function betweenChecks(context: SmokeContext, one: Archive, other: Archive): CheckSpec[] {
  const [a, b] = [one.client.tenant.slug, other.client.tenant.slug];
  return [
    {
      name: `${a}'s credentials are refused at ${b}`,
      run: async () => {
        const borrowed = { ...other.client, secrets: one.client.secrets };
        const answer = await systemOf(context, borrowed).then(
          () => "accepted",
          (thrown: unknown) => String(thrown),
        );
        expect(answer.includes("HTTP 401"), `${a}'s credentials at ${b}: ${answer}, expected HTTP 401`);
        return "HTTP 401";
      },
    },
    {
      name: `${a}'s studies are not visible at ${b}`,
      run: async () => {
        const [mine, theirs] = [await studiesOf(context, one.client), await studiesOf(context, other.client)];
        const both = mine.filter((study) => theirs.includes(study));
        expect(
          mine.length > 0 && both.length === 0,
          `${mine.length} studies at ${a}, ${both.length} of them also at ${b}`,
        );
        return `${mine.length} at ${a}, ${theirs.length} at ${b}, none in both`;
      },
    },
    {
      name: `a client without SNI on ${a}'s DICOM port never reaches ${b}`,
      run: () => orthancIsolation.withoutSni(context, one, other),
    },
  ];
}

/** Every check of Orthanc's smoke, in groups: the checks of a group do not depend on each other, the groups do. */
export async function orthancChecks(
  context: SmokeContext,
  slugs: readonly string[],
  imagesFolder: string,
): Promise<CheckSpec[][]> {
  const archives = await Promise.all(slugs.map((slug) => openArchive(context, slug, imagesFolder)));
  const [first, second] = archives;
  const own = archives.flatMap((archive) => ownChecks(context, archive));
  if (first === undefined || second === undefined) return [own];
  return [
    own,
    [...betweenChecks(context, first, second), ...betweenChecks(context, second, first)],
    [orthancIsolation.fromInside(context, first, second)],
    [orthancReplicas.twoServeOne(context, first)],
    [orthancReplicas.stopsInTime(context, first)],
  ];
}
