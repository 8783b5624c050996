import { textOfRound } from '../.vitepress/rounds.ts'
import type { Claims } from '../.vitepress/words/claim.ts'
import { last } from './tables.ts'

const letter = Buffer.byteLength('é')
const linesOf = (round: number) => textOfRound(round).trimEnd().split('\n')

/** Where the numbers of the page about the reader's own language are from. */
export default {
  computed: [
    {
      says: ['## Fifteen lines'],
      from: '`docs/your-language/round1.py`, counted',
      is: () => [linesOf(1).length],
    },
    {
      says: ['The whole server has 93 lines'],
      from: `\`docs/your-language/round${last}.py\`, counted without the blank ones`,
      is: () => [linesOf(last).filter((line) => line !== '').length],
    },
    {
      says: ['In UTF-8 it takes two bytes'],
      from: 'the letter, encoded',
      is: () => [letter],
    },
    {
      says: ['stops reading one byte too early'],
      from: 'the bytes of the letter, less the one character',
      is: () => [letter - 1],
    },
    {
      says: ['the caller gets the number -32603'],
      from: '`shared/wire/src/errors.ts`, `codes`',
      is: async () => [(await import('@rpc-steps/wire')).codes.internalError],
    },
    {
      says: ['an integer of more than 53 bits'],
      from: '`Number.MAX_SAFE_INTEGER`',
      is: () => [Math.log2(Number.MAX_SAFE_INTEGER + 1)],
    },
  ],
  cited: [
    {
      says: ['Python 3.8 or newer'],
      from: '[PEP 572](https://peps.python.org/pep-0572/), which brought `:=`',
    },
  ],
} satisfies Claims
