import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import type { Principal } from './principal.ts'

/** Whose names ours are: the authority of a SPIFFE ID. */
export const trustDomain = 'rpc-steps'

/** What somebody shows, and whom they believe. */
export type Credentials = Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>

/** A file that is not what it should be, such as half of it. Its message says which. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
  readonly code = 'ERR_CREDENTIALS'
}

/** What a file is read as. Throws CredentialsError. */
export function checked<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new CredentialsError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

// #region read-credentials
/**
 * Reads from a folder what `name` shows, and the authority to believe. Without a name there is nothing to show.
 * Rejects if a file is missing, or if certificate and key are no pair.
 */
export async function readCredentials(folder: string, name?: string): Promise<Credentials> {
  const read = (file: string) => readFile(join(folder, file), 'utf8')
  const ca = await read('authority.pem')
  // Without one that can be read, TLS would believe all that this system believes.
  checked(join(folder, 'authority.pem'), () => new X509Certificate(ca))
  if (name === undefined) return { ca }
  const [cert, key] = await Promise.all([read(`${name}.pem`), read(`${name}.key`)])
  const shown = checked(join(folder, `${name}.pem`), () => new X509Certificate(cert))
  const proof = checked(join(folder, `${name}.key`), () => createPrivateKey(key))
  if (!shown.checkPrivateKey(proof)) throw new CredentialsError(`${join(folder, name)}: the certificate and the key are no pair`)
  return { ca, cert, key }
}
// #endregion

// #region named-by
/**
 * Who a certificate is for: the name in its one SPIFFE ID, `spiffe://rpc-steps/NAME`, or its one DNS name.
 * With several names, or one that is not plain, it is for nobody. The common name is not asked: RFC 9525.
 */
export function namedBy({ subjectAltName, validTo }: X509Certificate): Principal | undefined {
  const match = /^(?:URI:spiffe:\/\/rpc-steps\/([\w-]{1,64})|DNS:([a-z\d.-]{1,253}))$/.exec(subjectAltName ?? '')
  const name = match?.[1] ?? match?.[2]
  return name === undefined ? undefined : { name, by: 'certificate', until: Date.parse(validTo) }
}
// #endregion
