import { readdirSync, readFileSync } from 'node:fs'
import type { Case } from './notation.ts'
import { parseCases } from './notation.ts'

const folder = new URL('../cases/', import.meta.url)

/** All cases, file by file. Throws NotationError. */
export function loadCases(): Case[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'))
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
  return files.sort().flatMap((file) => parseCases(file, read(file)))
}
