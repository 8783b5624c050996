import type { AddressInfo } from 'node:net'
import { tsImport } from 'tsx/esm/api'
import type { Plugin } from 'vite'
import type { Lab } from './lab.ts'

/** Puts the lab into the server of `vitepress dev`, and what it offers into its pages. */
export function labPlugin(base: string): Plugin {
  let lab: Lab | undefined
  return {
    name: 'rpc-steps-lab',
    apply: 'serve',
    async configureServer({ httpServer, middlewares }) {
      const bound = () => (httpServer?.address() as AddressInfo | null)?.address
      // The packages of the repository are TypeScript, which a plain import of Node 20 cannot read.
      const { createLab } = (await tsImport('./lab.ts', import.meta.url)) as typeof import('./lab.ts')
      const made = (lab = createLab({ bound, base }))
      middlewares.use((request, response, next) => made.handle(request, response, next))
    },
    transformIndexHtml() {
      const content = lab?.offer()
      if (content === undefined) return []
      return [{ tag: 'meta', attrs: { name: 'rpc-steps-lab', content }, injectTo: 'head' }]
    },
  }
}
