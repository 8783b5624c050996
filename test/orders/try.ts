import { search } from './src/search.ts'
const { default: scenarios } = await import(process.argv[2]!)
for (const [i, s] of scenarios.entries()) {
  const t = performance.now()
  const r = await search(s, { deviations: Number(process.argv[3] ?? 2), orders: 20000, random: 200, seed: 1 })
  const sec = (performance.now() - t) / 1000
  console.log(i, s.name, r.tried, r.deviations, sec.toFixed(1), (r.tried / sec).toFixed(0), r.wrong?.broken, r.wrong?.choices.join(''))
  if (r.wrong) for (const row of r.wrong.rows) console.log('  ', row.side, row.now, row.notes.client.join('; '), '|', row.messages.map((m) => `${m.came ? '>' : ''}${m.name}`).join(', '), '|', row.notes.server.join('; '))
}
