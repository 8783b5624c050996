import { expect, test } from 'vitest'
import { async } from '../src/index.ts'

test('runs to the first yield at once, and is resumed with the value', async () => {
  const log: string[] = []
  const greet = async(function* (name: string) {
    log.push('start')
    const greeting = (yield Promise.resolve(`Hello, ${name}`)) as string
    log.push('resumed')
    return greeting + '!'
  })
  const promise = greet('Ada')
  log.push('called')
  expect(await promise).toBe('Hello, Ada!')
  expect(log).toEqual(['start', 'called', 'resumed'])
})

test('a rejection is thrown at the yield, and a throw rejects the promise', async () => {
  const survive = async(function* () {
    try {
      yield Promise.reject(new Error('first'))
    } catch (error) {
      throw new Error('second', { cause: error })
    }
  })
  await expect(survive()).rejects.toMatchObject({ message: 'second', cause: { message: 'first' } })
})

test('what is yielded need not be a promise', async () => {
  const add = async(function* () {
    return ((yield 1) as number) + ((yield Promise.resolve(2)) as number)
  })
  expect(await add()).toBe(3)
})

test('takes its turns where await takes them', async () => {
  const order: string[] = []
  const byHand = async(function* () {
    for (let i = 0; i < 3; i++) yield Promise.resolve(order.push(`hand ${i}`))
  })
  const native = async () => {
    for (let i = 0; i < 3; i++) await Promise.resolve(order.push(`await ${i}`))
  }
  await Promise.all([byHand(), native()])
  expect(order).toEqual(['hand 0', 'await 0', 'hand 1', 'await 1', 'hand 2', 'await 2'])
})
