const blocks = '▁▂▃▄▅▆▇█'

/** One block for each value, on a logarithmic scale from `least` to `most`; a blank for what is no number. */
export function sparkline(values: readonly number[], least: number, most: number): string {
  const block = (value: number) => {
    if (Number.isNaN(value)) return ' '
    const height = Math.log(value / least) / Math.log(most / least)
    return blocks[Math.max(0, Math.min(blocks.length - 1, Math.floor(height * blocks.length)))]!
  }
  return values.map(block).join('')
}
