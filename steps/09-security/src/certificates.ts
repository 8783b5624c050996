import 'reflect-metadata' // what x509 is built on asks for it, and it must be there first
import type { webcrypto } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { exportPKCS8, exportSPKI, importPKCS8, SignJWT } from 'jose'
import { audience, issuer, algorithm as tokenAlgorithm } from './token.ts'
import { trustDomain } from './credentials.ts'

/** ECDSA on the curve P-256: TLS, JSON Web Tokens and every system know it. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 24 * 60 * 60 * 1000

/** Whom a certificate names, and for what it is. */
type Names = x509.JsonGeneralNames
const forServers = x509.ExtendedKeyUsage.serverAuth
const forClients = x509.ExtendedKeyUsage.clientAuth

// #region authority
/** Whoever signs: those who trust it believe what it has signed, and nobody else can sign so. */
export class Authority {
  readonly certificate: x509.X509Certificate
  readonly #key: webcrypto.CryptoKey

  private constructor(certificate: x509.X509Certificate, key: webcrypto.CryptoKey) {
    this.certificate = certificate
    this.#key = key
  }

  /** A new one, with a key of its own. */
  static async create(name = 'an authority of the course', days = 3650): Promise<{ authority: Authority; key: string }> {
    const keys = await makeKeys()
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [name] }], keys, signingAlgorithm: algorithm, ...validFor(days),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true), // it signs for ends, and for no further authority
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    })
    return { authority: new Authority(certificate, keys.privateKey), key: await pemOf(keys.privateKey) }
  }

  /** One that was made before. Both as PEM. */
  static async read(certificate: string, key: string): Promise<Authority> {
    const bytes = x509.PemConverter.decodeFirst(key)
    const imported = await crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign'])
    return new Authority(new x509.X509Certificate(certificate), imported)
  }

  /** A server, by the names and addresses under which it is reached. */
  forServer(hosts: readonly string[], days = 30): Promise<Pair> {
    const names = hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }) as const)
    return this.#sign(names, forServers, days)
  }

  /** A client, by its name. */
  forClient(name: string, days = 30): Promise<Pair> {
    return this.#sign([{ type: 'url', value: `spiffe://${trustDomain}/${name}` }], forClients, days)
  }

  /** The key is made here and signed here, and only the certificate is for others to see. */
  async #sign(names: Names, use: string, days: number): Promise<Pair> {
    const keys = await makeKeys()
    const certificate = await x509.X509CertificateGenerator.create({
      subject: '', issuer: this.certificate.subject, publicKey: keys.publicKey, ...validFor(days),
      signingKey: this.#key, signingAlgorithm: algorithm,
      extensions: [
        new x509.SubjectAlternativeNameExtension(names, true),
        new x509.ExtendedKeyUsageExtension([use], true), // a server's is none for a client, nor the other way round
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ],
    })
    return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
  }
}

/** A certificate and the key that proves it is one's own, as PEM. */
export interface Pair {
  certificate: string
  key: string
}
// #endregion

const makeKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const pemOf = (key: webcrypto.CryptoKey) => exportPKCS8(key)

/** From a minute ago, because clocks differ, for so many days; a negative number is over already. */
function validFor(days: number): { notBefore: Date; notAfter: Date } {
  const notAfter = Date.now() + days * day
  return { notBefore: new Date(Math.min(Date.now() - 60_000, notAfter - day)), notAfter: new Date(notAfter) }
}

// #region folder
/** What a folder of certificates is made of. */
export interface FolderOptions {
  /** Clients that get a certificate. */
  names?: readonly string[]
  /** Where the server will be reached. */
  hosts?: readonly string[]
  days?: number
}

/**
 * Fills a folder: `authority`, `server` and each name as `.pem` and `.key`; `tokens.pem` and `.key` to sign
 * and to check tokens, and a `.token` for each name. What signs is made once and kept, all else is made anew.
 * Here all lies together. Outside of a course nobody but the authority has its key.
 */
export async function fillFolder(folder: string, options: FolderOptions = {}): Promise<string[]> {
  const { names = ['ada', 'bob'], hosts = ['localhost', '127.0.0.1', '::1'], days = 30 } = options
  await mkdir(folder, { recursive: true })
  const made: string[] = []
  const write = async (name: string, text: string) => {
    // In two steps, so that nobody reads half a file; and a key is for its owner alone.
    const file = join(folder, name)
    await writeFile(`${file}.new`, text, { mode: /\.(key|token)$/.test(name) ? 0o600 : 0o644 })
    await rename(`${file}.new`, file)
    made.push(name)
  }
  const pair = async (name: string, { certificate, key }: Pair) => {
    await write(`${name}.key`, key)
    await write(`${name}.pem`, certificate)
  }
  const authority = await authorityIn(folder, pair)
  await pair('server', await authority.forServer(hosts, days))
  const signing = await tokenKeyIn(folder, pair)
  for (const name of names) {
    await pair(name, await authority.forClient(name, days))
    await write(`${name}.token`, await signToken(signing, name, days * day))
  }
  return made
}

type Write = (name: string, pair: Pair) => Promise<void>

async function authorityIn(folder: string, write: Write): Promise<Authority> {
  const old = await readPair(folder, 'authority')
  if (old) return Authority.read(old.certificate, old.key)
  const { authority, key } = await Authority.create()
  await write('authority', { certificate: authority.certificate.toString('pem'), key })
  return authority
}

async function tokenKeyIn(folder: string, write: Write): Promise<string> {
  const old = await readPair(folder, 'tokens')
  if (old) return old.key
  const keys = await makeKeys()
  const key = await pemOf(keys.privateKey)
  await write('tokens', { certificate: await exportSPKI(keys.publicKey), key })
  return key
}

async function readPair(folder: string, name: string): Promise<Pair | undefined> {
  try {
    const [certificate, key] = await Promise.all(['pem', 'key'].map((end) => readFile(join(folder, `${name}.${end}`), 'utf8')))
    return { certificate: certificate!, key: key! }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
// #endregion

// #region sign-token
/** A token that says who somebody is, for `ms` milliseconds. `key` is PEM. */
export async function signToken(key: string, name: string, ms: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: tokenAlgorithm })
    .setSubject(name).setIssuer(issuer).setAudience(audience)
    .setIssuedAt(now).setExpirationTime(now + Math.floor(ms / 1000))
    .sign(await importPKCS8(key, tokenAlgorithm))
}
// #endregion
