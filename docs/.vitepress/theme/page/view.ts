import type { Happening } from './calls.ts'

/** A message as it is listed. */
export type Row = Extract<Happening, { what: 'out' | 'in' }>

/** What is known of a call on one way. */
export interface View {
  /** The last of its messages. */
  rows: readonly Row[]
  /** How many came before these. */
  earlier: number
  /** Items that have come, and those of them that have been read. */
  came: number
  read: number
  /** How it ended, and when. */
  end?: { ms: number; how: string }
  /** Milliseconds that the server has worked on it. */
  workMs?: number
}

export const blank: View = { rows: [], earlier: 0, came: 0, read: 0 }

/** How many messages are listed. */
const most = 200

/** The view with one more happening in it. */
export function take(view: View, happening: Happening): View {
  switch (happening.what) {
    case 'out':
    case 'in': {
      const rows = [...view.rows, happening].slice(-most)
      const earlier = view.earlier + view.rows.length + 1 - rows.length
      return { ...view, rows, earlier, came: view.came + (happening.items ?? 0) }
    }
    case 'read':
      return { ...view, read: happening.items }
    case 'end':
      return { ...view, end: { ms: happening.ms, how: happening.how } }
    case 'worked':
      return { ...view, workMs: happening.workMs }
  }
}
