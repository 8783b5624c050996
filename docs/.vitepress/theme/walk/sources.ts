import type { Line } from '../../lines.ts'

// The server has the snippets in place and needs no files.
const files: Record<string, () => Promise<Line[]>> = import.meta.env.SSR
  ? {}
  : import.meta.glob<Line[]>('../../../../{shared/session,steps/*}/{*.ts,src/**/*.ts,test/**/*.ts}', {
      query: '?lines',
      import: 'default',
    })

/** The highlighted lines of a source file, given relative to the root of the repository. */
export function linesOf(file: string): Promise<Line[]> {
  const load = files[`../../../../${file}`]
  if (!load) throw new Error(`no source ${file}`)
  return load()
}
