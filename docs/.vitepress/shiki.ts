import type { MarkdownOptions } from 'vitepress'

type ThemeOption = NonNullable<MarkdownOptions['theme']>
type CodeTheme = Exclude<Extract<ThemeOption, { light: unknown }>['light'], string>

/** Six inks for code. They are the variables of style/tokens.css, so one theme serves both modes. */
function inks(name: string, type: 'light' | 'dark'): CodeTheme {
  const ink = (role: string) => `var(--code-${role})`
  const rule = (scope: string[], foreground: string, fontStyle = '') => ({
    scope,
    settings: { foreground, fontStyle },
  })
  return {
    name,
    type,
    fg: 'var(--ink)',
    bg: 'var(--paper-2)',
    settings: [
      { settings: { foreground: 'var(--ink)', background: 'var(--paper-2)' } },
      rule(['comment', 'punctuation.definition.comment'], ink('comment'), 'italic'),
      rule(['keyword', 'storage', 'markup.deleted'], ink('keyword')),
      rule(['keyword.operator', 'storage.type.function.arrow'], 'var(--ink-2)'),
      rule(['string', 'markup.inserted'], ink('string')),
      rule(['constant', 'support.constant', 'variable.language'], ink('number')),
      rule(['entity.name.function', 'support.function', 'meta.diff.range'], ink('function')),
      rule(['entity.name.type', 'entity.name.class', 'support.type', 'support.class'], ink('type')),
      rule(['support.type.property-name'], ink('function')),
    ],
  }
}

export const codeTheme = { light: inks('paper', 'light'), dark: inks('ink', 'dark') }
