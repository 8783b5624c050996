import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { addressOption, announce, main, numberOption, ownOptions, readOptions, stopSignal, textOption, UsageError } from '@rpc-steps/cli'
import { fillFolder } from './src/certificates.ts'
import { readCredentials, serve } from './src/index.ts'
import type { Credentials, ServeOptions } from './src/index.ts'
import step from './step.ts'

const usage = `tunnel.ts [options]

Takes plain connections and leads each through TLS to a server of this step: so a program that knows no TLS
can call it. Without --to the server is here, with certificates of its own, and the other options are for it.`

const { as } = ownOptions(step, 'client')
const options = {
  host: textOption('HOST', 'the address for plain connections', '127.0.0.1'),
  port: numberOption('PORT', 'the port for them', 8080, 0, 65535),
  to: addressOption('the server'),
  as,
  ...ownOptions(step, 'server'),
}

await main(async () => {
  const { host, port, to, as, ...given } = readOptions(usage, options)
  const { certificates } = given
  if (to && certificates === undefined) throw new UsageError('--to needs --certificates: whom to believe, and what to show')
  const own = to ? undefined : await ownServer(given)
  const address = to ?? own!.address
  const credentials = own?.credentials ?? (await readCredentials(certificates!, as))

  const sockets = new Set<Socket>()
  const door = createServer({ allowHalfOpen: true, noDelay: true }, (plain) => {
    sockets.add(plain.once('close', () => sockets.delete(plain)))
    lead(plain, address, credentials)
  })
  door.listen({ host, port, backlog: 1024 })
  try {
    await once(door, 'listening')
  } catch (error) {
    await own?.close()
    throw error
  }
  const stopped = stopSignal()
  announce({ host, port: (door.address() as AddressInfo).port })
  await stopped
  door.close()
  await own?.close()
  for (const socket of sockets) socket.destroySoon()
})

/** Bytes both ways, as fast as they are taken; an end of one way is the end of that way, and a broken one of both. */
function lead(plain: Socket, { host, port }: { host: string; port: number }, credentials: Credentials): void {
  const secure = connect({ host, port, ...credentials, minVersion: 'TLSv1.3' })
  secure.allowHalfOpen = true
  secure.setNoDelay(true)
  plain.on('error', () => {})
  secure.on('error', () => {})
  plain.pipe(secure).pipe(plain)
  plain.on('close', () => secure.destroy())
  secure.on('close', () => plain.destroySoon())
}

async function ownServer(options: Omit<ServeOptions, 'host' | 'port' | 'framing' | 'trace'>) {
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  await fillFolder(folder, { names: ['ada'] })
  const server = await serve({ ...options, host: '127.0.0.1', port: 0, framing: 'auto', trace: undefined, certificates: folder })
  const credentials = await readCredentials(folder, 'ada')
  await rm(folder, { recursive: true, force: true })
  return { address: server, credentials, close: () => server.close() }
}
