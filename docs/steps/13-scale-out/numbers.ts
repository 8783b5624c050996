import { filesUnder } from '../../.vitepress/source.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

const src = 'steps/13-scale-out/src'
const fleet = 'docs/steps/13-scale-out/traces/13-fleet.txt'
const [few, more, most] = [0, 1, 2].map((i) => () => numberIn(fleet, new RegExp(`^ +machines(?: +[\\d,]+){${i}} +([\\d,]+)`)))
const configuration = "NATS' [configuration](https://docs.nats.io/running-a-nats-service/configuration)"

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['which takes 50 ms'],
      from: '`steps/13-scale-out/trace.ts`, what it asks for',
      is: () => [numberIn('steps/13-scale-out/trace.ts', /'--ms', '(\d+)'/)],
    },
    {
      says: ['Four seconds later', 'has said anything for four seconds'],
      from: '`steps/13-scale-out/src/caller.ts`, signs of life and how many may be missing',
      is: () => [(numberIn(`${src}/caller.ts`, /missing = (\d+)/) * numberIn(`${src}/caller.ts`, /beatMs = ([\d_]+)/)) / 1000],
    },
    {
      says: ['After five seconds of silence'],
      from: '`steps/13-scale-out/src/jetstream.ts`, `silenceMs`',
      is: () => [numberIn(`${src}/jetstream.ts`, /silenceMs = ([\d_]+)/) / 1000],
    },
    {
      says: ['With ten thousand, a client'],
      from: '`docs/steps/13-scale-out/traces/13-fleet.txt`, the workers of the largest fleet',
      is: () => [numberIn(fleet, /connections of one client, to each worker.* ([\d,]+)$/m)],
    },
    {
      says: ['When it asks a hundred'],
      from: '`docs/steps/13-scale-out/traces/13-fleet.txt`, the workers that are asked',
      is: () => [numberIn(fleet, /workers asked.* (\d+)$/m)],
    },
    { says: ['| 3 | One, and'], from: '`docs/steps/13-scale-out/traces/13-fleet.txt`, machines', is: () => [few!()] },
    { says: ['| 300 | Three', 'ever seen 300 machines'], from: '`docs/steps/13-scale-out/traces/13-fleet.txt`, machines', is: () => [more!()] },
    {
      says: ['| 30,000 | Many, in clusters. One takes 65,536 connections'],
      from: '`docs/steps/13-scale-out/traces/13-fleet.txt`, machines and `max_connections`',
      is: () => [most!(), numberIn(fleet, /max_connections +([\d,]+)/)],
    },
    {
      says: ['holds eleven wrong versions'],
      from: '`steps/13-scale-out/bugs`, counted',
      is: () => [filesUnder('steps/13-scale-out/bugs', '.patch').length],
    },
  ],
  cited: [
    { says: ['only every two minutes'], from: `${configuration}, \`sync_interval\`` },
    { says: ['known for two minutes'], from: 'the [window for duplicates](https://docs.nats.io/jetstream/model_deep_dive) of JetStream' },
    {
      says: ['for five minutes'],
      from: "SQS' [deduplication interval](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-key-terms.html)",
    },
    { says: ['the slowest of a hundred'], from: '[The Tail at Scale](https://research.google/pubs/the-tail-at-scale/), its example' },
  ],
  examples: [
    { says: ['ten clients and four servers it is forty connections', 'a thousand of each it is a million'], from: 'any numbers, and their product' },
  ],
} satisfies Claims
