import { withBase } from 'vitepress'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import type { TraceEvent } from '@rpc-steps/trace'
import { runPath, tellPath, tokenHeader } from '../../lab/messages.ts'
import type { Message, Offer } from '../../lab/messages.ts'
import type { Plan } from '../../lab/plan.ts'
import { keep, recall } from '../store.ts'
import { useFrames } from '../timeline/frames.ts'
import { linesOf } from './lines.ts'
import { goesOn, hear, traceOf, untold } from './story.ts'
import type { Story } from './story.ts'

/** A finished run as it is remembered, newest last. */
export interface Kept {
  plan: Plan
  /** Milliseconds from the first call to the last answer. */
  total: number
}
const mostKept = 200

export interface Run {
  story: ShallowRef<Story>
  /** What is run, or was run last. */
  plan: ShallowRef<Plan | undefined>
  busy: ComputedRef<boolean>
  events: ShallowRef<readonly TraceEvent[]>
  /** Milliseconds since the first call, as long as the run goes on. */
  elapsed: Ref<number>
  /** Milliseconds from the first call to the last answer, once it is done. */
  total: ComputedRef<number | undefined>
  start(plan: Plan, offer: Offer): Promise<void>
  stop(): void
  /** Says to the programs of the run, while it goes on, what `readSaid` knows. */
  tell(said: Readonly<Record<string, number | true>>): void
  /** Back to where nothing has been run. */
  forget(): void
}

/** Runs plans in the lab of this page's server, one at a time, for as long as the page is there. */
export function useRun(): Run {
  const story = shallowRef(untold)
  const events = shallowRef<readonly TraceEvent[]>([])
  const elapsed = ref(0)
  const busy = computed(() => goesOn(story.value))
  const total = computed(() =>
    story.value.state === 'done' ? (events.value.at(-1)?.ts ?? 0) / 1000 : undefined,
  )
  const plan = shallowRef<Plan>()
  let token = ''
  let hangUp = new AbortController()
  let heard: Message[] = []
  let began = 0

  /** Once a frame at most, however much has come. */
  function takeIn() {
    if (heard.length > 0) {
      const more = heard.some(({ kind }) => kind === 'events' || kind === 'ended')
      story.value = heard.reduce(hear, story.value)
      heard = []
      if (more) events.value = traceOf(story.value)
    }
    if (events.value.length === 0) began = performance.now()
    elapsed.value = performance.now() - began
  }
  useFrames(() => busy.value, takeIn)

  const end = (state: 'stopped' | 'failed', why = '') =>
    (story.value = { ...story.value, state, why })

  const ask = (path: string, value: unknown, signal: AbortSignal) =>
    fetch(withBase(`/${path}`), {
      method: 'POST',
      headers: { [tokenHeader]: token, 'content-type': 'application/json' },
      body: JSON.stringify(value),
      signal,
    })

  async function start(wanted: Plan, offer: Offer): Promise<void> {
    hangUp.abort()
    const { signal } = (hangUp = new AbortController())
    heard = []
    events.value = []
    elapsed.value = 0
    plan.value = wanted
    token = offer.token
    story.value = { ...untold, state: 'starting' }
    try {
      const answer = await ask(runPath, wanted, signal)
      if (!answer.ok || !answer.body) return void end('failed', (await answer.text()).trim())
      for await (const message of linesOf<Message>(answer.body)) heard.push(message)
      takeIn()
      if (busy.value) return void end('failed', 'the server of this site has gone')
      if (total.value === undefined) return
      keep('runs', [...recall<Kept[]>('runs', []), { plan: wanted, total: total.value }].slice(-mostKept))
    } catch (error) {
      // A run that was stopped to begin another has nothing more to say.
      if (signal !== hangUp.signal) return
      takeIn()
      if (signal.aborted) end('stopped')
      else end('failed', `the server of this site does not answer: ${(error as Error).message}`)
    }
  }

  const stop = () => hangUp.abort()
  function tell(said: Readonly<Record<string, number | true>>) {
    // Of a server that has gone, the run itself says so.
    if (busy.value) ask(tellPath, said, hangUp.signal).catch(() => {})
  }
  function forget() {
    stop()
    hangUp = new AbortController()
    story.value = untold
    events.value = []
  }

  // A page that is kept in memory to come back to would keep its run going, too.
  if (typeof window !== 'undefined') window.addEventListener('pagehide', stop)
  onScopeDispose(() => {
    stop()
    if (typeof window !== 'undefined') window.removeEventListener('pagehide', stop)
  })
  return { story, plan, busy, events, elapsed, total, start, stop, tell, forget }
}
