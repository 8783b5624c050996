import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childStream, methods, Peer } from '@rpc-steps/async-await'
import type { Call, Json } from '@rpc-steps/async-await'
import { cancels, deadlined } from '@rpc-steps/deadlines'

/** A language server that is being spoken to. LSP 3.17. */
export interface LanguageServer {
  readonly call: Call
  readonly peer: Peer
  /** What it has answered to `initialize`. */
  readonly capabilities: Json
  /** Asks it to end, as LSP has it: `shutdown`, its answer, `exit`. Resolves with its exit code; it is killed if it does not go. */
  close(): Promise<number | null>
}

/**
 * Starts a language server and says hello to it: a program that nobody here has written, in the words that it has always
 * spoken. `answers` is what it may ask back. Each call has `ms` milliseconds. Rejects with DisconnectedError
 * if it ends meanwhile, and with RpcError.
 */
export async function startLanguageServer(program: string, answers: Parameters<typeof methods>[0], ms = 20_000): Promise<LanguageServer> {
  const child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit') as Promise<[number | null]>
  exited.catch(() => {}) // it is heard of as an end of the connection
  const peer = new Peer(childStream(child), { handler: methods(answers), extensions: [cancels] })
  const call = deadlined(peer.call, ms)
  const close = async () => {
    const late = setTimeout(() => child.kill('SIGKILL'), ms)
    await call('shutdown').then(
      () => peer.notify('exit'),
      () => child.kill('SIGKILL'), // it does not answer, or is gone
    )
    const [code] = await exited
    clearTimeout(late)
    return code
  }
  try {
    const hello = { processId: process.pid, rootUri: null, capabilities: { textDocument: { hover: { contentFormat: ['plaintext'] } } } }
    const { capabilities } = (await call('initialize', hello)) as { capabilities: Json }
    await peer.notify('initialized', {})
    return { call, peer, capabilities, close }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** The language server for JSON of Visual Studio Code. */
export const forJson = () => fileURLToPath(import.meta.resolve('vscode-json-languageserver/bin/vscode-json-languageserver'))
