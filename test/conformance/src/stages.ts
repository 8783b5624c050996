/** One part of what is asked of a program; the parts stand in the order in which they are asked. */
export interface Stage {
  readonly name: string
  /** What a program can do that has passed it. */
  readonly says: string
  /** The step of the course that adds it; left out, every program has to. Only who says that it can is asked. */
  readonly addedBy?: string
}

export const stages = [
  { name: 'framing', says: 'finds where a message ends, and says where its own do' },
  { name: 'messages', says: 'calls, notifications, ids and parameters' },
  { name: 'errors', says: 'the right error for what is wrong, and goes on' },
  { name: 'batches', says: 'several messages in one array' },
  { name: 'lines', says: 'the second framing, one JSON text a line' },
  { name: 'waiting', says: 'who waits holds nobody else up' },
  { name: 'hostile', says: 'stays up, whatever is sent' },
  { name: 'deadlines', says: 'ends a call that is late or given up', addedBy: '07' },
  { name: 'streams', says: 'answers in pieces, as fast as they are read', addedBy: '08' },
  { name: 'security', says: 'does nothing for somebody before it is known who that is', addedBy: '09' },
] as const satisfies readonly Stage[]

export type StageName = (typeof stages)[number]['name']

export function isStage(name: string): name is StageName {
  return stages.some((stage) => stage.name === name)
}

/** The stage of this name; what is no name of one is a mistake of ours. */
export function stageNamed(name: StageName): Stage {
  return stages.find((stage) => stage.name === name)!
}

/** What some cases need of a server beside the stage that they are of. */
export const abilities = {
  clients: 'serves several clients at the same time',
  concurrency: 'reads on while a call waits',
  threads: 'answers others while one call computes',
  queue: 'refuses what would wait too long',
  discovery: 'describes itself when it is asked for `rpc.discover`',
} as const

export type Ability = keyof typeof abilities

/** What is asked of a server of which nothing else is said. */
export const usualAbilities: readonly Ability[] = ['clients', 'concurrency']
