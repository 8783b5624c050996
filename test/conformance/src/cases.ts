import { readdirSync, readFileSync } from 'node:fs'
import type { Case } from './notation.ts'
import { NotationError, parseCases } from './notation.ts'
import { stages } from './stages.ts'

const folder = new URL('../cases/', import.meta.url)
// From simple to hard; a file that is not named here comes last.
const order = [
  'first', 'framing', 'batches', 'official', 'params', 'deadlines', 'streams', 'waiting', 'ids', 'notifications', 'messages', 'methods', 'errors',
].map((name) => `${name}.txt`)

/** All cases, stage by stage and from simple to hard. Throws NotationError. */
export function loadCases(): Case[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'))
  const placeOf = (file: string) => [...order, file].indexOf(file)
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
  const cases = files.sort().flatMap((file) => parseCases(file, read(file)))
  for (const { file, line, page } of cases) if (page === '') throw new NotationError(`${file}:${line}: this case names no page`)
  const stageOf = (one: Case) => stages.findIndex(({ name }) => name === one.stage)
  return cases.sort((a, b) => stageOf(a) - stageOf(b) || placeOf(a.file) - placeOf(b.file))
}
