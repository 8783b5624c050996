import { expect, test } from 'vitest'
import fc from 'fast-check'
import { pages, textOf } from '../source.ts'
import { bothFrom, planBeside, queryOfBoth } from '../lab/beside.ts'
import { steps } from '../course.ts'
import { bounds, castOf, inWords, liveOf, planFrom, queryOf, readPlan, readSaid, waitsOf, wordsOf } from '../lab/plan.ts'

const plan = { step: '01', clients: 1, calls: 5, latency: 'pages', threads: 2 } as const

test('a plan becomes command lines', () => {
  expect(readPlan({ ...plan })).toEqual(plan)
  expect(wordsOf({ ...plan, calls: 2 })).toEqual({
    server: ['--threads', '2'],
    client: [],
    calls: [['fetch', '{"url":"/home"}', 'fetch', '{"url":"/news"}']],
  })
  expect(wordsOf({ step: '03', clients: 2, calls: 1, latency: 20, selector: 'poll' })).toEqual({
    server: ['--selector', 'poll'],
    client: ['--selector', 'poll'],
    calls: [['sleep', '{"ms":20}'], ['sleep', '{"ms":20}']],
  })
})

test('a chain is asked through all of its servers, and each is told which one is behind it', () => {
  const chain = { step: '07', clients: 1, calls: 1, latency: 20, timeout: 300, tell: 'no', hops: 3 }
  expect(readPlan(chain)).toEqual(chain)
  const asked = { method: 'relay', params: { method: 'sleep', params: { ms: 20 } } }
  expect(castOf(chain)).toEqual({
    server: [],
    chain: { hops: 3, upstream: 'upstream' },
    clients: [['--timeout', '300', '--tell', 'no', 'relay', JSON.stringify(asked)]],
    mayFail: true,
  })
  const { hops: _, ...alone } = chain
  expect(castOf(alone)).toEqual({
    server: [],
    clients: [['--timeout', '300', '--tell', 'no', 'sleep', '{"ms":20}']],
    mayFail: true,
  })
})

test('who calls is said in the words of the programs, and what they need for it is made first', () => {
  const plan = { step: '09', clients: 1, calls: 1, latency: 20, who: 'bob' }
  const folder = ['--certificates', 'certificates']
  expect(castOf(plan)).toEqual({
    server: [...folder, '--policy', 'steps/09-security/policy.json'],
    makes: 'certificates',
    clients: [[...folder, '--as', 'bob', 'sleep', '{"ms":20}']],
    mayFail: true,
  })
  expect(castOf({ ...plan, who: 'nobody' }).clients).toEqual([[...folder, 'sleep', '{"ms":20}']])
  const { who: _, ...open } = plan
  expect(castOf(open)).toEqual({ server: [], clients: [['sleep', '{"ms":20}']], mayFail: false })
})

test('servers side by side are all told to the clients, and one of them is killed', () => {
  const group = { step: '10', clients: 1, calls: 1, latency: 20, copies: 3, killed: 500, rate: 10, seconds: 1 }
  expect(readPlan(group)).toEqual(group)
  expect(castOf(group)).toEqual({
    server: [],
    group: { copies: 3, addresses: 'servers', killed: 500 },
    clients: [['--rate', '10', '--seconds', '1', 'sleep', '{"ms":20}']],
    mayFail: true,
  })
  expect(castOf({ ...group, copies: 1 }).group).toBe(undefined)
})

test('a wait that comes in pieces becomes a stream with a part of it in each', () => {
  const { client, calls } = wordsOf({ step: '08', clients: 1, calls: 2, latency: 400, credit: 4, slow: 50 })
  expect(client).toEqual(['--credit', '4', '--slow', '50'])
  expect(calls).toEqual([['feed', '{"ms":20,"items":20}', 'feed', '{"ms":20,"items":20}']])
  expect(wordsOf({ step: '08', clients: 1, calls: 1, latency: 400 }).calls).toEqual([['sleep', '{"ms":400}']])
})

test('of a stream more items may come, each after the same part of the wait; also as a whole', () => {
  const plan = { step: '08', clients: 1, calls: 1, latency: 400, items: 500 }
  expect(wordsOf({ ...plan, credit: 4 })).toMatchObject({ client: ['--credit', '4'], calls: [['feed', '{"ms":20,"items":500}']] })
  expect(wordsOf(plan)).toMatchObject({ client: [], calls: [['feed', '{"ms":20,"items":500}']] })
  expect(inWords({ ...plan, credit: 4 })).toBe('one client, one call, 20 ms an item, in pieces, 4 of them ahead, 500 items')
})

test('what can be changed in a run is what its step says, while answers come in pieces', () => {
  const plan = { step: '08', clients: 1, calls: 1, latency: 400, credit: 4 }
  expect(liveOf(plan)).toMatchObject({ name: 'slow', bounds: [0, 1000] })
  expect(readSaid(plan, { slow: 250 })).toBe('250')
  expect(readSaid(plan, { stop: true })).toBe('stop')
  const { credit: _, ...whole } = plan
  expect([liveOf(whole), liveOf({ ...whole, step: '04' })]).toEqual([undefined, undefined])
  expect(() => readSaid(whole, { stop: true })).toThrow('nothing can be changed')
  // The client's stdin is one, and a number says no name.
  for (const { number, options = {} } of steps) {
    const live = Object.values(options).filter((option) => 'lab' in option && option.lab?.live)
    expect(live.length, number).toBeLessThanOrEqual(1)
    for (const option of live) expect(option).toHaveProperty('hint')
  }
})

test('five clients with a call each fetch the five pages', () => {
  const five = { ...plan, clients: 5, calls: 1 }
  expect([0, 1, 2, 3, 4].flatMap((client) => waitsOf(five, client))).toEqual([
    120, 300, 200, 250, 160,
  ])
})

test.each([
  [null, 'a plan must be an object'],
  [{ ...plan, step: '../01' }, 'step must be one of 01, 02'],
  [{ ...plan, clients: 1e9 }, 'clients must be a whole number from 1 to 10'],
  [{ ...plan, calls: 0 }, 'calls must be a whole number from 1 to 50'],
  [{ ...plan, latency: -1 }, 'latency must be a whole number from 0 to 1000'],
  [{ ...plan, threads: '2; rm' }, 'threads must be a whole number'],
  [{ ...plan, hops: 3 }, 'step 01 has no option hops'],
  [{ step: '07', clients: 1, calls: 1, latency: 0, hops: 1e9 }, 'hops must be a whole number from 2 to 5'],
  [{ ...plan, limit: 2 }, 'step 01 has no option limit'],
  [{ ...plan, trace: '/etc/passwd' }, 'step 01 has no option trace'],
  [{ ...plan, step: '03', threads: undefined }, 'step 03 has no option threads'],
  [{ step: '03', clients: 1, calls: 1, latency: 0, selector: 'select' }, 'selector must be one of'],
])('%j is refused', (wrong, message) => expect(() => readPlan(wrong)).toThrow(message))

test('whatever comes, a plan that is accepted is within its bounds', () => {
  const number = fc.oneof(fc.integer({ min: -2, max: 60 }), fc.constant('pages'), fc.anything())
  const some = fc.record(
    { step: fc.constantFrom('01', '02', '05'), clients: number, calls: number, latency: number, threads: number, limit: number },
    { requiredKeys: ['step', 'clients', 'calls', 'latency'] },
  )
  fc.assert(
    fc.property(some, (value) => {
      let read
      try {
        read = readPlan(value)
      } catch {
        return
      }
      for (const [name, [least, most]] of Object.entries(bounds)) {
        const n = read[name as keyof typeof bounds]
        if (typeof n === 'number') expect(n >= least && n <= most).toBe(true)
      }
      expect(wordsOf(read).calls).toHaveLength(read.clients)
    }),
  )
})

const opening = { step: '01', clients: 1, calls: 5, latency: 'pages' } as const

test('an address holds a plan', () => {
  const query = 'step=03&clients=2&calls=1&latency=20&selector=poll'
  const plan = { step: '03', clients: 2, calls: 1, latency: 20, selector: 'poll' } as const
  expect(queryOf(plan)).toBe(query)
  expect(planFrom(`?${query}`, opening)).toEqual({ plan, wrong: [] })
  expect(planFrom('step=01&clients=1&calls=5&latency=pages&threads=2', plan)).toEqual({
    plan: { step: '01', clients: 1, calls: 5, latency: 'pages', threads: 2 },
    wrong: [],
  })
})

test.each([
  ['', {}, []],
  ['step=05', { step: '05' }, []],
  ['calls=3&step=05&limit=2', { step: '05', calls: 3, limit: 2 }, []],
  // What is wrong costs nothing but itself.
  ['step=05&limit=0&calls=3', { step: '05', calls: 3 }, ['limit=0: limit must be a whole number from 1 to 50']],
  ['step=9&calls=3', { calls: 3 }, [expect.stringMatching(/^step=9: step must be one of 01, 02/)]],
  ['clients=five', {}, ['clients=five: clients must be a whole number from 1 to 10']],
  ['clients=1e3&calls=', {}, [expect.stringMatching(/^clients=1e3: /), expect.stringMatching(/^calls=: /)]],
  ['calls=1.5&latency=-1', {}, [expect.stringMatching(/^calls=1.5: /), expect.stringMatching(/^latency=-1: /)]],
  ['constructor=5&__proto__=x', {}, [expect.stringMatching(/^constructor=5: /), expect.stringMatching(/^__proto__=x: /)]],
  ['step=02&threads=2', { step: '02' }, ['threads=2: step 02 has no option threads']],
  ['step=03&selector=kqueue', { step: '03' }, ['selector=kqueue: this machine has no kqueue']],
  ['step=03&selector=select', { step: '03' }, [expect.stringMatching(/^selector=select: selector must be one of/)]],
  [`${'x'.repeat(99)}=${'y'.repeat(99)}`, {}, [expect.stringMatching(/^x{20}…=y{20}…: step 01 has no option x{20}…$/)]],
])('"%s" asks for what can be, and is told what cannot', (query, plan, wrong) => {
  expect(planFrom(query, opening, { selector: ['spin', 'poll', 'epoll'] })).toEqual({ plan: { ...opening, ...plan }, wrong })
})

test.each([
  [{ step: '01', clients: 1, calls: 5, latency: 'pages' }, 'one client, 5 fetches'],
  [{ step: '01', clients: 5, calls: 1, latency: 'pages', threads: 5 }, '5 clients, one fetch each, 5 threads'],
  [{ step: '05', clients: 1, calls: 8, latency: 50, limit: 2 }, 'one client, 8 calls, 50 ms a call, at most 2 at once'],
  [{ step: '10', clients: 1, calls: 1, latency: 50, copies: 3, killed: 500 }, 'one client, one call, 50 ms a call, 3 servers, one killed after 500 ms'],
  [{ step: '07', clients: 1, calls: 1, latency: 50, hops: 3 }, 'one client, one call, 50 ms a call, a chain of 3 servers'],
] as const)('%j in words', (plan, words) => expect(inWords(plan)).toBe(words))

test('nothing is wrong in the addresses of the lab that the pages give', () => {
  const queries = pages().flatMap((page) =>
    [...textOf(page).matchAll(/\/lab\.(?:md|html)\?([^#)"]+)/g)].map(([, query = '']) => query),
  )
  expect(queries.length).toBeGreaterThan(5)
  expect(queries.flatMap((query) => bothFrom(query, opening).wrong)).toEqual([])
})

test.each([
  [undefined, '', undefined],
  ['02', '&beside=02', { ...opening, step: '02' }],
  [plan, '&beside=step%3D01%26clients%3D1%26calls%3D5%26latency%3Dpages%26threads%3D2', plan],
])('an address holds what stands beside a run, too: %j', (beside, query, other) => {
  const limited = { ...opening, step: '05', limit: 2 }
  expect(queryOfBoth(limited, beside)).toBe(`${queryOf(limited)}${query}`)
  const asked = bothFrom(queryOfBoth(limited, beside), opening)
  expect(asked).toEqual({ plan: limited, beside, wrong: [] })
  // The same by another step: without what only the first step has.
  expect(planBeside(asked.beside, asked.plan)).toEqual(other)
})

test.each([
  ['beside=', undefined, []],
  ['beside=9', undefined, [expect.stringMatching(/^beside it, 9=: step 01 has no option 9/)]],
  ['beside=step%3D02%26limit%3D2', undefined, ['beside it, limit=2: step 02 has no option limit']],
  ['beside=step%3D03%26selector%3Dkqueue', undefined, ['beside it, selector=kqueue: this machine has no kqueue']],
])('what cannot stand beside a run is told: %s', (query, beside, wrong) => {
  expect(bothFrom(query, opening, { selector: ['poll'] })).toEqual({ plan: opening, beside, wrong })
})
