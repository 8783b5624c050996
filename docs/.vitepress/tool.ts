import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const bins = { typedoc: 'bin/typedoc', vitepress: 'bin/vitepress.js' }
const docs = fileURLToPath(new URL('../', import.meta.url))

/**
 * Runs a tool of the site in this terminal, until it ends or we are asked to. Returns whether all
 * went well; if not, the tool has said why.
 */
export async function tool(name: keyof typeof bins, ...args: string[]): Promise<boolean> {
  const file = new URL(bins[name], import.meta.resolve(`${name}/package.json`))
  const child = spawn(process.execPath, [fileURLToPath(file), ...args], { cwd: docs, stdio: 'inherit' })
  const stop = (signal: NodeJS.Signals) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
  // Who was told to end does not go on to the next tool.
  if (signal !== null) process.exit(1)
  return code === 0
}
