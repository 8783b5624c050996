import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { isInstalled, notInstalled } from '../tried/nats-server.ts'
import { connection, natsServer, working } from './support.ts'

const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0)
const noPython = 'there is no Python'

it('is called from another language, by its description alone', async ({ skip }) => {
  if (process.env['CI']) expect([isInstalled, python !== undefined], `${notInstalled}, or ${noPython}`).toEqual([true, true])
  if (!isInstalled) return skip(notInstalled)
  if (python === undefined) return skip(noPython)
  const server = await natsServer()
  await working(await connection(server))
  const { stdout } = await promisify(execFile)(python, [fileURLToPath(new URL('raw.py', import.meta.url)), server.address])
  expect(JSON.parse(stdout)).toEqual({
    'say': 'You said: é',
    'foobar': -32601,
    'late': -32008,
    'twice': -32600,
    'count': [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], null],
    'nobody': 'NATS/1.0 503',
    'ping': 'io.nats.micro.v1.ping_response',
    'too large': "'Maximum Payload Violation'",
  })
})
