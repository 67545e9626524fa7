import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { DaqError } from "../../model/errors.ts";
import { credentialHint } from "../store-error.ts";

/** A machine of Google's answers at once. */
const metadataPatienceMs = 3000;

/**
 * Looks where Google's package will look for application default credentials, which takes minutes to say that there are
 * none. Throws `DaqError("config")` within seconds.
 */
export async function findGcsCredentials(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
  answers: () => Promise<boolean> = () => metadataAnswers(env),
): Promise<void> {
  const { GOOGLE_APPLICATION_CREDENTIALS: named, CLOUDSDK_CONFIG: folder } = env;
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return;
    throw new DaqError("config", `GOOGLE_APPLICATION_CREDENTIALS names ${named}, which does not exist.`, {
      hint: credentialHint(url),
    });
  }
  const ofLogin = join(
    folder ?? join(homedir(), ".config", "gcloud"),
    "application_default_credentials.json",
  );
  if (existsSync(ofLogin) || (await answers())) return;
  throw new DaqError("config", `There are no credentials for ${url} on this machine.`, {
    hint: credentialHint(url),
  });
}

/** Whether this is a machine of Google's, which has a role of its own. */
async function metadataAnswers({ GCE_METADATA_HOST: host }: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    const { headers } = await fetch(`http://${host ?? "169.254.169.254"}/computeMetadata/v1/instance`, {
      headers: { "Metadata-Flavor": "Google" },
      signal: AbortSignal.timeout(metadataPatienceMs),
    });
    return headers.get("metadata-flavor") === "Google";
  } catch {
    return false;
  }
}
