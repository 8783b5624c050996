import fc from 'fast-check'
import { Context } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import { describe, expect, test } from 'vitest'
import { authorised, Bucket, isOpen, known, PolicyError, readPolicy, ruleFor } from '../src/index.ts'
import type { Policy, Rule } from '../src/index.ts'
import { ada, bob, dial, nobody, outcome, rule, serve } from './support.ts'

const allow = (...rules: object[]) => JSON.stringify({ allow: rules })

describe('a policy', () => {
  test('is read from JSON', () => {
    expect(readPolicy(allow({ who: 'ada', methods: ['say'] }, { who: '*', methods: ['*'], perSecond: 0.5 }))).toEqual([
      { who: 'ada', methods: ['say'] },
      { who: '*', methods: ['*'], perSecond: 0.5 },
    ])
    expect(readPolicy(allow({ who: 'anybody', methods: [], perSecond: 10, burst: 3 }))).toEqual([
      { who: 'anybody', methods: [], perSecond: 10, burst: 3 },
    ])
    expect(readPolicy(allow())).toEqual([])
  })

  test.each([
    ['no JSON', '{', /^it is no JSON: /],
    ['a list', '[]', 'the policy must be an object'],
    ['nothing', 'null', 'the policy must be an object'],
    ['no rules', '{}', '"allow" must be a list of rules'],
    ['what nobody knows', '{"allow": [], "deny": []}', 'the policy: nobody knows "deny"; there is allow'],
    ['a name that is misspelt', allow({ who: 'ada', methods: [] }, { who: 'bob', methods: [], perSeconds: 1 }),
      'rule 2: nobody knows "perSeconds"; there is who, methods, perSecond, burst'],
    ['the name that all objects have', '{"allow": [{"who": "ada", "methods": [], "__proto__": {}}]}', /nobody knows "__proto__"/],
    ['a rule for nobody', allow({ methods: ['say'] }), 'rule 1: "who" must be a name, "*" or "anybody"'],
    ['a rule for an empty name', allow({ who: '', methods: ['say'] }), /^rule 1: "who"/],
    ['methods that are no list', allow({ who: 'ada', methods: '*' }), 'rule 1: "methods" must be a list of names, or ["*"]'],
    ['a method that is no name', allow({ who: 'ada', methods: [1] }), /^rule 1: "methods"/],
    ['a rate of nothing', allow({ who: 'ada', methods: [], perSecond: 0 }), 'rule 1: "perSecond" must be a number above 0'],
    ['a rate that is a text', allow({ who: 'ada', methods: [], perSecond: '10' }), /^rule 1: "perSecond"/],
    ['a rate that is null', allow({ who: 'ada', methods: [], perSecond: null }), /^rule 1: "perSecond"/],
    ['a burst without a rate', allow({ who: 'ada', methods: [], burst: 5 }), /^rule 1: "perSecond"/],
    ['a burst of less than one', allow({ who: 'ada', methods: [], perSecond: 5, burst: 0.5 }), 'rule 1: "burst" must be 1 or more'],
  ])('with %s is none, and the error says where', (_, text, message) => {
    expect(() => readPolicy(text)).toThrow(PolicyError)
    expect(() => readPolicy(text)).toThrow(message)
  })

  test('allows what a rule allows, and nothing else', () => {
    const policy = [rule('ada', 'say', 'add'), rule('*', 'whoami'), rule('anybody', 'ping')]
    const may = (name: string | undefined, method: string) => ruleFor(policy, name, method) !== undefined
    expect([may('ada', 'say'), may('ada', 'hash'), may('bob', 'say'), may('bob', 'whoami')]).toEqual([true, false, false, true])
    expect([may(undefined, 'whoami'), may(undefined, 'say'), may(undefined, 'ping'), may('bob', 'ping')]).toEqual([false, false, true, true])
    expect([may('ad', 'say'), may('ada ', 'say'), may('Ada', 'say'), may('ada', 'Say'), may('ada', 'sa')]).toEqual(Array(5).fill(false))
    expect(ruleFor([], 'ada', 'say')).toBe(undefined)
  })

  const names = fc.constantFrom('ada', 'bob', '*', 'anybody', '__proto__', 'constructor', '')
  const methods = fc.constantFrom('say', 'add', '*', 'constructor', '')
  const rules: fc.Arbitrary<Rule> = fc.record({ who: names, methods: fc.array(methods, { maxLength: 3 }) })

  test('the rule that decides is the one that somebody finds who reads them all', () => {
    /** Written as one would say it, without a thought for how long it takes. */
    function slowly(policy: Policy, name: string | undefined, method: string): Rule | undefined {
      for (const one of policy) {
        let meant = false
        if (one.who === 'anybody') meant = true
        if (name !== undefined && one.who === '*') meant = true
        if (name !== undefined && one.who === name) meant = true
        if (!meant) continue
        for (const allowed of one.methods) if (allowed === method || allowed === '*') return one
      }
      return undefined
    }
    fc.assert(fc.property(fc.array(rules, { maxLength: 5 }), fc.option(names, { nil: undefined }), methods, (policy, name, method) => {
      expect(ruleFor(policy, name, method)).toBe(slowly(policy, name, method))
    }))
  })

  test('one more rule never takes anything away, and whoever is known may do what anybody may', () => {
    fc.assert(fc.property(fc.array(rules), rules, names, methods, (policy, more, name, method) => {
      if (ruleFor(policy, name, method)) expect(ruleFor([...policy, more], name, method)).toBeDefined()
      if (ruleFor(policy, undefined, method)) expect(ruleFor(policy, name, method)).toBeDefined()
    }))
  })

  test('is open if anybody may call something', () => {
    expect([isOpen([]), isOpen([rule('*', '*')]), isOpen([rule('ada', 'say'), rule('anybody', 'say')])]).toEqual([false, false, true])
  })
})

describe('a bucket', () => {
  test('never gives more than its burst and what has come in, and never less', () => {
    const steps = fc.array(fc.nat({ max: 2000 }), { maxLength: 100 })
    fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), steps, (perSecond, burst, pauses) => {
      const bucket = new Bucket(perSecond, burst, 0)
      // In thousandths of a token, so that they are whole numbers.
      let [now, tokens] = [0, burst * 1000]
      for (const ms of pauses) {
        now += ms
        tokens = Math.min(burst * 1000, tokens + ms * perSecond)
        const wait = bucket.take(now)
        // Where the two are a rounding apart either is right; the model goes on with what was said.
        if (Math.abs(tokens - 1000) > 0.001) expect(wait === 0).toBe(tokens >= 1000)
        if (wait === 0) tokens -= 1000
        else expect(wait).toBeGreaterThanOrEqual(Math.floor((1000 - tokens) / perSecond))
      }
    }))
  })

  test('says when to come again, and is right', () => {
    const bucket = new Bucket(3, 1, 0)
    expect(bucket.take(0)).toBe(0)
    const wait = bucket.take(100)
    expect(bucket.take(100 + wait - 1)).toBeGreaterThan(0)
    expect(bucket.take(100 + wait)).toBe(0)
  })

  test('is full when nothing was taken lately', () => {
    const bucket = new Bucket(1000, 2, 0)
    expect(bucket.isFull(0)).toBe(true)
    bucket.take(0)
    bucket.take(0)
    expect([1, 2, 3].map((now) => bucket.isFull(now))).toEqual([false, true, true])
  })

  test('that nobody asks fills up to its burst, and no further', () => {
    const bucket = new Bucket(1000, 2, 0)
    expect([0, 0, 0].map((now) => bucket.take(now) === 0)).toEqual([true, true, false])
    expect([1e9, 1e9, 1e9].map((now) => bucket.take(now) === 0)).toEqual([true, true, false])
  })
})

describe('authorised', () => {
  const asking = (name: string | undefined, method: string): Parameters<Handler> => {
    const context = new Context()
    if (name !== undefined) context.set(known, { name, by: 'token', until: Infinity })
    return [{ jsonrpc: '2.0', id: 1, method }, context]
  }
  const code = (run: () => unknown) => {
    try {
      return run()
    } catch (error) {
      const { code, data } = error as { code: number; data: { retryAfterMs?: number } }
      return data.retryAfterMs === undefined ? code : [code, data.retryAfterMs]
    }
  }

  test('gives each its own bucket, and says when to come again', () => {
    const clock = new FakeClock()
    const policy: Policy = [{ who: '*', methods: ['*'], perSecond: 2 }]
    const handler = authorised(() => 'done', () => policy, { clock })
    const ask = (name: string) => code(() => handler(...asking(name, 'x')))
    expect([ask('ada'), ask('ada'), ask('ada'), ask('bob')]).toEqual(['done', 'done', [-32029, 500], 'done'])
    clock.pass(250)
    expect(ask('ada')).toEqual([-32029, 250])
    clock.pass(250)
    expect([ask('ada'), ask('ada')]).toEqual(['done', [-32029, 500]])
  })

  test('what is denied takes nothing out of a bucket', () => {
    const clock = new FakeClock()
    const policy: Policy = [{ who: 'ada', methods: ['say'], perSecond: 1 }]
    const handler = authorised(() => 'done', () => policy, { clock })
    for (let i = 0; i < 5; i++) expect(code(() => handler(...asking('ada', 'add')))).toBe(-32003)
    expect(code(() => handler(...asking('ada', 'say')))).toBe('done')
  })

  test('keeps a bucket that is not full, however many others come', () => {
    const clock = new FakeClock()
    const policy: Policy = [{ who: '*', methods: ['*'], perSecond: 0.001 }]
    const handler = authorised(() => 'done', () => policy, { clock })
    expect(code(() => handler(...asking('ada', 'x')))).toBe('done')
    for (let i = 0; i < 10_100; i++) code(() => handler(...asking(`name${i}`, 'x')))
    expect(code(() => handler(...asking('ada', 'x')))).toEqual([-32029, 1_000_000])
  })

  test('what is denied and what is missing are one to who may not, and two to who may', async () => {
    const at = await serve(({ method }) => {
      if (method === 'secret') return 'secret'
      throw Object.assign(new Error('Method not found'), { code: -32601 })
    }, { policy: [rule('ada', '*')] })
    const [one, other, none] = [await dial(at, ada), await dial(at, bob), await dial(at, nobody)]
    const both = async (peer: typeof one) => Promise.all(['secret', 'missing'].map((method) => peer.call(method).catch((error: unknown) => error)))
    const [denied, missing] = await both(other)
    expect(denied).toMatchObject({ code: -32003, message: 'Permission denied' })
    expect(missing).toEqual(denied)
    const [unknown, absent] = await both(none)
    expect(unknown).toMatchObject({ code: -32001 })
    expect(absent).toEqual(unknown)
    expect((await both(one))[0]).toBe('secret')
    expect((await both(one))[1]).not.toMatchObject({ code: -32003 })
  })

  test('another policy holds from the next request on, also for connections that there are', async () => {
    const at = await serve(() => 'done', { policy: [rule('ada', 'x')] })
    const peer = await dial(at, ada)
    expect(await peer.call('x')).toBe('done')
    at.guard = { ...at.guard, policy: [rule('ada', 'y')] }
    expect(await outcome(peer.call('x'))).toBe(-32003)
    expect(await peer.call('y')).toBe('done')
  })
})
