import type { Table } from './table.ts'

/** The shortest order in which a wrong version of a step is seen to be wrong: `npm run orders` gives its word. */
export function orderOf(step: string, bug: string, word: string): Readonly<Record<string, Table>> {
  return {
    [`${step}-order-${bug}.txt`]: {
      command: `npm run orders -- ${step} --bug ${bug} --replay ${word}`,
      testedIn: 'test/orders/test/steps.test.ts',
    },
  }
}
