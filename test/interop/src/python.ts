import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const commands = ['python3', '/usr/bin/python3', 'python']
const runs = (program: string) => (command: string) =>
  spawnSync(command, ['-c', program], { timeout: 20_000 }).status === 0

/** A Python that has python-lsp-jsonrpc; undefined if there is none. */
export const python = commands.find(runs('import pylsp_jsonrpc'))

/** A Python 3.10 or later; undefined if there is none. */
export const plainPython = commands.find(runs('anext'))

/** Why the tests with Python are skipped. */
export const noPython =
  'no Python with python-lsp-jsonrpc was found: ' +
  'apt install python3-pylsp-jsonrpc, or pip install python-lsp-jsonrpc'

/** Starts a program of the folder python/. */
export function startPython(program: string, args: string[], command = python) {
  const file = fileURLToPath(new URL(`../python/${program}`, import.meta.url))
  // -X utf8, because on Windows text on a pipe would be in another encoding.
  const child = spawn(command!, ['-X', 'utf8', file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const exited = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }))
  return { child, output, exited }
}

/** Starts a server of that folder on a free port. */
export async function startPythonServer(program = 'server.py', command = python) {
  const { child, output, exited } = startPython(program, [], command)
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', () => {
      const port = /^listening on 127\.0\.0\.1:(\d+)\r?\n/.exec(output.stdout)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    void exited.then(({ stderr }) => reject(new Error(`${program} ended: ${stderr}`)))
  })
  const stop = async () => {
    child.kill()
    await exited
  }
  return { port, stop }
}
