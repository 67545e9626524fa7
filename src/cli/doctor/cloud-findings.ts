import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Finding } from "./finding.ts";

type Cloud = {
  readonly scheme: string;
  readonly packages: readonly string[];
  readonly variables: readonly string[];
  /** Files below the home folder in which the vendor's tools keep credentials. */
  readonly files: readonly string[];
};

const clouds: readonly Cloud[] = [
  {
    scheme: "s3://",
    packages: ["@aws-sdk/client-s3"],
    variables: ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"],
    files: [".aws/credentials", ".aws/config"],
  },
  {
    scheme: "az://",
    packages: ["@azure/storage-blob", "@azure/identity"],
    variables: ["AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_CLIENT_ID"],
    files: [".azure/azureProfile.json"],
  },
  {
    scheme: "gs://",
    packages: ["@google-cloud/storage"],
    variables: ["GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"],
    files: [".config/gcloud/application_default_credentials.json"],
  },
];

/** Whether the package and any credentials of each cloud are there. Their values are never shown, and no store is asked. */
export function cloudFindings(
  env: NodeJS.ProcessEnv = process.env,
  home = homedir(),
  isInstalled: (name: string) => boolean = canImport,
): readonly Finding[] {
  return clouds.map(({ scheme, packages, variables, files }) => {
    const missing = packages.filter((name) => !isInstalled(name));
    const found = [
      ...variables.filter((name) => (env[name] ?? "") !== ""),
      ...files.filter((name) => existsSync(join(home, name))).map((name) => `~/${name}`),
    ];
    const credentials =
      found.length === 0
        ? "no credentials in the environment or in files (a machine of the cloud may have its own)"
        : `credentials: ${found.join(", ")}`;
    return {
      name: scheme,
      state: "ok",
      value: `${missing.length === 0 ? "package installed" : `${missing.join(", ")} not installed`}; ${credentials}`,
    };
  });
}

/** Whether a package that is optional is there; it is not loaded. */
export function canImport(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
