const stores = "aws|s3|az|azure|azure_storage|gs|gcs|google|google_application|storage|store|cloud";
const secrets =
  "access_key|access_key_id|secret|secret_key|secret_access_key|session_token|token|account_key|sas|sas_token|connection_string|password|passwd|credentials?|credentials_file|api_key|private_key|key_file";

const credential = new RegExp(`^(?:(?:${stores})_)?(?:${secrets})$`, "i");

/** Why a key that is to hold a credential of a store is refused; undefined for every other key. */
export function credentialProblem(key: string): string | undefined {
  if (!credential.test(key.replaceAll("-", "_"))) return undefined;
  return "credentials do not belong into a configuration, which is copied into files and shown to people; set them in the environment or where the store's own tools look for them (docs/cloud.md)";
}
