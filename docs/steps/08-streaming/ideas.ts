import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'When an answer begins',
    line: 'It began when all of it was there; now its first piece leaves when it is made, and the next one is made after that.',
    after: ['08/src/service.ts#service', '08/src/answering.ts#streamed'],
  },
  {
    title: 'Who says how much comes',
    line: 'Whoever wrote did, by writing; now whoever reads grants so many items, and both ends count them.',
    after: ['08/src/credit.ts#credit', '08/src/reader.ts#take', '08/src/reader.ts#come', '08/src/reader.ts#held', '08/src/writer.ts#write', '08/src/writer.ts#turns'],
  },
  {
    title: 'What a message belongs to',
    line: 'To a call there were two messages; now there are many, in both directions, and each names its call and the way it goes.',
    before: ['04/src/peer.ts#call'],
    after: ['08/src/streams.ts#streams', '08/src/streams.ts#incoming'],
  },
  {
    title: 'How a call looks to its caller',
    line: 'It was one promise; now it can be a loop, and to leave the loop is to cancel the call.',
    before: ['07/src/calling.ts#call-within'],
    after: ['08/src/calling.ts#stream', '08/src/calling.ts#outgoing', '08/src/typed.ts#typed'],
  },
] satisfies readonly Idea[]
