import { filesUnder } from '../../.vitepress/source.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

const wire = () => import('@rpc-steps/wire')

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['holds ten wrong versions'],
      from: '`steps/08-streaming/bugs`, counted',
      is: () => [filesUnder('steps/08-streaming/bugs', '.patch').length],
    },
    {
      says: ['with the error -32600'],
      from: '`shared/wire/src/errors.ts`, `codes`',
      is: async () => [(await wire()).codes.invalidRequest],
    },
    {
      says: ['the error -32602 says what to do'],
      from: '`shared/wire/src/errors.ts`, `codes`',
      is: async () => [(await wire()).codes.invalidParams],
    },
    {
      says: ['The one reply is -32800'],
      from: '`shared/wire/src/errors.ts`, `codes`',
      is: async () => [(await wire()).codes.requestCancelled],
    },
    {
      says: ['that is at 16 KiB of items'],
      from: '`steps/08-streaming/src/writer.ts`, `mostBytes`, less the envelope',
      is: () => [numberIn('steps/08-streaming/src/writer.ts', /mostBytes = (\d+) \* 1024/)],
    },
    {
      says: ['no more than 1,000', 'if they are not more than a thousand'],
      from: '`steps/08-streaming/src/answering.ts`, `mostWhole`',
      is: () => [numberIn('steps/08-streaming/src/answering.ts', /mostWhole = (\d+)/)],
    },
    {
      says: ['more than 1,048,576 granted'],
      from: '`steps/08-streaming/src/credit.ts`, `mostCredit`',
      is: () => [numberIn('steps/08-streaming/src/credit.ts', /mostCredit = ([\d_]+)/)],
    },
    {
      says: ['Ours is 256 items'],
      from: '`steps/08-streaming/src/streams.ts`, `usualWindow`',
      is: () => [numberIn('steps/08-streaming/src/streams.ts', /usualWindow = (\d+)/)],
    },
  ],
  examples: [
    { says: ['a call 7 and another call 7, and an item for 7'], from: 'any number' },
    { says: ['granted a hundred items of a megabyte'], from: 'many' },
    { says: ['A message with hundreds of items'], from: 'any number of them' },
    { says: ['grant itself a million items'], from: 'nearly as many as one may' },
  ],
} satisfies Claims
