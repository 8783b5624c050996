import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { platform } from 'node:process'
import { choicesOn } from '@rpc-steps/course'
import type { System } from '@rpc-steps/course'
import { readProgress } from '@rpc-steps/exercises'
import { steps } from '../course.ts'
import { checkExercise, readExercise } from './check.ts'
import { isLoopback, refusal } from './guard.ts'
import { checkPath, runPath, servePath, tellPath } from './messages.ts'
import type { Ending, Message, Offer, Standing } from './messages.ts'
import { readPlan, readSaid } from './plan.ts'
import type { Choices, Plan } from './plan.ts'
import { run } from './run.ts'
import { serve } from './serve.ts'

/** The part of a site's server that runs the steps for the site's own pages. */
export interface Lab {
  /** What the tag `<meta name="rpc-steps-lab">` must hold; undefined while the lab is closed. */
  offer(): string | undefined
  /** Answers a request if it is for the lab. */
  handle(request: IncomingMessage, response: ServerResponse, next: () => void): void
}

export interface LabOptions {
  /** The address that the server is bound to; undefined while it is to none. */
  bound: () => string | undefined
  /** The path that the site lives under. */
  base?: string
  /** Milliseconds that a run may take. */
  limit?: number
  /** Milliseconds that a server may stand. */
  standing?: number
  /** Where to find the folder `steps`. */
  home?: URL
}

/** The longest body, in bytes, and how many runs may wait for their turn. */
const longestBody = 2048
const longestLine = 4

/**
 * Makes a lab. It runs one plan at a time: two at once would disturb each other's times. A run
 * lives as long as its response: whoever hangs up has stopped it.
 */
export function createLab(options: LabOptions): Lab {
  const { bound, base = '/', limit = 30_000, standing = 600_000, home } = options
  const token = randomBytes(24).toString('base64url')
  const offer: Omit<Offer, 'done'> = { token, limit, ...ofThisMachine() }
  let checking = false
  let turn: Promise<unknown> = Promise.resolve()
  let line = 0
  /** The server that stands for a page, and when it has gone. */
  let server: { leave: AbortController; gone: Promise<unknown> } | undefined
  /** The run whose clients listen. */
  let going: { plan: Plan; say: (line: string) => void } | undefined

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const port = request.socket.localPort ?? 0
    const refuse = (status: number, why: string) => {
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        // The rest of its body, if there is more, is not read.
        connection: 'close',
      })
      response.end(`${why}\n`)
    }
    if (!isLoopback(bound() ?? '')) {
      return refuse(403, 'the lab is closed while other machines can reach this server (--host)')
    }
    const why = refusal(request.headers, { port, token })
    if (why !== undefined) return refuse(403, why)
    if (request.method !== 'POST') return refuse(405, 'a plan is sent by POST')
    const body = await textOf(request)
    if (body === undefined) return refuse(413, `a plan has at most ${longestBody} bytes`)
    if (request.url === base + checkPath) return answerCheck(body, response, refuse)
    if (request.url === base + tellPath) return answerSaid(body, response, refuse)
    if (request.url === base + servePath) return answerServer(`http://${request.headers.host}`, response)
    let plan
    try {
      plan = readPlan(JSON.parse(body))
      const missing = offer.missing[plan.step]
      if (missing !== undefined) throw new Error(missing)
    } catch (error) {
      return refuse(400, (error as Error).message)
    }
    if (line > longestLine) return refuse(429, 'too many runs are waiting for their turn')

    const tell = toldTo(response)
    const left = new AbortController()
    response.on('close', () => left.abort())

    const ahead = turn
    let done = () => {}
    turn = Promise.all([ahead, new Promise<void>((resolve) => (done = resolve))])
    try {
      if (line++ > 0) tell({ kind: 'waiting' })
      await Promise.race([ahead, aborted(left.signal)])
      const tooLong = AbortSignal.timeout(limit)
      let mine: typeof going
      const end = (ending: Ending, text = '') => tell({ kind: 'ended', ending, why: text })
      try {
        const listens = (say: (line: string) => void) => (going = mine = { plan, say })
        await run(plan, tell, AbortSignal.any([left.signal, tooLong]), listens, home)
        end('done')
      } catch (error) {
        if (tooLong.aborted) end('limit', `it was ended after ${limit / 1000} s`)
        else end('failed', (error as Error).message)
      } finally {
        // Whoever left the line before its turn takes nothing from the run that goes on.
        if (going === mine) going = undefined
      }
    } finally {
      line--
      done()
      response.end()
    }
  }

  function answerSaid(body: string, response: ServerResponse, refuse: (status: number, why: string) => void) {
    if (!going) return refuse(409, 'nothing that could listen is under way')
    try {
      going.say(readSaid(going.plan, JSON.parse(body)))
    } catch (error) {
      return refuse(400, (error as Error).message)
    }
    response.writeHead(204, { 'cache-control': 'no-store' })
    response.end()
  }

  /** There is one at a time: a page that asks for one ends that of another page. */
  async function answerServer(origin: string, response: ServerResponse) {
    const tell = toldTo(response)
    const leave = new AbortController()
    response.on('close', () => leave.abort())
    const before = server
    before?.leave.abort(new Error('another page has started one of its own'))
    const tooLong = AbortSignal.timeout(standing)
    const signal = AbortSignal.any([leave.signal, tooLong])
    const stands = (async () => {
      await before?.gone
      await serve(origin, tell, signal, home)
    })()
    server = { leave, gone: stands.catch(() => {}) }
    const why = await stands.then(() => 'it has ended by itself', (error: unknown) => (error as Error).message)
    if (tooLong.aborted) tell({ kind: 'ended', ending: 'limit', why: `it was ended after ${standing / 1000} s` })
    else tell({ kind: 'ended', ending: 'failed', why })
    response.end()
  }

  async function answerCheck(body: string, response: ServerResponse, refuse: (status: number, why: string) => void) {
    let exercise
    try {
      exercise = readExercise(body)
    } catch (error) {
      return refuse(400, (error as Error).message)
    }
    if (checking) return refuse(429, 'another check is under way')
    checking = true
    const left = new AbortController()
    response.on('close', () => left.abort())
    try {
      const answer = await checkExercise(exercise, left.signal)
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(JSON.stringify(answer))
    } finally {
      checking = false
    }
  }

  return {
    offer() {
      if (!isLoopback(bound() ?? '')) return undefined
      return JSON.stringify({ ...offer, done: Object.keys(readProgress().done) } satisfies Offer)
    },
    handle(request, response, next) {
      if (![runPath, checkPath, tellPath, servePath].some((path) => request.url === base + path)) return next()
      answer(request, response).catch(() => response.destroy())
    },
  }
}

/** Begins an answer in lines. */
function toldTo(response: ServerResponse): (message: Message | Standing) => void {
  response.writeHead(200, {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.flushHeaders()
  return (message) => {
    if (!response.destroyed) response.write(`${JSON.stringify(message)}\n`)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The body of a request; undefined when it is too long. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  let text = ''
  // Whoever sent too much is to read our answer, so the connection stays.
  for await (const chunk of request.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk as string
    if (Buffer.byteLength(text) > longestBody) return undefined
  }
  return text
}

/** Some steps do not run on every system, and not every choice is there on each. */
function ofThisMachine(): Pick<Offer, 'choices' | 'missing'> {
  const missing = steps.flatMap(({ number, notOn }) => {
    const why = notOn?.[platform as System]
    return why === undefined ? [] : [[number, `step ${number} does not run here: ${why}`]]
  })
  const choices = steps.flatMap(({ options = {} }) =>
    Object.entries(options).flatMap(([name, option]) =>
      'choices' in option ? [[name, choicesOn(platform, option)]] : [],
    ),
  )
  return {
    choices: Object.fromEntries(choices) as Choices,
    missing: Object.fromEntries(missing) as Record<string, string>,
  }
}
