import { createHmac } from 'node:crypto'
import type { Json, RequestContext } from '@rpc-steps/async-await'
import { Context } from '@rpc-steps/async-await'
import { exportJWK, exportSPKI, generateKeyPair, importPKCS8, SignJWT } from 'jose'
import type { JWTPayload, SignOptions } from 'jose'
import { describe, expect, test } from 'vitest'
import { signToken } from '../src/certificates.ts'
import { authenticated, principalOf, TokenError, tokens, withToken } from '../src/index.ts'
import type { Refusal, Verify } from '../src/index.ts'
import { ada, dial, nobody, outcome, serve, tokenKey, tokenPublic } from './support.ts'

const now = Math.floor(Date.now() / 1000)
const good = { sub: 'ada', iss: 'rpc-steps', aud: 'rpc-steps', iat: now, exp: now + 600 }
const key = await importPKCS8(tokenKey, 'ES256')
const others = await generateKeyPair('ES256', { extractable: true })
const verify = await tokens(tokenPublic)

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (payload: JWTPayload, header: object = {}, by = key, options: SignOptions = {}) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', ...header }).sign(by, options)
const without = (name: keyof typeof good): JWTPayload => ({ ...good, [name]: undefined })

/** Signed with the public key, which everybody has, as if it were the secret of HS256. */
function byPublicKey(secret: string): string {
  const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(good)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

async function changed(): Promise<string> {
  const [header, , signature] = (await signed(good)).split('.')
  return [header, encoded({ ...good, sub: 'bob' }), signature].join('.')
}

const wrong: [string, () => string | Promise<string>][] = [
  ['with the algorithm none', () => `${encoded({ alg: 'none' })}.${encoded(good)}.`],
  ['with the algorithm None, and a signature', async () => `${encoded({ alg: 'None' })}.${encoded(good)}.${(await signed(good)).split('.')[2]}`],
  ['signed by HS256 with the public key as the secret', () => byPublicKey(tokenPublic)],
  ['the same, without its last line end', () => byPublicKey(tokenPublic.trim())],
  ['signed with another key', () => signed(good, {}, others.privateKey)],
  ['that brings its own key', async () => signed(good, { jwk: await exportJWK(others.publicKey) }, others.privateKey)],
  ['that says where its key is', () => signed(good, { jku: 'http://127.0.0.1:1/keys' }, others.privateKey)],
  ['that has what must be understood, and is not', () => signed(good, { crit: ['x'], x: 1 }, key, { crit: { x: true } })],
  ['whose payload was changed', changed],
  ['that is over', () => signed({ ...good, exp: now - 1 })],
  ['that is not good yet', () => signed({ ...good, nbf: now + 60 })],
  ['that never ends', () => signed(without('exp'))],
  ['for another audience', () => signed({ ...good, aud: 'elsewhere' })],
  ['of another issuer', () => signed({ ...good, iss: 'elsewhere' })],
  ['of nobody', () => signed(without('sub'))],
  ['of a name that is empty', () => signed({ ...good, sub: '' })],
  ['of a name that is no text', () => signed({ ...good, sub: { name: 'ada' } } as never)],
  ['that is huge', () => signed({ ...good, more: 'x'.repeat(10_000) })],
  ['that is empty', () => ''],
  ['that is no token', () => 'Bearer ada'],
  ['that has too many points', async () => `${await signed(good)}.x`],
]

describe('a token', () => {
  test('says who asks', async () => {
    expect(await verify(await signed(good))).toEqual({ name: 'ada', by: 'token', until: good.exp * 1000 })
  })

  test.each(wrong)('%s is none', async (_, make) => {
    const token = await make()
    const error = await Promise.resolve().then(() => verify(token)).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TokenError)
    if (token !== '') expect((error as Error).message).not.toContain(token.slice(0, 20))
  })

  test('on the wire, all that are wrong get the same bytes, and none stands in the audit', async () => {
    let begun = 0
    const at = await serve(() => void begun++)
    const peer = await dial(at, nobody)
    const all = await Promise.all(wrong.map(async ([, make]) => make()))
    const errors = await Promise.all(all.map((token) => withToken(peer.call, token)('x').catch((error: unknown) => error)))
    for (const { code, message, data } of errors as { code: number; message: string; data: Json }[]) {
      expect({ code, message, data }).toEqual({ code: -32001, message: 'Unauthenticated', data: { status: 'UNAUTHENTICATED' } })
    }
    expect(begun).toBe(0)
    expect(at.lines).toHaveLength(wrong.length)
    for (const part of all.flatMap((token) => token.split('.')).filter((part) => part.length > 5)) {
      expect(at.lines.join('\n')).not.toContain(part)
    }
  })

  test('that was remembered is over when it is over', async () => {
    let today = Date.now()
    const verify = await tokens(tokenPublic, () => today)
    const token = await signed(good)
    await verify(token)
    expect(await verify(token)).toMatchObject({ name: 'ada' })
    today = good.exp * 1000
    await expect(async () => verify(token)).rejects.toThrow('ERR_JWT_EXPIRED')
  })

  test('that was right is known again at once, and one of another key is not', async () => {
    const token = await signed(good)
    await verify(token)
    expect(verify(token)).toMatchObject({ name: 'ada' }) // no promise
    await expect(async () => (await tokens(await exportSPKI(others.publicKey)))(token)).rejects.toThrow(TokenError)
  })

  test('of thousands that are right, the last thousand are remembered', async () => {
    const all = await Promise.all(Array.from({ length: 1100 }, (_, i) => signed({ ...good, sub: `name${i}` })))
    for (const token of all) await verify(token)
    expect(verify(all[1099]!)).not.toBeInstanceOf(Promise)
    expect(verify(all[0]!)).toBeInstanceOf(Promise)
  })
})

describe('authenticated', () => {
  const asks = (context: RequestContext) => principalOf(context)?.name ?? 'nobody'

  test('a token goes before the certificate of the connection, for this one request', async () => {
    const at = await serve((_, context) => asks(context))
    const peer = await dial(at, ada)
    const asBob = withToken(peer.call, await signToken(tokenKey, 'bob', 60_000))
    expect(await Promise.all([peer.call('x'), asBob('x'), peer.call('x'), asBob('x')])).toEqual(['ada', 'bob', 'ada', 'bob'])
  })

  test('a wrong token is not made good by a right certificate', async () => {
    const at = await serve((_, context) => asks(context))
    const peer = await dial(at, ada)
    expect(await outcome(withToken(peer.call, 'x')('x'))).toBe(-32001)
    expect(await peer.call('x')).toBe('ada')
  })

  test('without a key to check them, every token is wrong', () => {
    const refusals: Refusal[] = []
    const handler = authenticated(() => 'done', { audit: { refused: (_, refusal) => void refusals.push(refusal) } })
    const ask = () => handler({ jsonrpc: '2.0', id: 1, method: 'x', meta: { token: 'x' } }, new Context())
    expect(ask).toThrow('Unauthenticated')
    expect(refusals).toMatchObject([{ why: 'no tokens are known here' }])
  })

  test('an error that is no verdict is not told as one', async () => {
    const broken: Verify = () => Promise.reject(new Error('no memory'))
    const handler = authenticated(() => 'done', { verify: broken })
    await expect(async () => handler({ jsonrpc: '2.0', id: 1, method: 'x', meta: { token: 'x' } }, new Context())).rejects.toThrow('no memory')
  })

  test('a token that is no text is no request', async () => {
    const at = await serve(() => 'done')
    const peer = await dial(at, ada)
    expect(await outcome(withToken(peer.call, 7 as never)('x'))).toBe(-32600)
  })
})
