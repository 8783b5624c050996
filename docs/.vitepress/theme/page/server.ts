import { withBase } from 'vitepress'
import { onScopeDispose, shallowRef } from 'vue'
import type { ShallowRef } from 'vue'
import { servePath, tokenHeader } from '../../lab/messages.ts'
import type { Offer, Standing } from '../../lab/messages.ts'
import { linesOf } from '../lab/lines.ts'
import { workOf } from './work.ts'

/** What is known of the server that stands for this page. */
export type State =
  | { is: 'none'; why: string }
  | { is: 'starting' }
  | { is: 'open'; command: string; http: string; websocket: string }

export interface Server {
  state: ShallowRef<State>
  start(offer: Offer): Promise<void>
  /** Hangs up, and that ends it. */
  end(): void
}

/**
 * Has a server stand for as long as the page is there.
 *
 * @param worked is told when a worker has ended: the id of the request, and the milliseconds that it took
 */
export function useServer(worked: (id: string, ms: number) => void): Server {
  const state = shallowRef<State>({ is: 'none', why: '' })
  let hangUp = new AbortController()
  let command = ''
  let work = workOf(worked)

  function hear(message: Standing) {
    if (message.kind === 'started') command = message.command
    if (message.kind === 'open') state.value = { is: 'open', command, http: message.http, websocket: message.websocket }
    if (message.kind === 'events') message.events.forEach(work)
    if (message.kind === 'ended') state.value = { is: 'none', why: `The server has gone: ${message.why}.` }
  }
  async function start({ token }: Offer): Promise<void> {
    hangUp.abort()
    const { signal } = (hangUp = new AbortController())
    state.value = { is: 'starting' }
    work = workOf(worked)
    try {
      const answer = await fetch(withBase(`/${servePath}`), { method: 'POST', headers: { [tokenHeader]: token }, body: '{}', signal })
      if (!answer.ok || !answer.body) throw new Error((await answer.text()).trim())
      for await (const message of linesOf<Standing>(answer.body)) hear(message)
      if (stands()) throw new Error('the server of this site has gone')
    } catch (error) {
      if (!signal.aborted) state.value = { is: 'none', why: `Failed: ${(error as Error).message}` }
    }
  }
  const stands = () => state.value.is !== 'none'
  function end() {
    hangUp.abort()
    state.value = { is: 'none', why: 'The server was told to end.' }
  }

  // A page that is kept in memory to come back to would keep its server, too.
  if (typeof window !== 'undefined') window.addEventListener('pagehide', end)
  onScopeDispose(() => {
    hangUp.abort()
    if (typeof window !== 'undefined') window.removeEventListener('pagehide', end)
  })
  return { state, start, end }
}
