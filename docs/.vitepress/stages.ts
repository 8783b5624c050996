import type { MarkdownRenderer } from 'vitepress'
import { stages, tried, turned } from '../../test/stages/src/stages.ts'
import { textOf } from './source.ts'

/** Puts the patch into `<StagePatch of="1-no-hop" />`: what the stage takes away in `-`, what it has instead in `+`. */
export function stagePatches(md: MarkdownRenderer): void {
  // Which of the two it is depends on what stands around it.
  for (const kind of ['html_block', 'html_inline'] as const) {
    const html = md.renderer.rules[kind]
    if (!html) throw new Error(`the renderer has no rule for ${kind}`)
    md.renderer.rules[kind] = (tokens, index, options, env, self) =>
      html(tokens, index, options, env, self).replace(/<StagePatch of="([\w-]+)" \/>/g, (_, name: string) => {
        const text = textOfPatch(name)
        return `<div class="patch">${md.render(`\`\`\`diff\n${text}\n\`\`\``, { ...(env as object), relativePath: undefined })}</div>`
      })
  }
}

function textOfPatch(name: string): string {
  const gained = stages.find((stage) => stage.name === name)?.gained
  if (gained) return turned(gained)
  if (!tried.some((stage) => stage.name === name)) throw new Error(`there is no stage ${name}`)
  const text = textOf(`test/stages/not/${name}.patch`)
  return text.slice(text.search(/^@@/m)).trimEnd()
}
