import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'Whom one asks',
    line: 'An address, or one of a list; now a name, and whoever is there answers.',
    before: ['10/src/balanced.ts#balanced'],
    after: [
      '13/src/broker.ts#broker', '13/src/broker.ts#subjects', '13/src/in-process.ts#in-process', '13/src/nats.ts#nats', '13/src/subjects.ts#subjects',
      '13/src/headers.ts#headers', '13/src/caller.ts#ask', '13/src/caller.ts#hear', '13/src/serving.ts#serve',
    ],
  },
  {
    title: 'Who answers',
    line: 'The process at the other end of the connection; now one of a group, which may grow and shrink on a busy day.',
    after: ['13/src/worker.ts#take', '13/src/worker.ts#hear', '13/src/worker.ts#leave', '13/src/service.ts#service'],
  },
  {
    title: 'How one knows that somebody is gone',
    line: 'The connection ended; now there is none, and who is not heard any more has gone.',
    after: ['13/src/caller.ts#beat'],
  },
  {
    title: 'What holds a stream together',
    line: 'The connection had all messages, in order; now each has a number, and a gap ends the stream.',
    after: ['13/src/exchange.ts#exchange', '13/src/exchange.ts#hear'],
  },
  {
    title: 'What becomes of a call when its server dies',
    line: 'It was lost, or made again by its caller; now it can be kept by a third, who gives it to the next.',
    before: ['10/src/idempotent.ts#idempotent'],
    after: [
      '13/src/store.ts#job', '13/src/durable.ts#durable', '13/src/durable.ts#work', '13/src/jetstream.ts#jetstream', '13/src/jetstream.ts#ask',
      '13/src/jetstream.ts#work',
    ],
  },
  {
    title: 'How it is seen where the time went',
    line: 'Each program had a trace of its own; now each request says to which trace it belongs, and all programs write one.',
    after: [
      '13/src/trace-context.ts#extract', '13/src/tracing.ts#call', '13/src/tracing.ts#handler', '13/src/traced-broker.ts#broker',
      '13/src/exporting.ts#exporting',
    ],
  },
] satisfies readonly Idea[]
