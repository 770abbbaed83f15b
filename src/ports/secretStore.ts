/** Secrets that commands of model repositories name; the operator says which models may have them. */
export interface SecretStore {
  /** `secret_refused` where there is none of this name for this model; says nothing about which of both it is. */
  read(model: string, name: string): Promise<string>;
}
